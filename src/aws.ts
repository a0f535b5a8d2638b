import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { clientConfig } from './adapters/aws/aws-client.ts';
import { dynamodbTable } from './adapters/aws/dynamodb-table.ts';
import { s3Clients } from './adapters/aws/s3-clients.ts';
import { s3Downloads } from './adapters/aws/s3-downloads.ts';
import { s3ObjectStore } from './adapters/aws/s3-object-store.ts';
import { s3Scratch } from './adapters/aws/s3-scratch.ts';
import { s3SourceDriver } from './adapters/aws/s3-source-driver.ts';
import { httpPost } from './adapters/http-post.ts';
import { latePort } from './adapters/late.ts';
import { managedSourceDriver } from './adapters/managed-source-driver.ts';
import type { AwsSettings } from './aws-settings.ts';
import type { Deps, Progress, RestoreFolder, Settings } from './deps.ts';
import { InvalidError } from './domain/errors.ts';
import type { Source } from './domain/source.ts';
import type { PlanFile } from './plan-files.ts';
import type { Clock } from './ports/clock.ts';
import type { ManagedBackup } from './ports/managed-backup.ts';
import type { SourceDriver } from './ports/source-driver.ts';
import type { Table } from './ports/table.ts';
import { version } from './version.ts';

/** What differs between a function and an operator's command line on the same deployment. */
export interface AwsSurroundings {
  plans: ReadonlyMap<string, PlanFile>;
  /** Plans that this process brings and registers before it starts a run. */
  brings?: Settings['planTexts'];
  /** Who this process is, for leases and pins. */
  holder: string;
  timeLeft: () => number;
  progress: Progress;
  restoreFolder: Deps['restoreFolder'];
  clock: Clock;
}

/** The catalog of a deployment. */
export function awsTable({ region, catalogTable }: AwsSettings): Table {
  return dynamodbTable({ client: new DynamoDBClient(clientConfig({ region })), table: catalogTable });
}

/** Everything a use case may reach, on AWS. What is seldom used is loaded when it is first called. */
export function awsDeps(settings: AwsSettings, table: Table, surroundings: AwsSurroundings): Deps {
  const { region } = settings;
  const clientAs = s3Clients({ region });
  const own = clientAs({});
  const lockMode = settings.evidenceLock;
  const locks = lockMode === 'none' ? {} : { locks: true, lockMode };
  const managed = latePort<ManagedBackup>(async () => await awsManagedBackup(settings));
  const commands = once(async () => {
    const { LambdaClient } = await import('@aws-sdk/client-lambda');
    const { lambdaCommand } = await import('./adapters/aws/lambda-command.ts');
    return lambdaCommand({ client: new LambdaClient(clientConfig({ region })), timeLeft: surroundings.timeLeft });
  });
  const bus = once(async () => {
    const { EventBridgeClient } = await import('@aws-sdk/client-eventbridge');
    const { putEvent } = await import('./adapters/aws/event-bus.ts');
    const client = new EventBridgeClient(clientConfig({ region }));
    return async (event: Parameters<typeof putEvent>[2]) => await putEvent(client, settings.stage, event);
  });
  return {
    objects: s3ObjectStore({ client: own, bucket: settings.repositoryBucket }),
    evidence: s3ObjectStore({ client: own, bucket: settings.evidenceBucket, ...locks }),
    table,
    keys: latePort(async () => await awsKeys(settings)),
    mailer: latePort(async () => {
      const { SESClient } = await import('@aws-sdk/client-ses');
      const { sesMailer } = await import('./adapters/aws/ses-mailer.ts');
      return sesMailer({
        client: new SESClient(clientConfig({ region })),
        from: { name: settings.company, address: settings.mailFrom },
        ...(settings.configurationSet === undefined ? {} : { configurationSet: settings.configurationSet }),
      });
    }),
    clock: surroundings.clock,
    workflows: latePort(async () => {
      const { SFNClient } = await import('@aws-sdk/client-sfn');
      const { sfnWorkflows } = await import('./adapters/aws/sfn-workflows.ts');
      return sfnWorkflows({ client: new SFNClient(clientConfig({ region })), machines: settings.machines });
    }),
    managed,
    sourceDriver: (source) => driverOf(source, settings, clientAs(source), managed),
    restoreFolder: surroundings.restoreFolder,
    scratch: s3Scratch({ client: own, bucket: settings.scratchBucket, prefix: 'restore-tests/' }),
    downloads: s3Downloads({ client: own, bucket: settings.scratchBucket, prefix: 'restore-tests/' }),
    // Mails go to SES at once: no copy waits anywhere.
    purgeOutbox: async () => 0,
    runCommand: async (command, options) => await (await commands())(command, options),
    ...httpPost({ allowPrivate: settings.api?.allowPrivateTargets === true }),
    publish: async (event) => await (await bus())(event),
    holder: surroundings.holder,
    // Nobody sees from here whether another function still runs: its lease ends by time.
    holderAlive: () => true,
    random: randomBytes,
    timeLeft: surroundings.timeLeft,
    progress: surroundings.progress,
    settings: {
      company: settings.company,
      operator: { name: settings.operatorName, email: settings.operatorEmail },
      plans: new Map([...surroundings.plans].map(([name, file]) => [name, file.plan])),
      ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
      ...(settings.restoreRoot === undefined ? {} : { restoreRoot: settings.restoreRoot }),
      ...(settings.api?.paymentUrl === undefined ? {} : { paymentUrl: settings.api.paymentUrl }),
      version,
      ownTokens: false,
      evidenceLocks: lockMode !== 'none',
      ...(surroundings.brings === undefined ? {} : { planTexts: surroundings.brings }),
    },
  };
}

