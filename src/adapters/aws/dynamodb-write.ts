import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { InvalidError } from '../../domain/errors.ts';
import type { Write } from '../../ports/table.ts';
import { keyOf } from '../table-rules.ts';
import { type Item, indexAttributes, itemKey } from './dynamodb-item.ts';

/** "The aggregate size of the items in the transaction cannot exceed 4 MB" (TransactWriteItems, API Reference). */
const largestTransaction = 4 * 1024 * 1024;
/** Names of attributes, the version and what DynamoDB adds to each item and index entry (about 100 bytes each). */
const overhead = 400;

/** Writes as DynamoDB takes them. */
export function toTransactItems(table: string, writes: readonly Write[]): TransactWriteItem[] {
  return writes.map((write) => {
    const where = { TableName: table, Key: itemKey(keyOf(write)) };
    if ('put' in write) return { Update: { ...where, ...update(write) } };
    if ('delete' in write) return { Delete: { ...where, ...conditionOf(write.when) } };
    const condition = conditionOf(write.when);
    return { ConditionCheck: { ...where, ConditionExpression: '', ...condition } };
  });
}

/**
 * An update and not a put, since only an update can count the version up without knowing it. Everything else of the item is
 * set or removed, so that nothing of the row before is left.
 */
function update({ put, when }: Extract<Write, { put: unknown }>) {
  const values: Item = { ':data': { S: JSON.stringify(put.data) }, ':one': { N: '1' }, ':none': { N: '0' } };
  const sets = ['#data = :data', '#version = if_not_exists(#version, :none) + :one'];
  const removes: string[] = [];
  for (const [index, attributes] of Object.entries(indexAttributes)) {
    const place = index === '1' ? put.index1 : put.index2;
    for (const part of ['pk', 'sk'] as const) {
      const name = attributes[part];
      if (place === undefined) removes.push(name);
      else {
        sets.push(`${name} = :${name}`);
        values[`:${name}`] = { S: place[part] };
      }
    }
  }
  const condition = conditionOf(when);
  return {
    UpdateExpression: `SET ${sets.join(', ')}${removes.length === 0 ? '' : ` REMOVE ${removes.join(', ')}`}`,
    ...condition,
    ExpressionAttributeNames: { '#data': 'data', '#version': 'version' },
    ExpressionAttributeValues: { ...values, ...condition.ExpressionAttributeValues },
  };
}

function conditionOf(when: 'absent' | number | undefined): {
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
} {
  if (when === undefined) return {};
  if (when === 'absent') return { ConditionExpression: 'attribute_not_exists(pk)' };
  return {
    ConditionExpression: '#version = :when',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':when': { N: String(when) } },
  };
}

/** Refuses what DynamoDB could only take in parts, which would not be one transaction. @throws InvalidError */
export function assertSize(writes: readonly Write[]): void {
  let size = 0;
  for (const write of writes) {
    const { pk, sk } = keyOf(write);
    size += overhead + Buffer.byteLength(pk) + Buffer.byteLength(sk);
    if ('put' in write) size += Buffer.byteLength(JSON.stringify(write.put.data));
  }
  if (size <= largestTransaction) return;
  throw new InvalidError(`a transaction of ${size} bytes is too large: DynamoDB takes ${largestTransaction} at once`, {
    hint: 'Write large rows in transactions of their own, and what makes them count in the last one.',
  });
}
