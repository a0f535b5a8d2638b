import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Table } from '../../ports/table.ts';
import { assertKeyRange, assertWrites } from '../table-rules.ts';
import { tableFault } from './dynamodb-faults.ts';
import { itemKey, toRow } from './dynamodb-item.ts';
import { queryIndexPartition, queryPartition } from './dynamodb-query.ts';
import { transactItems } from './dynamodb-transact.ts';
import { assertSize, toTransactItems } from './dynamodb-write.ts';

/**
 * The table as one DynamoDB table: partition key `pk`, sort key `sk`, both strings, and the indexes `index1` (`i1pk`,
 * `i1sk`) and `index2` (`i2pk`, `i2sk`) that hold all attributes. DynamoDB orders sort keys by their UTF-8 bytes.
 *
 * Every write goes through TransactWriteItems, a single one too: only there a repetition after a lost reply is told from a
 * conflict. It costs twice the write units of a plain write (2 a KiB of each row; a transaction of 100 small rows 200).
 *
 * Limits of DynamoDB besides the port's: 2,048 bytes of `pk`, 1,024 of `sk`, no empty key of an index, 4 MiB of rows in one
 * transaction; beyond them InvalidError.
 */
export function dynamodbTable({ client, table }: { client: DynamoDBClient; table: string }): Table {
  return {
    async get(key) {
      // What cannot be written is not there; DynamoDB would refuse to be asked for it.
      if (key.pk === '' || key.sk === '') return undefined;
      const command = new GetItemCommand({ TableName: table, Key: itemKey(key), ConsistentRead: true });
      const { Item } = await client.send(command).catch((error: unknown) => {
        throw tableFault(error, `row ${JSON.stringify([key.pk, key.sk])} of table ${table} could not be read`);
      });
      return Item && toRow(Item, table);
    },
    async query(pk, range = {}) {
      assertKeyRange(range);
      return queryPartition({ client, table, pk, range });
    },
    async queryIndex(index, pk, range = {}) {
      assertKeyRange(range);
      return queryIndexPartition({ client, table, pk, range }, index);
    },
    async transact(writes) {
      assertWrites(writes);
      assertSize(writes);
      if (writes.length === 0) return;
      await transactItems(client, toTransactItems(table, writes), `table ${table} could not be written`);
    },
  };
}
