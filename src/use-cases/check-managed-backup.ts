import type { Deps } from '../deps.ts';
import { UnavailableError } from '../domain/errors.ts';
import type { RunItem } from '../domain/run.ts';
import type { ManagedJob } from '../ports/managed-backup.ts';
import { managedJobs } from '../records.ts';
import { useCase } from '../use-case.ts';
import { failedJobs, requireManagedJob } from './managed-points.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/** Looks in a row that AWS Backup may leave without an answer: two hours, at five minutes each. */
const mostSilences = 24;

/**
 * Looks how a source's backup job stands: what its events have told, else AWS Backup itself, since events come at its best
 * effort. A job that failed fails its source alone.
 */
export const checkManagedBackup = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'completed' as const };
  if (item.status === 'failed') return { outcome: 'failed' as const };
  const jobId = requireManagedJob(item);
  const told = (await managedJobs.read(deps.table, jobId))?.value;
  const job = told === undefined || told.status === 'running' ? await ask(deps, item, jobId) : told;
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

/** A job is not given up because AWS Backup does not answer for a while: its point would come, and nobody would know it. */
async function ask(deps: Deps, item: RunItem, jobId: string): Promise<ManagedJob> {
  const silences = Number(item.facts.silences ?? 0);
  try {
    const job = await deps.managed.describe(jobId);
    if (silences > 0) await saveItem(deps, item, { facts: { silences: 0 } });
    return job;
  } catch (error) {
    if (!(error instanceof UnavailableError) || silences >= mostSilences) throw error;
    await saveItem(deps, item, { facts: { silences: silences + 1 } });
    return { status: 'running' };
  }
}
