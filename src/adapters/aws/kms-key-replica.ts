import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { KeyRef } from '../../ports/key-store.ts';
import { readBatch, writeBatch } from './dynamodb-batches.ts';
import { tableFault } from './dynamodb-faults.ts';
import { itemKey } from './dynamodb-item.ts';
import { transactItems } from './dynamodb-transact.ts';
import { everyInstance, fromKeyItem, gonePlace, type KeyRow, placeOf, toKeyItem } from './kms-key-rows.ts';

/** The table of keys in one Region. On AWS the tables are one global table, and each also gets what the others get. */
export interface Replica {
  /** The Region, for receipts. */
  name: string;
  client: DynamoDBClient;
  table: string;
}

/** What one replica says of one ref. */
export interface Found {
  row?: KeyRow;
  /** The last instance that is recorded as destroyed; 0: none. */
  goneUpTo: number;
}

/** Instances of a ref that are to be forgotten. */
export interface Doomed {
  ref: KeyRef;
  upTo: number;
}

/** Reads keys and the records of their destruction, consistently within the replica. @throws TenureError */
export async function lookIn(
  replica: Replica,
  refs: readonly KeyRef[],
  patienceMs?: number,
): Promise<Map<KeyRef, Found>> {
  const keys = refs.flatMap((ref) => [placeOf(ref), gonePlace(ref)]);
  const signal = patienceMs === undefined ? undefined : AbortSignal.timeout(patienceMs);
  const items = await faultsOf(replica, () => readBatch(replica.client, replica.table, keys, signal));
  const byKey = new Map(items.map((item) => [`${item.pk?.S}\n${item.sk?.S}`, item]));
  const found = new Map<KeyRef, Found>();
  for (const ref of refs) {
    const [place, gone] = [placeOf(ref), gonePlace(ref)];
    const item = byKey.get(`${place.pk}\n${place.sk}`);
    const goneUpTo = Number(byKey.get(`${gone.pk}\n${gone.sk}`)?.upTo?.N ?? 0);
    found.set(ref, { ...(item && { row: fromKeyItem(item, ref) }), goneUpTo });
  }
  return found;
}

/**
 * Writes a key's row where there is none, an earlier instance, the revision that is to be replaced, or the same row (which a
 * reply that was lost, or the replication, brought). Never where its destruction is recorded: that is asked within the same
 * transaction, so a process that was stopped for a while cannot bring a key back.
 *
 * @throws ConflictError whose `details.failed` holds 0 when another row is there, 1 when the key was destroyed; TenureError
 */
export async function writeRow(replica: Replica, row: KeyRow, replacing?: string): Promise<void> {
  const { pk, sk } = gonePlace(row.ref);
  const same = 'attribute_not_exists(pk) OR revision = :revision OR instance < :instance';
  const values = { ':revision': { S: row.revision }, ':instance': { N: String(row.instance) } };
  const put = {
    TableName: replica.table,
    Item: toKeyItem(row),
    ConditionExpression: replacing === undefined ? same : `${same} OR revision = :replacing`,
    ExpressionAttributeValues: { ...values, ...(replacing !== undefined && { ':replacing': { S: replacing } }) },
  };
  const check = {
    TableName: replica.table,
    Key: itemKey({ pk, sk }),
    ConditionExpression: 'attribute_not_exists(pk) OR upTo < :instance',
    ExpressionAttributeValues: { ':instance': { N: String(row.instance) } },
  };
  await transactItems(replica.client, [{ Put: put }, { ConditionCheck: check }], faultText(replica));
}

/** Removes a row that this process wrote and that nobody has been told of. @throws TenureError */
export async function withdrawRow(replica: Replica, { ref, revision }: KeyRow): Promise<void> {
  await removeIf(replica, ref, 'revision = :value', { S: revision });
}

/** Records destructions; a record never goes back. @throws TenureError */
export async function recordGone(replica: Replica, doomed: readonly Doomed[]): Promise<void> {
  const forGood = doomed.filter(({ upTo }) => upTo === everyInstance);
  const requests = forGood.map(({ ref, upTo }) => ({
    PutRequest: { Item: { ...itemKey(gonePlace(ref)), upTo: { N: String(upTo) } } },
  }));
  await faultsOf(replica, () => writeBatch(replica.client, replica.table, requests));
  for (const { ref, upTo } of doomed) {
    if (upTo === everyInstance) continue;
    const command = new UpdateItemCommand({
      TableName: replica.table,
      Key: itemKey(gonePlace(ref)),
      UpdateExpression: 'SET upTo = :upTo',
      ConditionExpression: 'attribute_not_exists(pk) OR upTo < :upTo',
      ExpressionAttributeValues: { ':upTo': { N: String(upTo) } },
    });
    await faultsOf(replica, async () => unlessRefused(await settled(replica.client.send(command))));
  }
}

/** Removes the rows of keys, but for instances that were made after those that are to go. @throws TenureError */
export async function removeRows(replica: Replica, doomed: readonly Doomed[]): Promise<void> {
  const forGood = doomed.filter(({ upTo }) => upTo === everyInstance);
  const requests = forGood.map(({ ref }) => ({ DeleteRequest: { Key: itemKey(placeOf(ref)) } }));
  await faultsOf(replica, () => writeBatch(replica.client, replica.table, requests));
  for (const { ref, upTo } of doomed) {
    if (upTo !== everyInstance) await removeIf(replica, ref, 'instance <= :value', { N: String(upTo) });
  }
}

async function removeIf(
  replica: Replica,
  ref: KeyRef,
  condition: string,
  value: { S: string } | { N: string },
): Promise<void> {
  const command = new DeleteItemCommand({
    TableName: replica.table,
    Key: itemKey(placeOf(ref)),
    ConditionExpression: condition,
    ExpressionAttributeValues: { ':value': value },
  });
  await faultsOf(replica, async () => unlessRefused(await settled(replica.client.send(command))));
}

async function settled(sent: Promise<unknown>): Promise<unknown> {
  return sent.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A condition that does not hold means that there is nothing to do. */
function unlessRefused(error: unknown): void {
  if (error !== undefined && !(error instanceof ConditionalCheckFailedException)) throw error;
}

/** Runs work on a replica; its faults become Tenure's own, with the replica's name. */
export async function faultsOf<T>(replica: Replica, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw tableFault(error, faultText(replica));
  }
}

function faultText({ name, table }: Replica): string {
  return `keys in ${name} (table ${table})`;
}
