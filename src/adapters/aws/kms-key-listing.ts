import { QueryCommand, ScanCommand, type ScanCommandInput, type ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import type { KeyRef } from '../../ports/key-store.ts';
import type { TableKey } from '../../ports/table.ts';
import type { Item } from './dynamodb-item.ts';
import { faultsOf, type Replica } from './kms-key-replica.ts';
import { fromKeyItem, type KeyRow, partitionOf, refOf } from './kms-key-rows.ts';

/** A table is read in so many parts at once where all of it is wanted. */
const segments = 4;

/** Names alone: who may list keys, or count them, need not be allowed to read what is wrapped. */
const names = { ProjectionExpression: 'pk, sk', Select: 'SPECIFIC_ATTRIBUTES' } as const;

/**
 * Refs of the keys of a replica that begin so, in no order. With whole segments up to the tenant it is one query, else all of
 * the table is read.
 */
export async function refsIn(replica: Replica, prefix: string): Promise<KeyRef[]> {
  const partition = partitionOf(prefix);
  let items: Item[] = [];
  if (partition) items = await queried(replica, partition, names);
  else await scanned(replica, names, (page) => items.push(...(page.Items ?? [])));
  return items.map(refOf).filter((ref) => ref?.startsWith(prefix) === true) as KeyRef[];
}

/** Rows of the keys of one kind and tenant: `root/acme/`. */
export async function rowsIn(replica: Replica, prefix: string): Promise<KeyRow[]> {
  const items = await queried(replica, partitionOf(prefix) ?? { pk: prefix, sk: '' });
  return items.flatMap((item) => {
    const ref = refOf(item);
    return ref === undefined ? [] : [fromKeyItem(item, ref)];
  });
}

/** How many keys a replica holds. Reads all of the table: a read unit for every 4 KiB of keys and records of destruction. */
export async function countIn(replica: Replica): Promise<number> {
  let count = 0;
  await scanned(replica, { Select: 'COUNT' }, (page) => {
    count += page.Count ?? 0;
  });
  return count;
}

/** Items of a partition whose sort keys begin so, read consistently. */
export async function queried(
  replica: Replica,
  { pk, sk }: TableKey,
  select: Pick<ScanCommandInput, 'Select' | 'ProjectionExpression'> = {},
): Promise<Item[]> {
  const items: Item[] = [];
  let next: Item | undefined;
  do {
    const command = new QueryCommand({
      TableName: replica.table,
      ConsistentRead: true,
      KeyConditionExpression: sk === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :sk)',
      ExpressionAttributeValues: { ':pk': { S: pk }, ...(sk !== '' && { ':sk': { S: sk } }) },
      ...select,
      ...(next !== undefined && { ExclusiveStartKey: next }),
    });
    const page = await faultsOf(replica, () => replica.client.send(command));
    items.push(...(page.Items ?? []));
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return items;
}

/** All rows of keys; nothing else in the table has a revision. */
async function scanned(
  replica: Replica,
  select: Pick<ScanCommandInput, 'Select' | 'ProjectionExpression'>,
  take: (page: ScanCommandOutput) => void,
): Promise<void> {
  const segment = async (Segment: number): Promise<void> => {
    let next: Item | undefined;
    do {
      const command = new ScanCommand({
        TableName: replica.table,
        ConsistentRead: true,
        FilterExpression: 'attribute_exists(revision)',
        Segment,
        TotalSegments: segments,
        ...select,
        ...(next !== undefined && { ExclusiveStartKey: next }),
      });
      const page = await faultsOf(replica, () => replica.client.send(command));
      take(page);
      next = page.LastEvaluatedKey;
    } while (next !== undefined);
  };
  await Promise.all(Array.from({ length: segments }, (_, at) => segment(at)));
}
