import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { ConflictError, InvalidError, UnavailableError } from '../../domain/errors.ts';
import { awsFault } from './aws-faults.ts';
import { tableFault } from './dynamodb-faults.ts';

/** With full jitter these waits add up to about four seconds: a row that is contended for longer is somebody's bug. */
const mostAttempts = 12;
const firstWaitMs = 25;
const longestWaitMs = 1000;

/** Reasons of a cancellation that have nothing to do with what the rows hold: the same may succeed a moment later. */
const passing = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * Writes all of it or nothing, once: a reply that is lost makes the SDK ask again with the same token, for which DynamoDB
 * answers as it did before (for ten minutes). A cancellation is an answer, nothing was written; after one that passes the
 * same is tried under a new token.
 *
 * @throws ConflictError with `details.failed`, the indexes of the writes whose conditions failed; InvalidError;
 *   UnavailableError
 */
export async function transactItems(client: DynamoDBClient, items: TransactWriteItem[], what: string): Promise<void> {
  let token = randomUUID();
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: token }));
      return;
    } catch (error) {
      const { name } = awsFault(error);
      if (error instanceof TransactionCanceledException || name === 'TransactionCanceledException') {
        const found = verdict(error as TransactionCanceledException, what);
        if (found) throw found;
        token = randomUUID();
      } else if (name !== 'TransactionInProgressException') throw tableFault(error, what);
      if (attempt === mostAttempts) {
        throw new UnavailableError(`${what}: others were writing the same rows all the time`, { cause: error });
      }
    }
    await pause(Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** attempt));
  }
}

/** What a cancellation means for good; `undefined` when it passes. */
function verdict(error: TransactionCanceledException, what: string): ConflictError | InvalidError | undefined {
  const reasons = (error.CancellationReasons ?? []).map(({ Code, Message }) => ({ code: Code, message: Message }));
  const failed = reasons.flatMap(({ code }, index) => (code === 'ConditionalCheckFailed' ? [index] : []));
  if (failed.length > 0) return new ConflictError('rows changed meanwhile', { details: { failed }, cause: error });
  const refused = reasons.find(({ code }) => code !== undefined && code !== 'None' && !passing.has(code));
  if (refused) {
    return new InvalidError(`${what}: ${refused.message ?? refused.code}`, {
      cause: error,
      details: { fault: refused.code },
    });
  }
  return undefined;
}