/** The folder of a bucket, for a restore; never one of the deployment's own. */
export async function awsRestoreFolder(
  { region, repositoryBucket, evidenceBucket, scratchBucket }: AwsSettings,
  ...[folder, { apartFrom }]: Parameters<Deps['restoreFolder']>
): Promise<RestoreFolder> {
  const { s3Client } = await import('./adapters/aws/s3-client.ts');
  const { s3RestoreFolder } = await import('./adapters/aws/s3-restore-folder.ts');
  const never = [repositoryBucket, evidenceBucket, scratchBucket].map((bucket) => `s3://${bucket}/`);
  return await s3RestoreFolder(folder, { client: s3Client({ region }), never, apartFrom });
}

async function awsKeys({ region, keysTable, keysSecondRegion, masterKey, signingKey }: AwsSettings) {
  const { KMSClient } = await import('@aws-sdk/client-kms');
  const { kmsKeyStore } = await import('./adapters/aws/kms-key-store.ts');
  const regions = keysSecondRegion === undefined ? [region] : [region, keysSecondRegion];
  return kmsKeyStore({
    kms: new KMSClient(clientConfig({ region })),
    masterKey,
    signingKey,
    replicas: regions.map((name) => ({
      name,
      client: new DynamoDBClient(clientConfig({ region: name })),
      table: keysTable,
    })),
  });
}

async function awsManagedBackup({ region, backupVault, backupRole }: AwsSettings) {
  const { BackupClient } = await import('@aws-sdk/client-backup');
  const { awsBackup } = await import('./adapters/aws/aws-backup-managed.ts');
  return awsBackup({ client: new BackupClient(clientConfig({ region })), vault: backupVault, role: backupRole });
}

function driverOf(source: Source, settings: AwsSettings, client: S3Client, managed: ManagedBackup): SourceDriver {
  const { kind, location } = source;
  if (kind === 'aws-backup') return managedSourceDriver(source, managed);
  if (kind !== 's3') {
    throw new InvalidError(
      `source ${source.tenant}/${source.name} is of the kind ${kind}, which has no driver on AWS`,
      {
        hint: 'Functions reach buckets and AWS Backup; a directory is protected by a home on its own machine.',
      },
    );
  }
  const buckets = [settings.repositoryBucket, settings.evidenceBucket, settings.scratchBucket];
  return s3SourceDriver(location, { client, forbidden: buckets.map((bucket) => `s3://${bucket}/`) });
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}
