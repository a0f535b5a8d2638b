import {
  CreateRestoreTestingPlanCommand,
  CreateRestoreTestingSelectionCommand,
  DeleteRestoreTestingPlanCommand,
  DeleteRestoreTestingSelectionCommand,
  DescribeRestoreJobCommand,
  GetRestoreTestingPlanCommand,
  PutRestoreValidationResultCommand,
  paginateListRestoreJobs,
  type RestoreJobsListMember,
} from '@aws-sdk/client-backup';
import type { ManagedBackup, ManagedRestore } from '../../ports/managed-backup.ts';
import { type BackupPlace, findPoint } from './aws-backup-points.ts';
import { requireVault } from './aws-backup-vault.ts';
import { awsFault } from './aws-faults.ts';

/** A restore begins this long after it was asked for: a schedule in the past would come round next year. */
const leadMinutes = 10;

/** AWS takes whole hours, one at least; the restore begins somewhere within. */
const startWindowHours = 1;

/** How long AWS keeps what it restored for our validator, which is asked within minutes and has a quarter of an hour. */
const validationWindowHours = 4;

/** The longest message that is passed on; AWS states no limit. */
const longestMessage = 1000;

type Start = Parameters<ManagedBackup['startRestoreTest']>[0];

/**
 * Has AWS restore a point of one resource. Only a restore that a restore-testing plan began can be validated, and is removed by
 * AWS itself. Such plans run by schedule: each test gets a plan of its own, for the next minutes, and loses it at its end.
 */
export async function startTest(
  place: BackupPlace,
  { name, recoveryPoint, pick, withinDays }: Start,
  now: () => Date,
): ReturnType<ManagedBackup['startRestoreTest']> {
  const { client, role } = place;
  const { BackupVaultArn: vaultArn = '' } = await requireVault(place);
  const found = await findPoint(place, recoveryPoint);
  if (found?.ResourceType === undefined || found.ResourceArn === undefined) {
    return { outcome: 'not-possible', reason: `AWS Backup does not know the recovery point ${recoveryPoint} any more` };
  }
  await unlessThere(async () => {
    await client.send(
      new CreateRestoreTestingPlanCommand({
        CreatorRequestId: name,
        RestoreTestingPlan: {
          RestoreTestingPlanName: name,
          ScheduleExpression: onceAt(now()),
          ScheduleExpressionTimezone: 'Etc/UTC',
          StartWindowHours: startWindowHours,
          RecoveryPointSelection: {
            Algorithm: pick === 'newest' ? 'LATEST_WITHIN_WINDOW' : 'RANDOM_WITHIN_WINDOW',
            IncludeVaults: [vaultArn],
            RecoveryPointTypes: ['SNAPSHOT'],
            SelectionWindowDays: withinDays,
          },
        },
      }),
    );
  });
  try {
    await unlessThere(async () => {
      await client.send(
        new CreateRestoreTestingSelectionCommand({
          RestoreTestingPlanName: name,
          RestoreTestingSelection: {
            RestoreTestingSelectionName: name,
            IamRoleArn: role,
            ProtectedResourceType: found.ResourceType,
            ProtectedResourceArns: [found.ResourceArn ?? ''],
            ValidationWindowHours: validationWindowHours,
          },
        }),
      );
    });
  } catch (error) {
    const { name: fault, message } = awsFault(error);
    if (fault !== 'InvalidParameterValueException' && fault !== 'InvalidRequestException') throw error;
    await removePlan(place, name);
    return { outcome: 'not-possible', reason: `AWS restores no ${found.ResourceType} for tests: ${message}` };
  }
  return { outcome: 'started' };
}

