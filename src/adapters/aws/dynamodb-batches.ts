import { setTimeout as pause } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { UnavailableError } from '../../domain/errors.ts';
import type { TableKey } from '../../ports/table.ts';
import { type Item, itemKey } from './dynamodb-item.ts';

/** What one request takes (API Reference of DynamoDB). */
const mostReads = 100;
const mostWrites = 25;
/** Waits of up to 50 ms × 2ⁿ with full jitter: about three seconds in all. */
const mostAttempts = 8;
const firstWaitMs = 50;

/**
 * Reads items consistently, in no order; those that do not exist are left out.
 *
 * @throws the SDK's errors; UnavailableError when DynamoDB leaves some unread again and again
 */
export async function readBatch(
  client: DynamoDBClient,
  table: string,
  keys: readonly TableKey[],
  abortSignal?: AbortSignal,
): Promise<Item[]> {
  const items: Item[] = [];
  const options = abortSignal === undefined ? {} : { abortSignal };
  await inPages(keys.map(itemKey), mostReads, table, async (Keys) => {
    const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } });
    const { Responses, UnprocessedKeys } = await client.send(command, options);
    items.push(...(Responses?.[table] ?? []));
    return UnprocessedKeys?.[table]?.Keys ?? [];
  });
  return items;
}

/** Puts and deletes without condition: each may happen twice. @throws as `readBatch` */
export async function writeBatch(
  client: DynamoDBClient,
  table: string,
  requests: readonly WriteRequest[],
): Promise<void> {
  await inPages(requests, mostWrites, table, async (page) => {
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: page } }));
    return UnprocessedItems?.[table] ?? [];
  });
}

/** Sends page after page; what comes back unprocessed is sent again. */
async function inPages<T>(
  all: readonly T[],
  size: number,
  table: string,
  send: (page: T[]) => Promise<T[]>,
): Promise<void> {
  for (let at = 0; at < all.length; at += size) {
    let page = all.slice(at, at + size);
    for (let attempt = 1; page.length > 0; attempt++) {
      page = await send(page);
      if (page.length === 0) break;
      if (attempt === mostAttempts) throw new UnavailableError(`table ${table} takes no more requests for now`);
      await pause(Math.random() * firstWaitMs * 2 ** attempt);
    }
  }
}
