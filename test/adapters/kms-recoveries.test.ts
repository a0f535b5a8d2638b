import {
  DescribeContinuousBackupsCommand,
  DescribeKinesisStreamingDestinationCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListBackupsCommand,
  ListExportsCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { keyRecoveries } from '../../src/adapters/aws/kms-recoveries.ts';

function table(region: string, described: TableDescription = {}) {
  const client = new DynamoDBClient({ region });
  const mock = mockClient(client);
  mock.onAnyCommand().resolves({});
  mock.on(DescribeTableCommand).resolves({ Table: { TableArn: `arn:${region}`, ...described } });
  return { mock, replica: { name: region, client, table: 'keys' } };
}

const replicated = (...regions: string[]) => ({ Replicas: regions.map((RegionName) => ({ RegionName })) });
const stream = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const } };

it('knows none where nothing keeps what was deleted', async () => {
  const first = table('eu-west-1', replicated('eu-central-1'));
  const second = table('eu-central-1', replicated('eu-west-1'));
  expect(await keyRecoveries([first.replica, second.replica])).toEqual([]);
  expect(first.mock.commandCalls(ListExportsCommand)[0]?.args[0].input).toEqual({ TableArn: 'arn:eu-west-1' });
});

it('finds point-in-time recovery, backups on every page, exports, streams and replicas that nobody named', async () => {
  const first = table('eu-west-1', { ...replicated('eu-central-1', 'us-east-1'), ...stream });
  const second = table('eu-central-1');
  const since = new Date('2026-11-01T00:00:00Z');
  first.mock.on(DescribeContinuousBackupsCommand).resolves({
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED', EarliestRestorableDateTime: since },
    },
  });
  first.mock
    .on(ListBackupsCommand, { ExclusiveStartBackupArn: 'arn:1' })
    .resolves({ BackupSummaries: [{ BackupStatus: 'AVAILABLE' }] })
    .on(ListBackupsCommand, { BackupType: 'ALL' })
    .resolvesOnce({
      BackupSummaries: [{ BackupStatus: 'CREATING' }, { BackupStatus: 'DELETED' }],
      LastEvaluatedBackupArn: 'arn:1',
    })
    .resolves({ BackupSummaries: [{ BackupStatus: 'AVAILABLE' }] });
  second.mock
    .on(ListExportsCommand)
    .resolves({ ExportSummaries: [{ ExportStatus: 'COMPLETED' }, { ExportStatus: 'FAILED' }] });
  second.mock.on(DescribeKinesisStreamingDestinationCommand).resolves({
    KinesisDataStreamDestinations: [
      { StreamArn: 'arn:stream', DestinationStatus: 'ACTIVE' },
      { StreamArn: 'arn:before', DestinationStatus: 'DISABLED' },
    ],
  });
  expect(await keyRecoveries([first.replica, second.replica])).toEqual([
    'table keys in eu-west-1 has a replica in us-east-1, which the settings do not name',
    'table keys in eu-west-1 has point-in-time recovery on, back to 2026-11-01T00:00:00.000Z',
    'table keys in eu-west-1 has 2 backups',
    'table keys in eu-central-1 was exported 1 times',
    'table keys in eu-central-1 is streamed to arn:stream',
  ]);
});

it('counts a stream only where no replication needs it', async () => {
  const alone = table('eu-west-1', stream);
  expect(await keyRecoveries([alone.replica])).toEqual([
    'table keys in eu-west-1 has a stream, which keeps what was deleted for 24 hours',
  ]);
  const keysOnly = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' as const } };
  expect(await keyRecoveries([table('eu-west-1', keysOnly).replica])).toEqual([]);
});

it('says what it could not look at: nothing is taken to be fine', async () => {
  const blind = table('eu-west-1');
  blind.mock.reset();
  blind.mock
    .onAnyCommand()
    .rejects(Object.assign(new Error('not authorized\nat all'), { name: 'AccessDeniedException' }));
  const found = await keyRecoveries([blind.replica]);
  expect(found).toHaveLength(5);
  expect(found[0]).toBe(
    'table keys in eu-west-1: not known, since dynamodb:DescribeTable was refused (AccessDeniedException: not authorized)',
  );
});
