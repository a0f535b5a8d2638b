import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { ErasureItem, ErasureStep } from '../domain/erasure.ts';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import { countOf } from '../domain/remainder-groups.ts';
import type { Tenant } from '../domain/tenant.ts';
import { tenants } from '../records.ts';
import { purgeScopeObjects } from '../repository/drop-source.ts';
import { eraseSubject, type SubjectCursor } from '../repository/subject-erasure.ts';
import { useCase } from '../use-case.ts';
import { ledgerWrites } from './append-ledger.ts';
import { dropPoints } from './drop-points.ts';
import {
  beginStep,
  caseOfRun,
  erasureItemOf,
  recordItemStep,
  saveErasureItem,
  selectionOf,
  stopErasureItem,
} from './erasure-state.ts';
import { legState, type Pace, paceOf } from './legs.ts';
import { itemInput } from './run-items.ts';

/** What the legs so far have come to; which members there are depends on what is dropped. */
interface Dropped {
  startedAt: string;
  /** Stored objects that are removed, and those that could not be. */
  objects: number;
  left: number;
  after?: string;
  /** Entries, bytes and copies of chosen paths, and other paths that hold the same. */
  entries: number;
  bytes: number;
  copies: number;
  elsewhere: number;
  cursor?: SubjectCursor;
}

/**
 * Removes what the copies of one source hold of the scope: all their objects, or the chosen paths from every copy. In as many legs
 * as it takes.
 */
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
  if (item.kind === 'aws-backup') return await dropPoints(deps, value, item, run);
  const none = { objects: 0, left: 0, entries: 0, bytes: 0, copies: 0, elsewhere: 0 };
  const before = legState<Dropped>(item.leg, 'drop copies', run) ?? { startedAt: deps.clock.now(), ...none };
  const pace = paceOf(deps);
  const selection = selectionOf(value);
  const dropped =
    'all' in selection
      ? await dropObjects(deps, item, before, pace)
      : await dropPaths(deps, { value, item, tenant, run, keys: selection.keys }, before, pace);
  if (dropped.after !== undefined || dropped.cursor !== undefined)
    return await stopErasureItem(deps, item, { step: 'drop copies', run, state: dropped });
  const step: ErasureStep = {
    place: `copies: primary, ${item.source}`,
    operation:
      'all' in selection ? 'delete copies' : 'rewrite copies without the chosen paths, destroy their former keys',
    startedAt: dropped.startedAt,
    endedAt: deps.clock.now(),
    result: 'done',
    detail:
      'all' in selection
        ? `${item.snapshots} copies, ${dropped.objects} stored objects removed, ${dropped.left} left`
        : `${dropped.entries} entries (${dropped.bytes} bytes) erased from ${dropped.copies} copies; the same content stays under ${dropped.elsewhere} other paths that were not chosen`,
  };
  await recordItemStep(deps, item, step, { stage: 'copies-dropped' });
  return { outcome: 'dropped' as const };
});

async function dropObjects(deps: Deps, item: ErasureItem, before: Dropped, pace: Pace): Promise<Dropped> {
  const { after, ...sums } = before;
  const scope = { tenant: item.tenant, source: item.source };
  const purged = await purgeScopeObjects(deps, scope, {
    goOn: pace.goOn,
    ...(after === undefined ? {} : { after }),
  });
  return {
    ...sums,
    objects: sums.objects + purged.objects,
    left: sums.left + countOf(purged.left),
    ...(purged.stoppedAfter === undefined ? {} : { after: purged.stoppedAfter }),
  };
}

async function dropPaths(
  deps: Deps,
  { value, item, tenant, run, keys }: { value: Case; item: ErasureItem; tenant: Tenant; run: string; keys: Buffer[] },
  before: Dropped,
  pace: Pace,
): Promise<Dropped> {
  const { cursor, ...sums } = before;
  const hasDeadline = deps.timeLeft() !== Number.POSITIVE_INFINITY;
  const erased = await eraseSubject(deps, item.tenant, item.source, keys, {
    run,
    goOn: pace.goOn,
    // A round cannot stop in its middle: one copy at a time is the shortest.
    ...(hasDeadline ? { inRound: 1 } : {}),
    ...(cursor === undefined ? {} : { from: cursor }),
    ledger: async (snapshots) => {
      const subjects = [value.id, ...snapshots.slice(0, 200)];
      return (await ledgerWrites(deps, { tenant, type: 'subject-erased', actor: 'system', subjects })).writes;
    },
  });
  if (erased.outcome === 'busy') throw new ConflictError(`source ${item.source} is busy: ${erased.reason}`);
  return {
    ...sums,
    entries: sums.entries + erased.entriesErased,
    bytes: sums.bytes + erased.bytes,
    copies: sums.copies + erased.snapshots.length,
    elsewhere: sums.elsewhere + erased.remainingUnderOtherKeys.length,
    ...(erased.stoppedAt === undefined ? {} : { cursor: erased.stoppedAt }),
  };
}
