import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { KeyRange, Row, TableKey } from '../../ports/table.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { tableFault } from './dynamodb-faults.ts';
import { type Item, indexAttributes, toRow } from './dynamodb-item.ts';
import { rangeCondition } from './dynamodb-range.ts';

/** What a condition may let through besides the range: the rows at its two ends, of the partition itself one each. */
const ends = 2;

interface Asked {
  client: DynamoDBClient;
  table: string;
  pk: string;
  range: KeyRange;
}

/** Rows of a partition, read consistently. */
export async function queryPartition(asked: Asked): Promise<Row[]> {
  const rows = await read(asked, undefined, (row) => row.sk);
  return rows.slice(0, asked.range.limit);
}

/**
 * Rows of a partition of an index. DynamoDB promises no order among rows with the same sort key of the index, so such a
 * group is read to its end, also past the limit, and put in order here.
 */
export async function queryIndexPartition(asked: Asked, index: 1 | 2): Promise<Row[]> {
  const at = (row: Row): TableKey => (index === 1 ? row.index1 : row.index2) ?? { pk: '', sk: '' };
  const rows = await read(asked, index, (row) => at(row).sk);
  rows.sort((a, b) => compareUtf8(at(a).sk, at(b).sk) || compareUtf8(a.pk, b.pk) || compareUtf8(a.sk, b.sk));
  if (asked.range.reverse) rows.reverse();
  return rows.slice(0, asked.range.limit);
}

/** At least `limit` rows of the range and, with an index, all that share the sort key of the last one. */
async function read(asked: Asked, index: 1 | 2 | undefined, sortKey: (row: Row) => string): Promise<Row[]> {
  const { client, table, pk, range } = asked;
  const condition = rangeCondition(range);
  const rows: Row[] = [];
  if (condition === undefined || pk === '') return rows;
  const names = index === undefined ? { pk: 'pk', sk: 'sk' } : indexAttributes[index];
  const { expression, values } = condition;
  let next: Item | undefined;
  do {
    const wanted = range.limit === undefined ? undefined : Math.max(1, range.limit - rows.length) + ends;
    const command = new QueryCommand({
      TableName: table,
      ...(index === undefined ? { ConsistentRead: true } : { IndexName: `index${index}` }),
      KeyConditionExpression: expression === undefined ? '#pk = :pk' : `#pk = :pk AND ${expression}`,
      ExpressionAttributeNames: { '#pk': names.pk, ...(expression !== undefined && { '#sk': names.sk }) },
      ExpressionAttributeValues: { ':pk': { S: pk }, ...values },
      ScanIndexForward: range.reverse !== true,
      ...(wanted !== undefined && { Limit: wanted }),
      ...(next !== undefined && { ExclusiveStartKey: next }),
    });
    const page = await client.send(command).catch((error: unknown) => {
      throw tableFault(error, `partition ${pk} of table ${table} could not be read`);
    });
    const found = (page.Items ?? []).map((item) => toRow(item, table));
    rows.push(...found.filter((row) => condition.holds(sortKey(row))));
    next = page.LastEvaluatedKey;
  } while (next !== undefined && !isEnough(rows, range.limit, index === undefined ? undefined : sortKey));
  return rows;
}

function isEnough(rows: Row[], limit: number | undefined, grouped: ((row: Row) => string) | undefined): boolean {
  if (limit === undefined) return false;
  const [lastWanted, lastRead] = [rows[limit - 1], rows.at(-1)];
  if (lastWanted === undefined || lastRead === undefined) return false;
  return grouped === undefined || grouped(lastWanted) !== grouped(lastRead);
}
