import { join } from 'node:path';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { BlockedError, NotFoundError, TenureError } from '../domain/errors.ts';
import { aboutField } from '../domain/field-fault.ts';
import type { RestoreJob } from '../domain/restore-job.ts';
import { restoreJobs } from '../records.ts';
import { getSnapshot } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { chooseKeys } from './path-choice.ts';
import { restoreFiles } from './restore-files.ts';
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
 * Begins a restore and answers at once; the work goes on in this process.
 *
 * @returns the job, and a promise that resolves when the work has ended, however it ended
 * @throws BlockedError where the server has no restore folder
 */
export const startRestore = useCase(
  input,
  async (deps, { snapshot: id, to, actor, ...chosen }): Promise<{ job: RestoreJob; ended: Promise<void> }> => {
    const { restoreRoot } = deps.settings;
    if (restoreRoot === undefined) {
      throw new BlockedError('this server restores nowhere', {
        hint: 'Name `api.restoreRoot` in tenure.yml, download the copy, or use `tenure restore` on the machine itself.',
      });
    }
    const { id: snapshot, tenant, source } = await getSnapshot(deps, id);
    // Now, not in the work that follows: a job that can only fail is none.
    await aboutField(['include'], () => chooseKeys({ globs: chosen.include }));
    const job: RestoreJob = {
      ...{ id: `rs-${deps.random(5).toString('hex')}`, tenant, source, snapshot, to },
      ...{ status: 'running', requestedBy: actor.id, holder: deps.holder, startedAt: deps.clock.now() },
    };
    await deps.table.transact([restoreJobs.write(job, 'absent')]);
    const work = async (): Promise<void> => {
      const ended = await carryOut(deps, job, { ...chosen, to: join(restoreRoot, to), actor });
      await deps.table.transact([restoreJobs.write({ ...ended, endedAt: deps.clock.now() })]);
    };
    // A catalog that does not take the end leaves the job running, and it shows as interrupted once this process is gone.
    return { job, ended: work().catch(() => undefined) };
  },
);

async function carryOut(
  deps: Deps,
  job: RestoreJob,
  request: Omit<Parameters<typeof restoreFiles.typed>[1], 'snapshot'>,
): Promise<RestoreJob> {
  try {
    const report = await restoreFiles.typed(deps, { ...request, snapshot: job.snapshot });
    const { objects, bytes, damagedCount } = report;
    return { ...job, status: damagedCount === 0 ? 'done' : 'damaged', objects, bytes, damaged: damagedCount };
  } catch (error) {
    const told = error instanceof TenureError && error.code !== 'corrupt';
    return { ...job, status: 'failed', fault: told ? error.message : 'a fault of the program' };
  }
}

/** All restores that were asked for over HTTP, by id. */
export const listRestores = useCase(
  z.strictObject({}),
  async (deps): Promise<RestoreJob[]> =>
    (await restoreJobs.list(deps.table, 'RESTORE-JOBS')).map(({ value }) => asItIs(deps, value)),
);

/** One of them. @throws NotFoundError */
export const showRestore = useCase(z.strictObject({ id: z.string() }), async (deps, { id }): Promise<RestoreJob> => {
  const stored = await restoreJobs.read(deps.table, id);
  if (stored === undefined) throw new NotFoundError(`there is no restore ${id}`);
  return asItIs(deps, stored.value);
});

function asItIs(deps: Deps, job: RestoreJob): RestoreJob {
  const isDead = job.status === 'running' && job.holder !== deps.holder && !deps.holderAlive(job.holder);
  return isDead ? { ...job, status: 'interrupted' } : job;
}
