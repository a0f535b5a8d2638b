import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { BlockedError, ConflictError, NotFoundError, TenureError } from '../domain/errors.ts';
import { aboutField } from '../domain/field-fault.ts';
import type { RestoreJob } from '../domain/restore-job.ts';
import { restoreJobs } from '../records.ts';
import { getSnapshot } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { chooseKeys } from './path-choice.ts';
import { restoreFiles } from './restore-files.ts';
import { endedWithoutResult, startTakeOut } from './take-out-run.ts';
import { pathField } from './text-fields.ts';

const input = z.strictObject({
  snapshot: z.string().min(1),
  /** Name of a folder below the server's restore folder: nobody says over HTTP where else a server writes. */
  to: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
    error: 'must be the name of a folder: letters, digits, . _ -, at most 100',
  }),
  include: z.array(pathField(1024).min(1)).max(100).default([]),
  paths: z.array(pathField(1024).min(1)).max(1000).default([]),
  force: z.boolean().default(false),
  actor: actorInput,
});

/**
 * Begins a restore and answers at once; an execution of `take-out` carries it out, and goes on with it when it is killed.
 *
 * @throws BlockedError where the server has no restore folder
 */
export const startRestore = useCase(
  input,
  async (deps, { snapshot: id, to, actor, ...chosen }): Promise<RestoreJob> => {
    restoreRootOf(deps);
    const { id: snapshot, tenant, source } = await getSnapshot(deps, id);
    const jobId = `rs-${deps.random(5).toString('hex')}`;
    // Now, not in the work that follows: a job that can only fail is none.
    await aboutField(['include'], () => chooseKeys({ globs: chosen.include }));
    const job: RestoreJob = {
      ...{ id: jobId, run: `take-out-${jobId}`, tenant, source, snapshot, to, ...chosen },
      ...{ status: 'running', requestedBy: actor, startedAt: deps.clock.now() },
    };
    await deps.table.transact([restoreJobs.write(job, 'absent')]);
    await startTakeOut(deps, job);
    return job;
  },
);

/** Restores, in as many calls as it takes. @returns `more` when the time was not enough */
export async function carryOutRestore(deps: Deps, id: string): Promise<'done' | 'more'> {
  const { value: job, version } = await requireJob(deps, id);
  if (job.status !== 'running') return 'done';
  const { snapshot, include, paths, force, to, requestedBy } = job;
  const ended = async (how: Pick<RestoreJob, 'status'> & Partial<RestoreJob>): Promise<'done'> => {
    try {
      await deps.table.transact([restoreJobs.write({ ...job, ...how, endedAt: deps.clock.now() }, version)]);
    } catch (error) {
      // An erasure has removed it, with the paths in it, or a twin was faster: nobody waits for this result.
      if (!(error instanceof ConflictError)) throw error;
    }
    return 'done';
  };
  try {
    const place = `${restoreRootOf(deps).replace(/\/$/, '')}/${to}`;
    const asked = { snapshot, include, paths, force, to: place, actor: requestedBy };
    const report = await restoreFiles.typed(deps, { ...asked, claim: `restore/${id}` });
    if (report.stopped === true) return 'more';
    const { objects, bytes, damagedCount } = report;
    return await ended({ status: damagedCount === 0 ? 'done' : 'damaged', objects, bytes, damaged: damagedCount });
  } catch (error) {
    // What does not answer now is asked again by the machine.
    if (!(error instanceof TenureError) || error.code === 'unavailable') throw error;
    return await ended({ status: 'failed', fault: error.code === 'corrupt' ? 'the copy is damaged' : error.message });
  }
}

/** All restores that were asked for over HTTP, by id. */
export const listRestores = useCase(z.strictObject({}), async (deps): Promise<RestoreJob[]> => {
  const jobs = (await restoreJobs.list(deps.table, 'RESTORE-JOBS')).map(({ value }) => value);
  return await Promise.all(jobs.map(async (job) => await asItIs(deps, job)));
});

/** One of them. @throws NotFoundError */
export const showRestore = useCase(
  z.strictObject({ id: z.string() }),
  async (deps, { id }): Promise<RestoreJob> => await asItIs(deps, (await requireJob(deps, id)).value),
);

async function requireJob(deps: Deps, id: string) {
  const stored = await restoreJobs.read(deps.table, id);
  if (stored === undefined) throw new NotFoundError(`there is no restore ${id}`);
  return stored;
}

/** One whose execution has ended without it is not waited for. */
async function asItIs(deps: Deps, job: RestoreJob): Promise<RestoreJob> {
  if (job.status !== 'running' || !(await endedWithoutResult(deps, job))) return job;
  return { ...job, status: 'failed', fault: `it has ended without a result: see the execution ${job.run}` };
}

function restoreRootOf({ settings: { restoreRoot } }: Deps): string {
  if (restoreRoot !== undefined) return restoreRoot;
  throw new BlockedError('this server restores nowhere', {
    hint: 'Name `api.restoreRoot` in its settings, download the copy, or use `tenure restore` on the command line.',
  });
}
