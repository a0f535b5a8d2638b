import type { Deps } from '../deps.ts';

/** Something that was asked for over HTTP, with the execution of `take-out` that carries it out. */
interface TakenOut {
  id: string;
  run: string;
}

/** Starts the execution. Repeatable. */
export async function startTakeOut({ workflows }: Deps, { id, run }: TakenOut) {
  return await workflows.start('take-out', run, { run, job: id });
}

/**
 * Whether the execution has ended, for a job that has no result yet: nobody need wait for it. One that was never started is
 * started: its caller has died.
 */
export async function endedWithoutResult(deps: Deps, job: TakenOut): Promise<boolean> {
  const { status } = (await deps.workflows.describe('take-out', job.run)) ?? (await startTakeOut(deps, job));
  return status === 'failed' || status === 'stopped';
}
