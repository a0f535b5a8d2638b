import { managedJobs } from '../records.ts';
import { useCase } from '../use-case.ts';
import { failedJobs, requireManagedJob } from './managed-points.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/**
 * Looks how a source's backup job stands: what its events have told, else AWS Backup itself, since events come at its best
 * effort. A job that failed fails its source alone.
 */
export const checkManagedBackup = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'completed' as const };
  const jobId = requireManagedJob(item);
  const told = (await managedJobs.read(deps.table, jobId))?.value;
  const job = told === undefined || told.status === 'running' ? await deps.managed.describe(jobId) : told;
  if (job.status === 'running') return { outcome: 'running' as const };
  if (job.status !== 'failed') return { outcome: 'completed' as const };
  await saveItem(deps, item, {
    status: 'failed',
    reasons: [...item.reasons, `AWS Backup did not back it up: ${job.reason ?? 'it gives no reason'}`],
    facts: { failedJobs: [...failedJobs(item), jobId] },
  });
  await deps.table.transact([managedJobs.remove(jobId)]);
  return { outcome: 'failed' as const };
});
