import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../../../src/adapters/aws/aws-client.ts';

export const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' });

/** A client of an emulator in a Region of it. */
export function dynamodb(endpoint: string, region = 'us-east-1'): DynamoDBClient {
  return new DynamoDBClient(clientConfig({ region, endpoint, credentials }));
}

const keys = (pk: string, sk: string): CreateTableCommandInput['KeySchema'] => [
  { AttributeName: pk, KeyType: 'HASH' },
  { AttributeName: sk, KeyType: 'RANGE' },
];

/** A catalog table of its own: what the deployment makes. */
export async function catalogTable(client: DynamoDBClient): Promise<string> {
  const names = ['pk', 'sk', 'i1pk', 'i1sk', 'i2pk', 'i2sk'];
  return await table(client, {
    TableName: `catalog-${randomUUID()}`,
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys('pk', 'sk'),
    GlobalSecondaryIndexes: [1, 2].map((index) => ({
      IndexName: `index${index}`,
      KeySchema: keys(`i${index}pk`, `i${index}sk`),
      Projection: { ProjectionType: 'ALL' },
    })),
  });
}

/** A table of keys of its own. */
export async function keysTable(client: DynamoDBClient, name = `keys-${randomUUID()}`): Promise<string> {
  return await table(client, {
    TableName: name,
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys('pk', 'sk'),
  });
}

async function table(client: DynamoDBClient, input: CreateTableCommandInput): Promise<string> {
  await client.send(new CreateTableCommand({ ...input, BillingMode: 'PAY_PER_REQUEST' }));
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: input.TableName });
  return input.TableName ?? '';
}
