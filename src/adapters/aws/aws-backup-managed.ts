import type { BackupClient } from '@aws-sdk/client-backup';
import { InvalidError } from '../../domain/errors.ts';
import type { ManagedBackup } from '../../ports/managed-backup.ts';
import { deletePoint } from './aws-backup-delete.ts';
import { describeJob, startJob } from './aws-backup-jobs.ts';
import { type BackupPlace, holdingsOf } from './aws-backup-points.ts';
import { endTest, lookAtTest, startTest, validate } from './aws-backup-restore-tests.ts';
import { requireVault } from './aws-backup-vault.ts';
import { translated } from './aws-faults.ts';

/** An ARN of a resource: partition, service, Region and account may be empty where the service has none (S3). */
const arnShape = /^arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12})?:.+$/;

/** What may be backed up, and how it is called. */
export interface AwsBackupOptions {
  client: BackupClient;
  /** Name of the vault. */
  vault: string;
  /** ARN of the role that AWS Backup takes on. */
  role: string;
  /** For tests. */
  pause?: (ms: number) => Promise<void>;
  now?: () => Date;
}

/** ManagedBackup on AWS Backup, for one vault of this account and Region. */
export function awsBackup({
  client,
  vault,
  role,
  pause = async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
  now = () => new Date(),
}: AwsBackupOptions): ManagedBackup {
  const place: BackupPlace = { client, vault, role };
  return {
    verify: async (resource) => {
      const service = arnShape.exec(resource)?.[1];
      if (service === undefined || service === 'backup' || service === 'iam') {
        throw new InvalidError(`"${resource}" is not a resource that AWS Backup protects`, {
          hint: 'Name the database, table, volume, file system or bucket, for instance arn:aws:rds:eu-west-1:123456789012:db:orders.',
        });
      }
      await told(`vault ${vault} could not be looked at`, async () => await requireVault(place));
    },
    vault: async () =>
      await told(`vault ${vault} could not be looked at`, async () => {
        const { Locked, MinRetentionDays, MaxRetentionDays } = await requireVault(place);
        return {
          name: vault,
          locked: Locked === true,
          ...(MinRetentionDays === undefined ? {} : { minRetentionDays: MinRetentionDays }),
          ...(MaxRetentionDays === undefined ? {} : { maxRetentionDays: MaxRetentionDays }),
        };
      }),
    start: async (request) =>
      await told(`no backup of ${request.resource} could be started`, async () => await startJob(place, request)),
    describe: async (jobId) =>
      await told(`backup job ${jobId} could not be looked at`, async () => await describeJob(place, jobId)),
    list: async (resource) =>
      await told(`recovery points of ${resource} could not be listed`, async () => await holdingsOf(place, resource)),
    delete: async (arn) =>
      await told(`recovery point ${arn} could not be deleted`, async () => await deletePoint(place, arn, pause)),
    startRestoreTest: async (request) =>
      await told(`restore test ${request.name} could not be started`, async () => await startTest(place, request, now)),
    restoreTest: async (name) =>
      await told(`restore test ${name} could not be looked at`, async () => await lookAtTest(place, name)),
    validateRestore: async (jobId, verdict) =>
      await told(`restore job ${jobId} could not be validated`, async () => await validate(place, jobId, verdict)),
    endRestoreTest: async (name) =>
      await told(`restore test ${name} could not be ended`, async () => await endTest(place, name)),
  };
}

/** Foreign faults end here. */
async function told<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translated(error, what);
  }
}
