import { NotFoundError, UnavailableError } from '../domain/errors.ts';
import { type ManagedPoint, pointName } from '../domain/managed-point.ts';
import { managedJobs, managedPoints, sources } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import { failedJobs, requireManagedJob } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, requestOf, saveItem, subjectOf } from './run-items.ts';
import { meetSlot } from './schedule-slots.ts';

/**
 * Puts a new recovery point on record: catalog row and ledger entry in one transaction, and only while the source is on record,
 * so that an erasure never leaves a point behind that nobody knows. A partial one is recorded as well, since it has to go in
 * time; its backup counts as failed.
 */
export const recordManagedBackup = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'recorded' as const };
  if (item.status === 'failed') return { outcome: 'partial' as const };
  const jobId = requireManagedJob(item);
  const { tenant, source } = await subjectOf(deps, item);
  const { status, recoveryPoint: made, reason } = await deps.managed.describe(jobId);
  if (status === 'running' || made === undefined) {
    throw new UnavailableError(`AWS Backup does not yet tell what job ${jobId} has made`);
  }
  const point: ManagedPoint = {
    arn: made.arn,
    tenant: tenant.id,
    source: source.name,
    run,
    cadence: (await requestOf(deps, run)).cadence ?? 'manual',
    jobId,
    vault: made.vault,
    takenAt: made.createdAt,
    ...(made.deleteAt === undefined ? {} : { expiresAt: made.deleteAt }),
    planDigest: (await planOf(deps, tenant)).digest,
    bytes: made.bytes,
    status: status === 'completed' ? 'live' : 'partial',
  };
  await untilUnchanged(async () => {
    if ((await managedPoints.read(deps.table, tenant.id, source.name, made.arn)) !== undefined) return;
    const stored = await sources.read(deps.table, tenant.id, source.name);
    if (stored === undefined) throw new NotFoundError(`source ${tenant.id}/${source.name} is gone`);
    await appendLedger(
      deps,
      {
        tenant,
        type: status === 'completed' ? 'recovery-point-committed' : 'recovery-point-partial',
        actor: 'system',
        subjects: [pointName(made.arn)],
        particulars: { source: source.name, recoveryPoint: made.arn, vault: made.vault },
      },
      // The source as it is: whoever removes it meanwhile makes this fail.
      [managedPoints.write(point, 'absent'), sources.write(stored.value, stored.version), managedJobs.remove(jobId)],
    );
  });
  if (status !== 'completed') {
    await saveItem(deps, item, {
      status: 'failed',
      subject: made.arn,
      reasons: [...item.reasons, `AWS Backup copied only a part of it: ${reason ?? 'it gives no reason'}`],
      facts: { failedJobs: [...failedJobs(item), jobId] },
    });
    return { outcome: 'partial' as const };
  }
  await meetSlot(deps, { ...point, id: point.arn });
  const told = reason === undefined ? {} : { notice: reason };
  await saveItem(deps, item, { status: 'done', subject: made.arn, facts: { bytes: made.bytes, ...told } });
  return { outcome: 'recorded' as const };
});
