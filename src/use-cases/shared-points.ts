import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { ErasureItem } from '../domain/erasure.ts';
import { covers } from '../domain/scope.ts';
import type { ManagedHoldings, ManagedRecoveryPoint } from '../ports/managed-backup.ts';
import { sources } from '../records.ts';
import { pointsOf } from './managed-points.ts';

/** What AWS Backup holds of an erasure's source, sorted by what may happen to it. */
export interface ScopedPoints extends Omit<ManagedHoldings, 'points'> {
  /** Hold nothing but what is to be erased, or were made for it alone: they are deleted. */
  doomed: ManagedRecoveryPoint[];
  /** Hold data of others too, and stay until they expire; those that were made after the data had gone do not count. */
  shared: ManagedRecoveryPoint[];
}

/**
 * The recovery points of a source that a case is about. Of a resource that several sources name, or of a part of one, only the
 * points that were made for the source and nobody else may go: all others are other people's copies as well.
 */
export async function scopedPoints(deps: Deps, value: Case, item: ErasureItem): Promise<ScopedPoints> {
  const { points, ...rest } = await deps.managed.list(item.location);
  if (!(await isShared(deps, value, item))) return { ...rest, doomed: points, shared: [] };
  const own = new Set((await pointsOf(deps, item.tenant, item.source)).map(({ arn }) => arn));
  const isDoomed = ({ arn }: ManagedRecoveryPoint) => value.scope.paths === undefined && own.has(arn);
  const goneSince = item.attested?.at;
  const holdsIt = ({ createdAt }: ManagedRecoveryPoint) => goneSince === undefined || createdAt <= goneSince;
  return {
    ...rest,
    elsewhere: rest.elsewhere.filter(holdsIt),
    doomed: points.filter(isDoomed),
    shared: points.filter((point) => !isDoomed(point) && holdsIt(point)),
  };
}

async function isShared(deps: Deps, value: Case, item: ErasureItem): Promise<boolean> {
  if (value.scope.paths !== undefined) return true;
  return (await sources.all(deps.table)).some(
    ({ value: other }) =>
      other.kind === 'aws-backup' &&
      other.location === item.location &&
      other.status !== 'erased' &&
      !covers(value.scope, { tenant: other.tenant, source: other.name }),
  );
}
