import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { RemainderItem } from '../domain/case-events.ts';
import type { ErasureItem } from '../domain/erasure.ts';
import { BlockedError } from '../domain/errors.ts';
import type { ManagedRecoveryPoint } from '../ports/managed-backup.ts';
import { deletePoints } from './delete-points.ts';
import { beginStep, erasureItemsOf, recordStep } from './erasure-state.ts';
import { paceOf } from './legs.ts';
import { heldByTests } from './managed-tests.ts';
import { scopedPoints } from './shared-points.ts';

/**
 * What AWS Backup still holds of the scope, and what nobody has attested yet. Points that could not go before are asked for
 * again first: they may go by now.
 */
export async function managedSurvivors(deps: Deps, value: Case): Promise<RemainderItem[]> {
  const left: RemainderItem[] = [];
  for (const item of await erasureItemsOf(deps, value.id)) {
    if (item.kind !== 'aws-backup') continue;
    const { name: vault } = await deps.managed.vault();
    const { doomed, shared, elsewhere, running } = await scopedPoints(deps, value, item);
    const place = `AWS Backup vault ${vault}`;
    if (doomed.length > 0) left.push(...(await deleteAgain(deps, value, item, doomed, place)));
    if (shared.length > 0) {
      left.push({
        place,
        what: `shared recovery points of ${item.source}`,
        reason: `${shared.length} of them hold data of others too: they stay until they expire`,
        ...untilAll(shared),
      });
    }
    if (running.length > 0) {
      const reason = 'AWS Backup is making a copy: it is deleted once it is there';
      left.push({ place, what: `a running backup of ${item.source}`, reason });
    }
    for (const [other, points] of Map.groupBy(elsewhere, (point) => point.vault)) {
      left.push({
        place: `AWS Backup vault ${other}`,
        what: `recovery points of ${item.source}`,
        reason: `${points.length} of them lie in a vault where Tenure deletes nothing`,
        ...untilAll(points ?? []),
      });
    }
    left.push(...(await outsideOfVaults(deps, value, item)));
  }
  return left;
}

/** The resource, and what tests have restored of it. */
async function outsideOfVaults(deps: Deps, value: Case, item: ErasureItem): Promise<RemainderItem[]> {
  const found: RemainderItem[] = [];
  const place = `live: ${item.kind} ${item.location}`;
  const tests = await heldByTests(deps, item);
  if (tests.running > 0) {
    const reason = 'a restore test runs: AWS Backup removes what it restored at its end';
    found.push({ place, what: `restored by ${tests.running} tests`, reason });
  }
  if (item.attested === undefined) {
    const { paths } = value.scope;
    const besides = tests.left.length === 0 ? '' : `; so does this, which a test has left: ${tests.left.join('; ')}`;
    found.push({
      place,
      what: paths === undefined ? 'the resource itself' : `${paths.join(', ')} in the resource`,
      reason: `Tenure cannot delete it: an operator does, and attests it with \`tenure case attest\`${besides}`,
    });
  }
  return found;
}

async function deleteAgain(
  deps: Deps,
  value: Case,
  item: ErasureItem,
  points: readonly ManagedRecoveryPoint[],
  place: string,
): Promise<RemainderItem[]> {
  const reasons = await beginStep(deps, value, 'delete recovery points that could not go before', item.source);
  if (reasons !== undefined) throw new BlockedError(reasons.map((reason) => reason.message).join('; '));
  const startedAt = deps.clock.now();
  const { gone, bytes, unfinished, refused } = await deletePoints(deps, value, item, points, paceOf(deps));
  if (gone > 0) {
    await recordStep(deps, value.id, {
      place,
      operation: `delete recovery points of ${item.source} that could not go before (attempt ${value.attempts})`,
      startedAt,
      endedAt: deps.clock.now(),
      result: unfinished + refused.length === 0 ? 'verified' : 'done',
      detail: `${gone} recovery points (${bytes} bytes) deleted, ${unfinished + refused.length} left`,
    });
  }
  const what = `recovery points of ${item.source}`;
  const groups = Map.groupBy(refused, ({ reason, until }) => JSON.stringify([reason, until]));
  const left: RemainderItem[] = [...groups.values()].map(([first, ...more]) => ({
    place,
    what,
    reason: `${more.length + 1} stay: ${first?.reason ?? ''}`,
    ...(first?.until === undefined ? {} : { until: first.until }),
  }));
  if (unfinished > 0)
    left.push({ place, what: `${what} in deletion`, reason: `AWS Backup is deleting ${unfinished} of them` });
  return left;
}

/** The instant at which the last of them is gone, where each has one. */
function untilAll(points: readonly ManagedRecoveryPoint[]): { until?: string } {
  const ends = points.map(({ deleteAt }) => deleteAt);
  if (ends.some((end) => end === undefined)) return {};
  const last = ends.toSorted().at(-1);
  return last === undefined ? {} : { until: last };
}
