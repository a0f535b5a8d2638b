import { InvalidError } from '../domain/errors.ts';
import { deleteAfterDays, vaultObjection } from '../domain/managed-point.ts';
import { managedJobs } from '../records.ts';
import { useCase } from '../use-case.ts';
import { failedJobs, managedJobOf } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/**
 * Has AWS Backup begin to copy a source. The job's name comes from the run, so a step that runs twice starts one job; a run that
 * is started again after its job has failed starts another.
 */
export const startManagedBackup = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done' || managedJobOf(item) !== undefined) return { outcome: 'started' as const };
  const { tenant, source } = await subjectOf(deps, item);
  const { retentionDays } = (await planOf(deps, tenant)).plan.retention;
  const objection = vaultObjection(await deps.managed.vault(), retentionDays);
  if (objection !== undefined) {
    throw new InvalidError(objection, { hint: 'Change the retention of the plan, or the lock of the vault.' });
  }
  const { jobId } = await deps.managed.start({
    resource: source.location,
    name: `${run} ${tenant.id}/${source.name} ${failedJobs(item).length}`,
    deleteAfterDays: deleteAfterDays(retentionDays),
  });
  // An event of the job may have come in already: what it told stays.
  if ((await managedJobs.read(deps.table, jobId)) === undefined) {
    const job = { jobId, tenant: tenant.id, source: source.name, status: 'running', at: deps.clock.now() } as const;
    await deps.table.transact([managedJobs.write(job)]);
  }
  await saveItem(deps, item, { facts: { jobId } });
  return { outcome: 'started' as const };
});
