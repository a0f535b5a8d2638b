import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { type ListedSnapshot, retentionDaysOf } from './list-snapshots.ts';

/** A copy as it is listed. */
export async function shownSnapshot(
  deps: Deps,
  { id, tenant, source, cadence, takenAt, totals }: Snapshot,
): Promise<ListedSnapshot> {
  const kept = await retentionDaysOf(deps, tenant);
  const expiresAt = kept === undefined ? null : addDays(takenAt, kept);
  return { id, tenant, source, cadence, takenAt, expiresAt, objects: totals.objects, bytes: totals.bytes };
}
