import { inject } from 'vitest';
import { dynamodbTable } from '../../../src/adapters/aws/dynamodb-table.ts';
import type { Table } from '../../../src/ports/table.ts';
import { describeTable } from '../../contracts/table.ts';
import { catalogTable, dynamodb } from './tables.ts';

async function fresh(endpoint: string): Promise<Table> {
  const client = dynamodb(endpoint);
  return dynamodbTable({ client, table: await catalogTable(client) });
}

describeTable('DynamoDB on ministack', async () => await fresh(inject('ministack')));

describeTable('DynamoDB on moto', async () => await fresh(inject('moto')), {
  skip: {
    'answers a whole large partition without a limit':
      'moto copies all its tables with every transaction: two minutes for 2,500 rows',
  },
});
