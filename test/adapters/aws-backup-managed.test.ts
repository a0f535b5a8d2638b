import {
  BackupClient,
  CreateRestoreTestingPlanCommand,
  CreateRestoreTestingSelectionCommand,
  DeleteRecoveryPointCommand,
  DeleteRestoreTestingPlanCommand,
  DeleteRestoreTestingSelectionCommand,
  DescribeBackupJobCommand,
  DescribeBackupVaultCommand,
  DescribeRecoveryPointCommand,
  DescribeRestoreJobCommand,
  DisassociateRecoveryPointCommand,
  GetRestoreTestingPlanCommand,
  ListBackupJobsCommand,
  ListRecoveryPointsByBackupVaultCommand,
  ListRecoveryPointsByResourceCommand,
  ListRestoreJobsCommand,
  PutRestoreValidationResultCommand,
  StartBackupJobCommand,
} from '@aws-sdk/client-backup';
import { type AwsClientStub, mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { awsBackup } from '../../src/adapters/aws/aws-backup-managed.ts';

const vault = 'tenure-test';
const vaultArn = `arn:aws:backup:eu-west-1:123456789012:backup-vault:${vault}`;
const role = 'arn:aws:iam::123456789012:role/tenure-test-backup';
const resource = 'arn:aws:rds:eu-west-1:123456789012:db:orders';
const arn = 'arn:aws:rds:eu-west-1:123456789012:snapshot:awsbackup:job-1';
const createdAt = new Date('2026-03-03T02:00:00.000Z');
const deleteAt = new Date('2026-05-31T02:00:00.000Z');

let backup: AwsClientStub<BackupClient>;
const managed = awsBackup({
  ...{ client: new BackupClient({ region: 'eu-west-1' }), vault, role },
  pause: async () => undefined,
  now: () => new Date('2026-12-31T23:55:00.000Z'),
});

/** What AWS throws. */
function fault(name: string, message = 'no', status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

const missing = fault('ResourceNotFoundException', 'not found');

/** A point as Describe tells of it. */
const described = (change: object = {}) => ({
  ...{ RecoveryPointArn: arn, ResourceArn: resource, ResourceType: 'RDS', Status: 'COMPLETED' as const },
  ...{ CreationDate: createdAt, BackupSizeInBytes: 1000, CalculatedLifecycle: { DeleteAt: deleteAt } },
  ...change,
});

beforeEach(() => {
  backup = mockClient(BackupClient);
  backup.on(DescribeBackupVaultCommand).resolves({ BackupVaultName: vault, BackupVaultArn: vaultArn, Locked: false });
});

describe('a backup job on AWS Backup', () => {
  it('is started with the role, the days after which AWS deletes it, and a token that comes from its name alone', async () => {
    backup.on(StartBackupJobCommand).resolves({ BackupJobId: 'job-1' });
    const asked = { resource, name: 'backup-daily-2026-03-03 acme/orders 0', deleteAfterDays: 89 };
    expect(await managed.start(asked)).toEqual({ jobId: 'job-1' });
    await managed.start(asked);
    await managed.start({ ...asked, name: 'another' });
    const [first, second, other] = backup.commandCalls(StartBackupJobCommand).map(({ args }) => args[0].input);
    expect(first).toMatchObject({
      ...{ BackupVaultName: vault, ResourceArn: resource, IamRoleArn: role, Lifecycle: { DeleteAfterDays: 89 } },
    });
    expect(second?.IdempotencyToken).toBe(first?.IdempotencyToken);
    expect(other?.IdempotencyToken).not.toBe(first?.IdempotencyToken);
  });

  it.each(['CREATED', 'PENDING', 'RUNNING', 'ABORTING'] as const)('that is %s runs', async (State) => {
    backup.on(DescribeBackupJobCommand).resolves({ State });
    expect(await managed.describe('job-1')).toEqual({ status: 'running' });
  });

  it.each(['ABORTED', 'EXPIRED', 'FAILED'] as const)('that is %s has failed, and says why', async (State) => {
    backup.on(DescribeBackupJobCommand).resolves({ State, StatusMessage: 'the window closed' });
    expect(await managed.describe('job-1')).toEqual({ status: 'failed', reason: `${State}: the window closed` });
  });

  it('that has completed tells its point, with the time at which it goes by itself', async () => {
    backup.on(DescribeBackupJobCommand).resolves({ State: 'COMPLETED', RecoveryPointArn: arn });
    backup.on(DescribeRecoveryPointCommand).resolves(described());
    expect(await managed.describe('job-1')).toEqual({
      status: 'completed',
      recoveryPoint: {
        ...{ arn, resource, vault, createdAt: createdAt.toISOString(), bytes: 1000 },
        ...{ status: 'completed', continuous: false, deleteAt: deleteAt.toISOString() },
      },
    });
  });

  it('that is partial has a point, and is no backup', async () => {
    const job = { State: 'PARTIAL' as const, RecoveryPointArn: arn, StatusMessage: 'one volume of two' };
    backup.on(DescribeBackupJobCommand).resolves(job);
    backup.on(DescribeRecoveryPointCommand).resolves(described({ Status: 'PARTIAL' }));
    expect(await managed.describe('job-1')).toMatchObject({
      ...{ status: 'partial', reason: 'PARTIAL: one volume of two', recoveryPoint: { arn, status: 'partial' } },
    });
  });

  it('that says it has completed and whose point is not there has failed', async () => {
    backup.on(DescribeBackupJobCommand).resolves({ State: 'COMPLETED', RecoveryPointArn: arn });
    backup.on(DescribeRecoveryPointCommand).rejects(missing);
    expect(await managed.describe('job-1')).toMatchObject({ status: 'failed', reason: expect.stringContaining(vault) });
    backup.on(DescribeBackupJobCommand).resolves({ State: 'COMPLETED' });
    expect(await managed.describe('job-1')).toMatchObject({ status: 'failed' });
  });

  it.each([
    ['ResourceNotFoundException', 'not-found'],
    ['AccessDeniedException', 'blocked'],
    ['InvalidParameterValueException', 'invalid'],
    ['ServiceUnavailableException', 'unavailable'],
    ['ThrottlingException', 'unavailable'],
  ])('answers a fault of AWS (%s) as one of Tenure’s own (%s)', async (name, code) => {
    backup.on(StartBackupJobCommand).rejects(fault(name));
    await expect(managed.start({ resource, name: 'x', deleteAfterDays: 1 })).rejects.toMatchObject({ code });
    backup.on(DescribeBackupJobCommand).rejects(fault(name));
    await expect(managed.describe('job-1')).rejects.toMatchObject({ code });
  });
});

describe('the recovery points of a resource on AWS Backup', () => {
  it('are listed page by page: ours with their end, those of other vaults apart, and jobs that run', async () => {
    const at = (day: number) => new Date(Date.UTC(2026, 2, day));
    backup
      .on(ListRecoveryPointsByBackupVaultCommand)
      .resolvesOnce({
        RecoveryPoints: [
          described({ RecoveryPointArn: 'b', CreationDate: at(2) }),
          described({ RecoveryPointArn: 'x:continuous:c', CreationDate: at(3), Status: 'AVAILABLE' }),
        ],
        NextToken: 'more',
      })
      .resolves({ RecoveryPoints: [described({ RecoveryPointArn: 'a', CreationDate: at(1), Status: 'EXPIRED' })] });
    const byResource = (RecoveryPointArn: string, BackupVaultName: string) => ({
      ...{ RecoveryPointArn, BackupVaultName, CreationDate: at(5), BackupSizeBytes: 7, Status: 'COMPLETED' as const },
    });
    backup
      .on(ListRecoveryPointsByResourceCommand)
      .resolvesOnce({ RecoveryPoints: [byResource('b', vault), byResource('e', 'archive')], NextToken: 'more' })
      .resolves({ RecoveryPoints: [byResource('f', vault)] });
    backup.on(ListBackupJobsCommand).resolves({});
    backup.on(ListBackupJobsCommand, { ByState: 'RUNNING' }).resolves({ BackupJobs: [{ BackupJobId: 'job-9' }] });
    const found = await managed.list(resource);
    // f is not in the vault's own listing yet.
    expect(found.points.map((point) => `${point.arn} ${point.status}`)).toEqual([
      ...['a expired', 'b completed', 'x:continuous:c available', 'f completed'],
    ]);
    expect(found.points.map(({ continuous }) => continuous)).toEqual([false, false, true, false]);
    expect(found.points[0]?.deleteAt).toBe(deleteAt.toISOString());
    expect(found.elsewhere).toMatchObject([{ arn: 'e', vault: 'archive', bytes: 7 }]);
    expect(found.running).toEqual(['job-9']);
    expect(backup.commandCalls(ListRecoveryPointsByBackupVaultCommand)[0]?.args[0].input).toMatchObject({
      ...{ BackupVaultName: vault, ByResourceArn: resource },
    });
  });

  it('are never none because the vault is gone', async () => {
    backup.on(DescribeBackupVaultCommand).rejects(missing);
    backup.on(DescribeRecoveryPointCommand).rejects(missing);
    const gone = { code: 'not-found', message: expect.stringContaining(`the backup vault ${vault} does not exist`) };
    await expect(managed.list(resource)).rejects.toMatchObject(gone);
    await expect(managed.delete(arn)).rejects.toMatchObject(gone);
    await expect(managed.verify(resource)).rejects.toMatchObject(gone);
  });
});

describe('a vault of AWS Backup', () => {
  it('tells its lock and how long it keeps', async () => {
    backup.on(DescribeBackupVaultCommand).resolves({ Locked: true, MinRetentionDays: 7, MaxRetentionDays: 60 });
    expect(await managed.vault()).toEqual({ name: vault, locked: true, minRetentionDays: 7, maxRetentionDays: 60 });
  });

  it.each([
    ['a name', 'orders'],
    ['a bucket by its URL', 's3://bucket/prefix'],
    ['a recovery point', 'arn:aws:backup:eu-west-1:123456789012:recovery-point:1'],
    ['a role', role],
  ])('refuses %s as a resource', async (_what, location) => {
    await expect(managed.verify(location)).rejects.toMatchObject({ code: 'invalid' });
  });

  it.each([resource, 'arn:aws:s3:::bucket', 'arn:aws-cn:dynamodb:cn-north-1:123456789012:table/orders'])(
    'takes %s',
    async (location) => {
      await managed.verify(location);
    },
  );
});

describe('the deletion of a recovery point on AWS Backup', () => {
  it('is done when AWS does not know the point any more', async () => {
    backup.on(DescribeRecoveryPointCommand).resolvesOnce(described()).resolvesOnce(described()).rejects(missing);
    backup.on(DeleteRecoveryPointCommand).resolves({});
    expect(await managed.delete(arn)).toEqual({ outcome: 'gone' });
    expect(backup.commandCalls(DeleteRecoveryPointCommand)[0]?.args[0].input).toEqual({
      ...{ BackupVaultName: vault, RecoveryPointArn: arn },
    });
  });

  it('of one that is not there asks for nothing', async () => {
    backup.on(DescribeRecoveryPointCommand).rejects(missing);
    expect(await managed.delete(arn)).toEqual({ outcome: 'gone' });
    expect(backup.commandCalls(DeleteRecoveryPointCommand)).toHaveLength(0);
  });

  it('that AWS answers with 200 and does not do is refused', async () => {
    backup.on(DescribeRecoveryPointCommand).resolves(described());
    backup.on(DeleteRecoveryPointCommand).resolves({});
    const answer = await managed.delete(arn);
    expect(answer).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('it is still there (COMPLETED)'),
    });
  });

  it('that leaves the point EXPIRED is refused, and asked for again the next time', async () => {
    const expired = described({ Status: 'EXPIRED', StatusMessage: 'AccessDenied' });
    backup.on(DescribeRecoveryPointCommand).resolvesOnce(described()).resolves(expired);
    backup.on(DeleteRecoveryPointCommand).resolves({});
    const reason = expect.stringContaining('lacks a right (EXPIRED: AccessDenied)');
    expect(await managed.delete(arn)).toMatchObject({ outcome: 'refused', reason });
    expect(await managed.delete(arn)).toMatchObject({ outcome: 'refused', reason });
    expect(backup.commandCalls(DeleteRecoveryPointCommand)).toHaveLength(2);
  });

  it('that goes on at AWS is asked about later, and not asked for again', async () => {
    backup
      .on(DescribeRecoveryPointCommand)
      .resolvesOnce(described())
      .resolves(described({ Status: 'DELETING' }));
    backup.on(DeleteRecoveryPointCommand).resolves({});
    expect(await managed.delete(arn)).toEqual({ outcome: 'deleting' });
    expect(await managed.delete(arn)).toEqual({ outcome: 'deleting' });
    expect(backup.commandCalls(DeleteRecoveryPointCommand)).toHaveLength(1);
  });

  it.each(['InvalidRequestException', 'AccessDeniedException'])(
    'that a lock of the vault refuses (%s) says from when it can go',
    async (name) => {
      backup.on(DescribeBackupVaultCommand).resolves({ Locked: true });
      backup.on(DescribeRecoveryPointCommand).resolves(described());
      backup.on(DeleteRecoveryPointCommand).rejects(fault(name, 'cannot be deleted'));
      expect(await managed.delete(arn)).toEqual({
        outcome: 'refused',
        reason: `vault ${vault} is locked: cannot be deleted`,
        until: deleteAt.toISOString(),
      });
    },
  );

  it('that the function has no right to is a fault of the deployment', async () => {
    backup.on(DescribeRecoveryPointCommand).resolves(described());
    backup.on(DeleteRecoveryPointCommand).rejects(fault('AccessDeniedException', 'not authorized', 403));
    await expect(managed.delete(arn)).rejects.toMatchObject({ code: 'blocked' });
  });

  it('of a point on which AWS is at work is refused for now', async () => {
    backup.on(DescribeRecoveryPointCommand).resolves(described());
    backup
      .on(DeleteRecoveryPointCommand)
      .rejects(fault('InvalidResourceStateException', 'already performing an action'));
    expect(await managed.delete(arn)).toEqual({ outcome: 'refused', reason: 'already performing an action' });
    backup.on(DescribeRecoveryPointCommand).resolves(described({ Status: 'CREATING' }));
    expect(await managed.delete(arn)).toMatchObject({ outcome: 'refused', reason: 'its backup job still runs' });
  });

  it('of a continuous point that cannot be deleted releases it, and says so', async () => {
    const continuous = described({ Status: 'AVAILABLE' });
    backup.on(DescribeRecoveryPointCommand).resolvesOnce(continuous).rejects(missing);
    backup.on(DeleteRecoveryPointCommand).rejects(fault('InvalidRequestException', 'continuous'));
    backup.on(DisassociateRecoveryPointCommand).resolves({});
    expect(await managed.delete(arn)).toEqual({ outcome: 'gone', note: expect.stringContaining('released') });
  });

  it('of a continuous point that can be deleted releases nothing', async () => {
    backup
      .on(DescribeRecoveryPointCommand)
      .resolvesOnce(described({ Status: 'STOPPED' }))
      .rejects(missing);
    backup.on(DeleteRecoveryPointCommand).resolves({});
    expect(await managed.delete(arn)).toEqual({ outcome: 'gone' });
    expect(backup.commandCalls(DisassociateRecoveryPointCommand)).toHaveLength(0);
  });
});

