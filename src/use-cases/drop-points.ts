import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { ErasureItem, ErasureStep } from '../domain/erasure.ts';
import { deletePoints } from './delete-points.ts';
import { recordItemStep, stopErasureItem } from './erasure-state.ts';
import { legState, paceOf } from './legs.ts';
import { mostDeletionLooks } from './managed-points.ts';
import { scopedPoints } from './shared-points.ts';

/** What the looks so far have come to. */
interface Dropped {
  startedAt: string;
  looks: number;
  gone: number;
  bytes: number;
  notes: string[];
}

/**
 * Has AWS Backup delete every recovery point of a source that holds nothing but what is to be erased, also those that somebody
 * else has made, and looks until they are gone. What is refused, or takes longer, is found by the sweep.
 */
export async function dropPoints(
  deps: Deps,
  value: Case,
  item: ErasureItem,
  run: string,
): Promise<{ outcome: 'dropped' | 'deleting' }> {
  const none = { startedAt: deps.clock.now(), looks: 0, gone: 0, bytes: 0, notes: [] };
  const before = legState<Dropped>(item.leg, 'drop points', run) ?? none;
  const { name: vault } = await deps.managed.vault();
  const { doomed, shared } = await scopedPoints(deps, value, item);
  const pace = paceOf(deps);
  const deleted = await deletePoints(deps, value, item, doomed, pace);
  const sums: Dropped = {
    startedAt: before.startedAt,
    // A look that ran out of time has not looked at all of them.
    looks: before.looks + (pace.stopped ? 0 : 1),
    gone: before.gone + deleted.gone,
    bytes: before.bytes + deleted.bytes,
    notes: [...new Set([...before.notes, ...deleted.notes])],
  };
  if (deleted.unfinished > 0 && sums.looks < mostDeletionLooks) {
    await stopErasureItem(deps, item, { step: 'drop points', run, state: sums });
    return { outcome: 'deleting' };
  }
  const left = deleted.unfinished + deleted.refused.length;
  const counts = `${sums.gone} recovery points (${sums.bytes} bytes) deleted, ${left} left`;
  const others = shared.length === 0 ? [] : [`${shared.length} hold data of others too`];
  const step: ErasureStep = {
    place: `AWS Backup vault ${vault}`,
    operation: `delete recovery points of ${item.source}`,
    startedAt: sums.startedAt,
    endedAt: deps.clock.now(),
    // AWS Backup was asked for each of them and did not know it any more; of one that was released, the data may be elsewhere.
    result: left === 0 && sums.notes.length === 0 ? 'verified' : 'done',
    detail: [counts, ...others, ...sums.notes].join('; '),
  };
  await recordItemStep(deps, item, step, {
    stage: 'copies-dropped',
    snapshots: Math.max(item.snapshots, sums.gone + left),
  });
  return { outcome: 'dropped' };
}
