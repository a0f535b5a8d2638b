import { z } from 'zod';
import { useCase } from '../use-case.ts';
import { startRun } from './start-run.ts';

/**
 * What a schedule says when it fires. For EventBridge Scheduler the input of the target is
 * `{"kind": "backup", "cadence": "daily", "due": true, "scheduledAt": "<aws.scheduler.scheduled-time>"}`; the placeholder is
 * replaced by the instant at which the schedule was due (ISO, UTC), also when it is delivered late or twice. `kind` is one of
 * `runKinds`; `cadence` and `due` belong to backups. Controls are a function of their own (`runScheduledControls`).
 *
 * Other fields are those of `startRun`: an invocation by hand leaves `scheduledAt` out and is a run of its own.
 */
const input = z.looseObject({ requestedBy: z.string().min(1).default('schedule') });

/**
 * Starts the run that a schedule wants. The name of the run comes from the time at which it was due, so a schedule that is
 * delivered twice starts one run; a fault is thrown, for the schedule to try again.
 */
export const startScheduledRun = useCase(input, async (deps, asked) => {
  const { run, machine, execution } = await startRun(deps)(asked);
  return { outcome: 'started' as const, run, machine, status: execution.status };
});