describe('a restore test on AWS Backup', () => {
  const name = 'tenure_0123456789abcdef';
  const asked = { name, recoveryPoint: arn, pick: 'newest' as const, withinDays: 90 };
  const plan = { RestoreTestingPlan: { RestoreTestingPlanArn: 'plan-arn' } } as never;
  const job = (change: object = {}) => ({
    ...{ RestoreJobId: 'restore-1', RecoveryPointArn: arn, CreatedResourceArn: `${resource}-restored` },
    ...{ CreationDate: createdAt, CompletionDate: new Date(createdAt.getTime() + 300_000), BackupSizeInBytes: 1000 },
    ...{ Status: 'COMPLETED' as const },
    ...change,
  });

  it('gets a plan of its own for the next minutes, for this resource and this vault alone', async () => {
    backup.on(DescribeRecoveryPointCommand).resolves(described());
    expect(await managed.startRestoreTest(asked)).toEqual({ outcome: 'started' });
    await managed.startRestoreTest({ ...asked, pick: 'random' });
    const [made, random] = backup.commandCalls(CreateRestoreTestingPlanCommand).map(({ args }) => args[0].input);
    expect(made).toMatchObject({
      CreatorRequestId: name,
      RestoreTestingPlan: {
        RestoreTestingPlanName: name,
        // Ten minutes after 23:55 on the last day of the year.
        ScheduleExpression: 'cron(5 0 1 1 ? *)',
        StartWindowHours: 1,
        RecoveryPointSelection: {
          ...{ Algorithm: 'LATEST_WITHIN_WINDOW', IncludeVaults: [vaultArn] },
          ...{ RecoveryPointTypes: ['SNAPSHOT'], SelectionWindowDays: 90 },
        },
      },
    });
    expect(random?.RestoreTestingPlan?.RecoveryPointSelection?.Algorithm).toBe('RANDOM_WITHIN_WINDOW');
    expect(backup.commandCalls(CreateRestoreTestingSelectionCommand)[0]?.args[0].input).toMatchObject({
      RestoreTestingPlanName: name,
      RestoreTestingSelection: {
        ...{ IamRoleArn: role, ProtectedResourceType: 'RDS', ProtectedResourceArns: [resource] },
      },
    });
  });

  it('that was started before is not started again', async () => {
    backup.on(DescribeRecoveryPointCommand).resolves(described());
    backup.on(CreateRestoreTestingPlanCommand).rejects(fault('AlreadyExistsException'));
    backup.on(CreateRestoreTestingSelectionCommand).rejects(fault('AlreadyExistsException'));
    expect(await managed.startRestoreTest(asked)).toEqual({ outcome: 'started' });
  });

  it('of a kind of resource that AWS does not restore is not possible, and leaves no plan behind', async () => {
    backup.on(DescribeRecoveryPointCommand).resolves(described({ ResourceType: 'Redshift' }));
    backup
      .on(CreateRestoreTestingSelectionCommand)
      .rejects(fault('InvalidParameterValueException', 'Redshift is not supported'));
    expect(await managed.startRestoreTest(asked)).toEqual({
      ...{ outcome: 'not-possible', reason: 'AWS restores no Redshift for tests: Redshift is not supported' },
    });
    expect(backup.commandCalls(DeleteRestoreTestingPlanCommand)).toHaveLength(1);
    backup.on(DescribeRecoveryPointCommand).rejects(missing);
    expect(await managed.startRestoreTest(asked)).toMatchObject({ outcome: 'not-possible' });
  });

  it('waits, runs, and tells what was restored from which point, and how long it took', async () => {
    backup.on(GetRestoreTestingPlanCommand).resolves(plan);
    backup
      .on(ListRestoreJobsCommand)
      .resolvesOnce({})
      .resolvesOnce({ RestoreJobs: [job({ Status: 'RUNNING', CompletionDate: undefined })] })
      .resolvesOnce({ RestoreJobs: [], NextToken: 'more' })
      .resolves({ RestoreJobs: [job({ ParentJobId: 'restore-1', RestoreJobId: 'part' }), job()] });
    expect(await managed.restoreTest(name)).toEqual({ status: 'waiting' });
    expect(await managed.restoreTest(name)).toMatchObject({ status: 'running', jobId: 'restore-1' });
    expect(await managed.restoreTest(name)).toEqual({
      ...{ status: 'restored', jobId: 'restore-1', recoveryPoint: arn, restored: `${resource}-restored` },
      ...{ bytes: 1000, durationMs: 300_000 },
    });
    expect(backup.commandCalls(ListRestoreJobsCommand)[0]?.args[0].input.ByRestoreTestingPlanArn).toBe('plan-arn');
  });

  it.each(['FAILED', 'ABORTED'] as const)('that AWS gives up (%s) has failed, and says why', async (Status) => {
    backup.on(GetRestoreTestingPlanCommand).resolves(plan);
    backup.on(ListRestoreJobsCommand).resolves({ RestoreJobs: [job({ Status, StatusMessage: 'no subnet' })] });
    expect(await managed.restoreTest(name)).toMatchObject({ status: 'failed', reason: `${Status}: no subnet` });
  });

  it('hears our verdict; one that AWS has already heard, or no longer waits for, is no fault', async () => {
    backup.on(PutRestoreValidationResultCommand).resolves({});
    await managed.validateRestore('restore-1', { ok: false, message: 'x'.repeat(5000) });
    expect(backup.commandCalls(PutRestoreValidationResultCommand)[0]?.args[0].input).toEqual({
      ...{ RestoreJobId: 'restore-1', ValidationStatus: 'FAILED', ValidationStatusMessage: 'x'.repeat(1000) },
    });
    backup.on(PutRestoreValidationResultCommand).rejects(fault('InvalidRequestException', 'already validated'));
    backup.on(DescribeRestoreJobCommand).resolves({ ValidationStatus: 'SUCCESSFUL' });
    await managed.validateRestore('restore-1', { ok: true, message: 'well' });
    backup.on(DescribeRestoreJobCommand).resolves({ ValidationStatus: 'VALIDATING' });
    await expect(managed.validateRestore('restore-1', { ok: true, message: 'well' })).rejects.toMatchObject({
      code: 'invalid',
    });
  });

  it('ends once AWS has removed what it restored: first the selection goes, then the plan', async () => {
    backup.on(GetRestoreTestingPlanCommand).resolves(plan);
    backup
      .on(ListRestoreJobsCommand)
      .resolvesOnce({ RestoreJobs: [job({ Status: 'RUNNING' })] })
      .resolvesOnce({ RestoreJobs: [job()] })
      .resolvesOnce({ RestoreJobs: [job({ DeletionStatus: 'DELETING' })] })
      .resolves({ RestoreJobs: [job({ DeletionStatus: 'SUCCESSFUL' })] });
    backup.on(DeleteRestoreTestingSelectionCommand).rejects(missing);
    backup.on(DeleteRestoreTestingPlanCommand).resolves({});
    for (let look = 0; look < 3; look++) expect(await managed.endRestoreTest(name)).toEqual({ outcome: 'cleaning' });
    expect(backup.commandCalls(DeleteRestoreTestingPlanCommand)).toHaveLength(0);
    expect(await managed.endRestoreTest(name)).toEqual({ outcome: 'clean' });
    expect(backup.commandCalls(DeleteRestoreTestingPlanCommand)).toHaveLength(1);
    backup.on(GetRestoreTestingPlanCommand).rejects(missing);
    expect(await managed.endRestoreTest(name)).toEqual({ outcome: 'clean' });
    expect(await managed.restoreTest(name)).toMatchObject({ status: 'failed' });
  });

  it('whose restored resource AWS cannot remove says what is left', async () => {
    backup.on(GetRestoreTestingPlanCommand).resolves(plan);
    const left = job({ DeletionStatus: 'FAILED', DeletionStatusMessage: 'deletion protection' });
    backup.on(ListRestoreJobsCommand).resolves({ RestoreJobs: [left] });
    expect(await managed.endRestoreTest(name)).toEqual({
      ...{ outcome: 'left', reason: `${resource}-restored is still there: deletion protection` },
    });
    expect(backup.commandCalls(DeleteRestoreTestingPlanCommand)).toHaveLength(1);
  });
});
