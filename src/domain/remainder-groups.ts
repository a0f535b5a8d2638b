import type { RemainderItem } from './case-events.ts';

/** What stays for the same reason until the same day. */
export interface RemainderGroup {
  reason: string;
  /** The latest instant of the group; absent where there is no end. */
  until?: string;
  count: number;
}

/** Groups of one place; what is beyond joins the last one. A bucket may hold a million versions, each locked until a day of its own. */
const mostGroups = 20;

/**
 * Counts what is left of one place, in memory that does not grow with it. By the day, since a report with a line for each second
 * tells nobody more.
 */
export function addToGroups(
  groups: readonly RemainderGroup[],
  { reason, until }: { reason: string; until?: string },
  count = 1,
): RemainderGroup[] {
  const left = { reason, ...(until === undefined ? {} : { until }) };
  const at = groups.findIndex((group) => group.reason === left.reason && dayOf(group) === dayOf(left));
  if (at < 0 && groups.length < mostGroups) return [...groups, { ...left, count }];
  return groups.map((group, index) =>
    index === (at < 0 ? groups.length - 1 : at) ? joined(group, left, count) : group,
  );
}

/** How much is left of one place. */
export function countOf(groups: readonly RemainderGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

/** The items of a report. */
export function remainderOf(groups: readonly RemainderGroup[], place: string, what: string): RemainderItem[] {
  return groups.map(({ reason, until, count }) => ({
    place,
    what: `${count} ${what}`,
    reason,
    ...(until === undefined ? {} : { until }),
  }));
}

function joined(group: RemainderGroup, left: { until?: string }, more: number): RemainderGroup {
  const reason = group.reason;
  const count = group.count + more;
  // Without an end the whole group has none.
  if (group.until === undefined || left.until === undefined) return { reason, count };
  return { reason, count, until: [group.until, left.until].sort()[1] ?? left.until };
}

const dayOf = ({ until }: { until?: string }): string | undefined => until?.slice(0, 10);
