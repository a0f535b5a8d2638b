import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { ManagedPoint } from '../domain/managed-point.ts';
import type { RunItem } from '../domain/run.ts';
import { managedPoints } from '../records.ts';

/** The recovery points that are on record for a source, oldest first. The Table decides what is a copy, not AWS's listing. */
export async function pointsOf(
  deps: Pick<Deps, 'table'>,
  tenant: string,
  source: string,
  status?: ManagedPoint['status'],
): Promise<ManagedPoint[]> {
  return (await managedPoints.list(deps.table, `MANAGED#${tenant}/${source}`))
    .map((stored) => stored.value)
    .filter((point) => status === undefined || point.status === status)
    .sort((a, b) => (a.takenAt === b.takenAt ? (a.arn < b.arn ? -1 : 1) : a.takenAt < b.takenAt ? -1 : 1));
}

/** The live points of all sources, of one tenant or of one source, in the order of their ARNs. */
export async function livePoints(
  deps: Pick<Deps, 'table'>,
  scope: { tenant?: string | undefined; source?: string | undefined } = {},
): Promise<ManagedPoint[]> {
  return (await managedPoints.all(deps.table))
    .map((stored) => stored.value)
    .filter(({ status }) => status === 'live')
    .filter(({ tenant }) => scope.tenant === undefined || tenant === scope.tenant)
    .filter(({ source }) => scope.source === undefined || source === scope.source);
}

/** Jobs of an item that have failed. */
export function failedJobs(item: RunItem): string[] {
  return (item.facts.failedJobs as string[] | undefined) ?? [];
}

/** The job that an item's backup has begun and that has not failed. */
export function managedJobOf(item: RunItem): string | undefined {
  const jobId = item.facts.jobId as string | undefined;
  return jobId === undefined || failedJobs(item).includes(jobId) ? undefined : jobId;
}

/** The same, where there must be one. */
export function requireManagedJob(item: RunItem): string {
  const jobId = managedJobOf(item);
  if (jobId === undefined)
    throw new NotFoundError(`item ${item.item} of ${item.run} has begun no backup by AWS Backup`);
  return jobId;
}

/**
 * How often a run looks whether AWS Backup has ended its deletions, a minute apart: snapshots take minutes; what takes longer is
 * left to the next run.
 */
export const mostDeletionLooks = 30;
