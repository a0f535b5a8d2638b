import {
  DescribeContinuousBackupsCommand,
  DescribeKinesisStreamingDestinationCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ListBackupsCommand,
  ListExportsCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { awsFault } from './aws-faults.ts';
import type { Replica } from './kms-key-replica.ts';

/** How something is looked up, and what it means for keys; each answers sentences that begin after "table x in Region y". */
type Look = (client: DynamoDBClient, table: string, about: { arn: string }) => Promise<string[]>;

/**
 * Ways in which a destroyed key could come back from the tables that hold keys, as the port says. Not among them: the stream
 * that the replication of a global table itself needs, which nobody has the right to read and which ends after 24 hours.
 */
export async function keyRecoveries(replicas: readonly Replica[]): Promise<string[]> {
  const regions = await Promise.all(replicas.map(({ client }) => client.config.region()));
  const found = await Promise.all(replicas.map((replica) => ofReplica(replica, regions)));
  return found.flat();
}

async function ofReplica({ name, client, table }: Replica, regions: readonly string[]): Promise<string[]> {
  const title = `table ${table} in ${name}`;
  const ask = async (right: string, look: () => Promise<string[]>): Promise<string[]> => {
    try {
      return (await look()).map((sentence) => `${title} ${sentence}`);
    } catch (error) {
      const { name: fault, message } = awsFault(error);
      return [`${title}: not known, since dynamodb:${right} was refused (${fault}: ${message.split('\n')[0]})`];
    }
  };
  let described: TableDescription | undefined;
  const found = await ask('DescribeTable', async () => {
    described = (await client.send(new DescribeTableCommand({ TableName: table }))).Table;
    return ofDescription(described, regions);
  });
  const about = { arn: described?.TableArn ?? table };
  const looks = await Promise.all(
    Object.entries(others).map(([right, look]) => ask(right, () => look(client, table, about))),
  );
  return [...found, ...looks.flat()];
}

function ofDescription(table: TableDescription | undefined, regions: readonly string[]): string[] {
  const replicas = (table?.Replicas ?? []).map(({ RegionName }) => RegionName ?? '?');
  const unknown = replicas.filter((region) => !regions.includes(region));
  const found = unknown.map((region) => `has a replica in ${region}, which the settings do not name`);
  const { StreamEnabled, StreamViewType } = table?.StreamSpecification ?? {};
  if (StreamEnabled && StreamViewType !== 'KEYS_ONLY' && replicas.length === 0) {
    found.push('has a stream, which keeps what was deleted for 24 hours');
  }
  return found;
}

const others: Record<string, Look> = {
  async DescribeContinuousBackups(client, table) {
    const command = new DescribeContinuousBackupsCommand({ TableName: table });
    const recovery = (await client.send(command)).ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
    if (recovery?.PointInTimeRecoveryStatus !== 'ENABLED') return [];
    const since = recovery.EarliestRestorableDateTime?.toISOString() ?? 'its beginning';
    return [`has point-in-time recovery on, back to ${since}`];
  },
  async ListBackups(client, table) {
    const count = await counted(async (next) => {
      const more = next === undefined ? {} : { ExclusiveStartBackupArn: next };
      const page = await client.send(new ListBackupsCommand({ TableName: table, BackupType: 'ALL', ...more }));
      const living = (page.BackupSummaries ?? []).filter(({ BackupStatus }) => BackupStatus !== 'DELETED');
      return { count: living.length, next: page.LastEvaluatedBackupArn };
    });
    return count === 0 ? [] : [`has ${count} backups`];
  },
  async ListExports(client, _table, { arn }) {
    const count = await counted(async (next) => {
      const more = next === undefined ? {} : { NextToken: next };
      const page = await client.send(new ListExportsCommand({ TableArn: arn, ...more }));
      const written = (page.ExportSummaries ?? []).filter(({ ExportStatus }) => ExportStatus !== 'FAILED');
      return { count: written.length, next: page.NextToken };
    });
    return count === 0 ? [] : [`was exported ${count} times`];
  },
  async DescribeKinesisStreamingDestination(client, table) {
    const command = new DescribeKinesisStreamingDestinationCommand({ TableName: table });
    const destinations = (await client.send(command)).KinesisDataStreamDestinations ?? [];
    const active = destinations.filter(({ DestinationStatus }) => DestinationStatus !== 'DISABLED');
    return active.map(({ StreamArn }) => `is streamed to ${StreamArn}`);
  },
};

async function counted(
  page: (next: string | undefined) => Promise<{ count: number; next: string | undefined }>,
): Promise<number> {
  let all = 0;
  let next: string | undefined;
  do {
    const answer = await page(next);
    all += answer.count;
    next = answer.next;
  } while (next !== undefined);
  return all;
}
