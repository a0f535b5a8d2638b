import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { RemainderItem } from '../domain/case-events.ts';
import type { ErasureRecord } from '../domain/erasure.ts';
import { sources } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { forgetScope, sweepScope } from '../repository/drop-source.ts';
import { openSnapshot } from '../repository/read-snapshot.ts';
import { useCase } from '../use-case.ts';
import { caseOfRun, changeErasure, erasureItemsOf, erasureOf, recordStep, selectionOf } from './erasure-state.ts';
import { forgetTraces } from './forget-traces.ts';
import { runInput } from './run-items.ts';
import { chosenBy } from './take-inventory.ts';

/**
 * Looks for survivors: live objects, stored objects, keys, scratch; then removes Tenure's own traces of the scope. Only when
 * nothing is left may a certificate say so.
 */
export const sweepSurvivors = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  if ((await erasureOf(deps, value.id)).sweptAt !== undefined) return { outcome: 'clean' as const };
  const startedAt = deps.clock.now();
  const left = [...(await liveSurvivors(deps, value)), ...(await storedSurvivors(deps, value))];
  await changeErasure(deps, value.id, (record) => ({
    ...record,
    remainder: accountFor(record.remainder, left, deps.clock.now()),
  }));
  if (left.length > 0) return { outcome: 'remainder' as const };
  const traces = await forgetTraces(deps, value);
  await recordStep(deps, value.id, {
    place: 'Tenure itself: catalog, executions, scratch, outbox',
    operation: 'remove traces of the scope',
    startedAt,
    endedAt: deps.clock.now(),
    result: 'done',
    detail: `${traces.rows} rows, ${traces.scratch} scratch folders, ${traces.mails} mails kept for relaying`,
  });
  await recordStep(deps, value.id, {
    place: 'all places above',
    operation: 'sweep for survivors',
    startedAt,
    endedAt: deps.clock.now(),
    result: 'verified',
    detail: 'nothing found',
  });
  await changeErasure(deps, value.id, (record) => ({ ...record, sweptAt: deps.clock.now() }));
  return { outcome: 'clean' as const };
});

/** Keeps what was ever left, with the time at which it was seen to be gone: the certificate tells of all of it. */
function accountFor(
  known: ErasureRecord['remainder'],
  left: readonly RemainderItem[],
  now: string,
): ErasureRecord['remainder'] {
  const same = (a: RemainderItem, b: RemainderItem) => a.place === b.place && a.what === b.what;
  const before = known.map((item) =>
    item.goneAt !== undefined || left.some((other) => same(other, item)) ? item : { ...item, goneAt: now },
  );
  const fresh = left.filter((item) => !known.some((other) => other.goneAt === undefined && same(other, item)));
  return [...before, ...fresh];
}

async function liveSurvivors(deps: Deps, value: Case): Promise<RemainderItem[]> {
  const left: RemainderItem[] = [];
  for (const item of await erasureItemsOf(deps, value.id)) {
    const source = (await sources.read(deps.table, item.tenant, item.source))?.value;
    if (source === undefined || !deps.sourceDriver(source).capabilities.sweep) continue;
    let count = 0;
    let first = '';
    for await (const survivor of deps.sourceDriver(source).survivors(selectionOf(value))) {
      if (count++ === 0) first = survivor.reason;
    }
    if (count > 0)
      left.push({ place: `live: ${source.kind} ${source.location}`, what: `${count} objects`, reason: first });
  }
  return left;
}

/** Reads every copy of the source again and looks for the chosen paths. */
async function listedStill(deps: Deps, value: Case): Promise<RemainderItem[]> {
  const chosen = chosenBy(value);
  const left: RemainderItem[] = [];
  const { tenant, source } = value.scope;
  for (const snapshot of await listSnapshots(deps, { tenant, source: source ?? '', status: 'live' })) {
    let count = 0;
    const reader = await openSnapshot(deps, snapshot);
    for await (const batch of reader.entries()) count += batch.filter((entry) => chosen(entry.key)).length;
    if (count > 0)
      left.push({
        place: `copies: primary, ${source}`,
        what: `${count} entries in copy ${snapshot.id}`,
        reason: 'the copy still lists them',
      });
  }
  return left;
}

async function storedSurvivors(deps: Deps, value: Case): Promise<RemainderItem[]> {
  if (value.scope.paths !== undefined) return await listedStill(deps, value);
  const scope = {
    tenant: value.scope.tenant,
    ...(value.scope.source === undefined ? {} : { source: value.scope.source }),
  };
  const { objects, keys } = await sweepScope(deps, scope);
  const left: RemainderItem[] = [];
  if (objects.length > 0)
    left.push({
      place: 'copies: primary',
      what: `${objects.length} stored objects`,
      reason: 'the store did not remove them',
    });
  if (keys.length > 0) left.push({ place: 'keys', what: `${keys.length} keys`, reason: 'a replica still holds them' });
  if (left.length === 0) await forgetScope(deps, scope);
  return left;
}