/** How a test stands. */
export async function lookAtTest(place: BackupPlace, name: string): Promise<ManagedRestore> {
  const plan = await planArn(place, name);
  if (plan === undefined) return { status: 'failed', reason: `the restore-testing plan ${name} is gone` };
  const job = await jobOf(place, plan);
  if (job === undefined) return { status: 'waiting' };
  const { CreationDate: began, CompletionDate: ended, BackupSizeInBytes: bytes, StatusMessage: reason } = job;
  return {
    status: job.Status === 'COMPLETED' ? 'restored' : isOver(job) ? 'failed' : 'running',
    ...(job.RestoreJobId === undefined ? {} : { jobId: job.RestoreJobId }),
    ...(job.RecoveryPointArn === undefined ? {} : { recoveryPoint: job.RecoveryPointArn }),
    ...(job.CreatedResourceArn === undefined ? {} : { restored: job.CreatedResourceArn }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(began === undefined || ended === undefined ? {} : { durationMs: ended.getTime() - began.getTime() }),
    ...(reason === undefined ? {} : { reason: `${job.Status}: ${reason}` }),
  };
}

/** Says what we think of a restore. */
export async function validate(
  { client }: BackupPlace,
  jobId: string,
  { ok, message }: { ok: boolean; message: string },
): Promise<void> {
  try {
    await client.send(
      new PutRestoreValidationResultCommand({
        RestoreJobId: jobId,
        ValidationStatus: ok ? 'SUCCESSFUL' : 'FAILED',
        ValidationStatusMessage: message.slice(0, longestMessage),
      }),
    );
  } catch (error) {
    // Said before, by an attempt that died, or too late: then AWS has begun to clean up, and our own verdict stands.
    const { ValidationStatus: known } = await client.send(new DescribeRestoreJobCommand({ RestoreJobId: jobId }));
    if (known === undefined || known === 'VALIDATING') throw error;
  }
}

/** Removes the plan of a test once AWS has removed what it restored. */
export async function endTest(place: BackupPlace, name: string): ReturnType<ManagedBackup['endRestoreTest']> {
  const plan = await planArn(place, name);
  if (plan === undefined) return { outcome: 'clean' };
  const job = await jobOf(place, plan);
  if (job !== undefined && !isOver(job)) return { outcome: 'cleaning' };
  const restored = job?.Status === 'COMPLETED';
  if (restored && job.DeletionStatus !== 'SUCCESSFUL' && job.DeletionStatus !== 'FAILED')
    return { outcome: 'cleaning' };
  await removePlan(place, name);
  if (!restored || job.DeletionStatus === 'SUCCESSFUL') return { outcome: 'clean' };
  const why = job.DeletionStatusMessage ?? 'AWS Backup gives no reason';
  return { outcome: 'left', reason: `${job.CreatedResourceArn ?? 'what was restored'} is still there: ${why}` };
}

function isOver({ Status }: RestoreJobsListMember): boolean {
  return Status === 'COMPLETED' || Status === 'FAILED' || Status === 'ABORTED';
}

/** The restore of a plan; of a composite one the whole, not its parts. */
async function jobOf({ client }: BackupPlace, plan: string): Promise<RestoreJobsListMember | undefined> {
  let newest: RestoreJobsListMember | undefined;
  for await (const page of paginateListRestoreJobs({ client }, { ByRestoreTestingPlanArn: plan })) {
    for (const job of page.RestoreJobs ?? []) {
      if (job.ParentJobId !== undefined) continue;
      if (newest === undefined || (job.CreationDate ?? 0) > (newest.CreationDate ?? 0)) newest = job;
    }
  }
  return newest;
}

async function planArn({ client }: BackupPlace, name: string): Promise<string | undefined> {
  try {
    const found = await client.send(new GetRestoreTestingPlanCommand({ RestoreTestingPlanName: name }));
    return found.RestoreTestingPlan?.RestoreTestingPlanArn;
  } catch (error) {
    if (awsFault(error).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** A plan goes only after its selection. */
async function removePlan({ client }: BackupPlace, name: string): Promise<void> {
  const plan = { RestoreTestingPlanName: name };
  await unlessGone(async () => {
    await client.send(new DeleteRestoreTestingSelectionCommand({ ...plan, RestoreTestingSelectionName: name }));
  });
  await unlessGone(async () => {
    await client.send(new DeleteRestoreTestingPlanCommand(plan));
  });
}

async function unlessThere(make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (awsFault(error).name !== 'AlreadyExistsException') throw error;
  }
}

async function unlessGone(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (awsFault(error).name !== 'ResourceNotFoundException') throw error;
  }
}

/** A schedule of AWS Backup (six cron fields, UTC) whose next time is a few minutes after `now`. */
function onceAt(now: Date): string {
  const at = new Date(now.getTime() + leadMinutes * 60_000);
  return `cron(${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} ${at.getUTCMonth() + 1} ? *)`;
}
