import { addHours } from './calendar.ts';
import { slotsBetween } from './slots.ts';

/** Work that comes round by itself. */
export interface ScheduledWork {
  kind: 'backup' | 'restore-test' | 'expiry' | 'audit' | 'notice' | 'controls';
  cadence?: 'daily' | 'weekly';
  /** When it was due; the name of its run comes from it, so that it is never done twice. */
  scheduledAt: string;
}

/**
 * Sweeps and daily work, in UTC. Minutes are apart, so that not everything begins at once. Expiry is hourly, since no copy may
 * outlive its cap by more than that.
 */
const rounds: readonly { kind: Exclude<ScheduledWork['kind'], 'backup'>; cron: string }[] = [
  { kind: 'notice', cron: '5 * * * *' },
  { kind: 'expiry', cron: '15 * * * *' },
  { kind: 'restore-test', cron: '20 9 * * *' },
  { kind: 'audit', cron: '20 11 * * 1' },
  { kind: 'controls', cron: '40 * * * *' },
];

/** How far back a scheduler looks that was away: what lies further back is covered by the newest round of the same kind. */
const lookBackHours = 26;

/**
 * What is due after `last` and until `now`. Of several rounds of one kind that were missed only the newest is done: each takes what
 * has come up since.
 */
export function dueRounds(last: string | undefined, now: string): ScheduledWork[] {
  const since = sinceOf(last, now);
  return rounds.flatMap(({ kind, cron }) => {
    const scheduledAt = slotsBetween(cron, 'UTC', since, now).at(-1);
    return scheduledAt === undefined ? [] : [{ kind, scheduledAt }];
  });
}

/**
 * The backups that are due: one sweep of a cadence for all sources whose slot has come since `last`; and once an hour for those
 * whose copy failed and still has time.
 */
export function dueBackups(
  slots: readonly { cadence: 'daily' | 'weekly'; at: string; waits: boolean }[],
  last: string | undefined,
  now: string,
): ScheduledWork[] {
  const since = sinceOf(last, now);
  const again = retryBetween(since, now);
  return (['daily', 'weekly'] as const).flatMap((cadence) => {
    const waiting = slots.filter((slot) => slot.cadence === cadence && slot.waits);
    const come = waiting.map(({ at }) => at).filter((at) => at > since);
    const scheduledAt = [...come, ...(waiting.length > 0 && again !== undefined ? [again] : [])].sort().at(-1);
    return scheduledAt === undefined ? [] : [{ kind: 'backup' as const, cadence, scheduledAt }];
  });
}

/**
 * Tells whether a source may have a slot that `dueBackups` makes something of, as far as its schedule tells: most have none in
 * most minutes, and need not be looked at. Slots of an earlier schedule stay until the instant at which it was changed.
 */
export function mayBeDue(
  last: string | undefined,
  now: string,
): (schedule: { cron: string; timezone: string; changedAt: string }) => boolean {
  const since = sinceOf(last, now);
  const again = retryBetween(since, now) !== undefined;
  return ({ cron, timezone, changedAt }) =>
    again || changedAt >= since || slotsBetween(cron, timezone, since, now).length > 0;
}

/** When copies that failed were to be tried again. */
function retryBetween(since: string, now: string): string | undefined {
  return slotsBetween('50 * * * *', 'UTC', since, now).at(-1);
}

function sinceOf(last: string | undefined, now: string): string {
  const earliest = addHours(now, -lookBackHours);
  return last === undefined || last < earliest ? earliest : last;
}
