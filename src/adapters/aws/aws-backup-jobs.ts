import { createHash } from 'node:crypto';
import { DescribeBackupJobCommand, StartBackupJobCommand } from '@aws-sdk/client-backup';
import { UnavailableError } from '../../domain/errors.ts';
import type { ManagedJob } from '../../ports/managed-backup.ts';
import { type BackupPlace, findPoint, pointOf } from './aws-backup-points.ts';

const ends: Record<string, ManagedJob['status']> = {
  COMPLETED: 'completed',
  PARTIAL: 'partial',
  ABORTED: 'failed',
  // Did not begin within its start window, or did not end within its completion window.
  EXPIRED: 'failed',
  FAILED: 'failed',
};

/**
 * Starts a backup job. Start and completion windows stay those of AWS (8 hours, 7 days): shorter ones fail where the service
 * behind the resource blocks backups around its own maintenance window.
 */
export async function startJob(
  { client, vault, role }: BackupPlace,
  { resource, name, deleteAfterDays }: { resource: string; name: string; deleteAfterDays: number },
): Promise<{ jobId: string }> {
  const { BackupJobId: jobId } = await client.send(
    new StartBackupJobCommand({
      BackupVaultName: vault,
      ResourceArn: resource,
      IamRoleArn: role,
      IdempotencyToken: createHash('sha256').update(name).digest('hex'),
      Lifecycle: { DeleteAfterDays: deleteAfterDays },
    }),
  );
  if (jobId === undefined) throw new UnavailableError(`AWS Backup gave no id to the backup of ${resource}`);
  return { jobId };
}

/** How a job stands, and the point it makes. */
export async function describeJob(place: BackupPlace, jobId: string): Promise<ManagedJob> {
  const job = await place.client.send(new DescribeBackupJobCommand({ BackupJobId: jobId }));
  const status = ends[job.State ?? ''] ?? 'running';
  const reason =
    status === 'failed' || status === 'partial'
      ? { reason: `${job.State}: ${job.StatusMessage ?? 'AWS Backup gives no reason'}` }
      : // Completed with a message is what the console calls "completed with issues".
        job.StatusMessage === undefined || job.StatusMessage === ''
        ? {}
        : { reason: job.StatusMessage };
  if (job.RecoveryPointArn === undefined) {
    return status === 'completed'
      ? { status: 'failed', reason: `job ${jobId} completed and names no recovery point` }
      : { status, ...reason };
  }
  if (status === 'running' || status === 'failed') {
    const { RecoveryPointArn, ResourceArn, CreationDate, BackupSizeInBytes } = job;
    const found = { RecoveryPointArn, ResourceArn, CreationDate, BackupSizeInBytes, Status: 'CREATING' as const };
    return status === 'failed' ? { status, ...reason } : { status, recoveryPoint: pointOf(found, place.vault) };
  }
  const made = await findPoint(place, job.RecoveryPointArn);
  return made === undefined
    ? { status: 'failed', reason: `the recovery point of job ${jobId} is not in vault ${place.vault}` }
    : { status, recoveryPoint: made.point, ...reason };
}
