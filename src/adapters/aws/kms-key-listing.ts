import { type DynamoDBClient, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { KeyRef } from '../../ports/key-store.ts';
import type { TableKey } from '../../ports/table.ts';
import type { Item } from './dynamodb-item.ts';
import { faultsOf, type Replica } from './kms-key-replica.ts';
import { fromKeyItem, type KeyRow, partitionOf, refOf } from './kms-key-rows.ts';

/** A table is read in so many parts at once where all of it is wanted. */
const segments = 4;

/** Keys of a replica whose refs begin so, in no order. Whole segments up to the tenant cost one query, else all is read. */
export async function rowsIn(replica: Replica, prefix: string): Promise<KeyRow[]> {
  return await faultsOf(replica, async () => {
    const partition = partitionOf(prefix);
    const items =
      partition === undefined ? await scanned(replica) : await queried(replica.client, replica.table, partition);
    return items.flatMap((item) => {
      const ref = refOf(item);
      return ref?.startsWith(prefix) ? [fromKeyItem(item, ref)] : [];
    });
  });
}

/** How many keys a replica holds. Reads all of the table (a read unit for every 4 KiB of keys and records of destruction). */
export async function countIn(replica: Replica): Promise<number> {
  return await faultsOf(replica, async () => {
    let count = 0;
    await scanAll(replica, { Select: 'COUNT' }, (page) => {
      count += page.Count ?? 0;
    });
    return count;
  });
}

/** Refs of all keys of a replica. */
export async function refsIn(replica: Replica): Promise<Set<KeyRef>> {
  return new Set((await rowsIn(replica, '')).map(({ ref }) => ref));
}

/** Items of a partition whose sort keys begin so, read consistently. */
export async function queried(client: DynamoDBClient, table: string, { pk, sk }: TableKey): Promise<Item[]> {
  const items: Item[] = [];
  let next: Item | undefined;
  do {
    const command = new QueryCommand({
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: sk === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :sk)',
      ExpressionAttributeValues: { ':pk': { S: pk }, ...(sk !== '' && { ':sk': { S: sk } }) },
      ...(next !== undefined && { ExclusiveStartKey: next }),
    });
    const page = await client.send(command);
    items.push(...(page.Items ?? []));
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return items;
}

async function scanned(replica: Replica): Promise<Item[]> {
  const items: Item[] = [];
  await scanAll(replica, {}, (page) => items.push(...(page.Items ?? [])));
  return items;
}

/** Only rows of keys have something sealed besides those of signing keys, which have a name for it of their own. */
async function scanAll(
  { client, table }: Replica,
  select: { Select?: 'COUNT' },
  take: (page: { Items?: Item[] | undefined; Count?: number | undefined }) => void,
): Promise<void> {
  const one = async (segment: number): Promise<void> => {
    let next: Item | undefined;
    do {
      const command = new ScanCommand({
        TableName: table,
        ConsistentRead: true,
        FilterExpression: 'attribute_exists(sealed)',
        Segment: segment,
        TotalSegments: segments,
        ...select,
        ...(next !== undefined && { ExclusiveStartKey: next }),
      });
      const page = await client.send(command);
      take(page);
      next = page.LastEvaluatedKey;
    } while (next !== undefined);
  };
  await Promise.all(Array.from({ length: segments }, (_, segment) => one(segment)));
}
