import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { dueBackups, dueRounds, mayBeDue, type ScheduledWork } from '../domain/schedule.ts';
import { systemStates } from '../records.ts';
import { takeLease } from '../repository/lease.ts';
import { useCase } from '../use-case.ts';
import { runScheduledControls } from './run-scheduled-controls.ts';
import { latestDue, type ScheduledSource, scheduleSlots } from './schedule-slots.ts';
import { type StartedRun, startRun } from './start-run.ts';

/** Longer than the minute between two ticks: a scheduler that was killed is replaced within two. */
const leaseMs = 90_000;

/** What a tick has done. `elsewhere`: another process is the scheduler. */
export type Tick =
  | { outcome: 'elsewhere'; heldBy: string }
  | { outcome: 'ticked'; started: StartedRun[]; controls: boolean; faults: { work: ScheduledWork; error: Error }[] };

/**
 * One tick of the embedded scheduler, every minute: starts what is due since the last one. Only one process is the scheduler at a
 * time; two that think so start the same runs under the same names, which is done once. How far it came is on record after the
 * runs have been started, so one that is killed in between starts them again, which changes nothing.
 */
export const tickSchedule = useCase(z.strictObject({}), async (deps): Promise<Tick> => {
  const lease = await takeLease(deps, 'scheduler', deps.holder, leaseMs);
  if ('heldBy' in lease) return { outcome: 'elsewhere', heldBy: lease.heldBy };
  const now = `${deps.clock.now().slice(0, 16)}:00.000Z`;
  const last = (await systemStates.read(deps.table, 'scheduler'))?.value.at;
  const scheduled = await scheduleSlots(deps);
  const work = [...dueBackups(await latestSlots(deps, scheduled, last, now), last, now), ...dueRounds(last, now)];
  const started: StartedRun[] = [];
  const faults: { work: ScheduledWork; error: Error }[] = [];
  let controls = false;
  for (const one of work) {
    // What cannot be started must not keep the rest from it: the next round of its kind comes within the hour.
    try {
      if (one.kind === 'controls') {
        await runScheduledControls.typed(deps, {});
        controls = true;
      } else started.push(await startRun.typed(deps, requestOf(one.kind, one)));
    } catch (error) {
      faults.push({ work: one, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  await deps.table.transact([
    systemStates.write({ name: 'scheduler', at: now, by: deps.holder, reason: 'everything until here was started' }),
  ]);
  return { outcome: 'ticked', started, controls, faults };
});

function requestOf(kind: Exclude<ScheduledWork['kind'], 'controls'>, { cadence, scheduledAt }: ScheduledWork) {
  const request = { kind, scheduledAt, requestedBy: 'schedule' };
  return cadence === undefined ? request : { ...request, cadence, due: true as const };
}

/** The slots that came last of those sources that may have one since the last tick, and whether their copies are still to come. */
async function latestSlots(deps: Deps, scheduled: readonly ScheduledSource[], last: string | undefined, now: string) {
  const asked = mayBeDue(last, now);
  const found: { cadence: 'daily' | 'weekly'; at: string; waits: boolean }[] = [];
  for (const { source, schedule, changedAt } of scheduled) {
    for (const cadence of ['daily', 'weekly'] as const) {
      const due = schedule.cadences[cadence];
      if (due === undefined || !asked({ cron: due.cron, timezone: schedule.timezone, changedAt })) continue;
      const slot = await latestDue(deps, source, cadence);
      if (slot !== undefined) found.push({ cadence, ...slot });
    }
  }
  return found;
}
