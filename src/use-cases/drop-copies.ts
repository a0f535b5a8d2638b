import type { ErasureStep } from '../domain/erasure.ts';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import { tenants } from '../records.ts';
import { purgeScopeObjects } from '../repository/drop-source.ts';
import { eraseSubject } from '../repository/subject-erasure.ts';
import { useCase } from '../use-case.ts';
import { ledgerWrites } from './append-ledger.ts';
import { beginStep, caseOfRun, erasureItemOf, recordItemStep, saveErasureItem, selectionOf } from './erasure-state.ts';
import { itemInput } from './run-items.ts';

/** Removes what the copies of one source hold of the scope: all their objects, or the chosen paths from every copy. */
export const dropCopies = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const value = await caseOfRun(deps, run);
  const item = await erasureItemOf(deps, value.id, ordinal);
  if (item.stage !== 'live-deleted') return { outcome: 'not-ready' as const };
  const tenant = (await tenants.read(deps.table, item.tenant))?.value;
  if (tenant === undefined) throw new NotFoundError(`tenant ${item.tenant} is gone`);
  const reasons = await beginStep(deps, value, 'drop copies', item.source);
  if (reasons !== undefined) {
    await saveErasureItem(deps, item, { reasons: reasons.map((reason) => reason.message) });
    return { outcome: 'blocked' as const };
  }
  const startedAt = deps.clock.now();
  const selection = selectionOf(value);
  let detail: string;
  if ('all' in selection) {
    const purged = await purgeScopeObjects(deps, { tenant: item.tenant, source: item.source });
    detail = `${item.snapshots} copies, ${purged.objects} stored objects removed, ${purged.survivors.length} left`;
  } else {
    const erased = await eraseSubject(deps, item.tenant, item.source, selection.keys, {
      run,
      ledger: async (snapshots) =>
        (
          await ledgerWrites(deps, {
            tenant,
            type: 'subject-erased',
            actor: 'system',
            subjects: [value.id, ...snapshots.slice(0, 200)],
          })
        ).writes,
    });
    if (erased.outcome === 'busy') throw new ConflictError(`source ${item.source} is busy: ${erased.reason}`);
    const elsewhere = erased.remainingUnderOtherKeys.length;
    detail = `${erased.entriesErased} entries (${erased.bytes} bytes) erased from ${erased.snapshots.length} copies; the same content stays under ${elsewhere} other paths that were not chosen`;
  }
  const step: ErasureStep = {
    place: `copies: primary, ${item.source}`,
    operation:
      'all' in selection ? 'delete copies' : 'rewrite copies without the chosen paths, destroy their former keys',
    startedAt,
    endedAt: deps.clock.now(),
    result: 'done',
    detail,
  };
  await recordItemStep(deps, item, step, { stage: 'copies-dropped' });
  return { outcome: 'dropped' as const };
});
