import { createHash } from 'node:crypto';
import { type Attributes, holds, type Placeholders } from './fake-dynamodb-expressions.ts';

/** What the adapters ask of a partition. */
export interface QueryInput extends Placeholders {
  KeyConditionExpression: string;
  IndexName?: string;
  ScanIndexForward?: boolean;
  Limit?: number;
  ExclusiveStartKey?: Attributes;
}

/** Pages end after so many items, where DynamoDB's end after a megabyte. */
const pageSize = 3;

const bytes = (text: string | undefined) => Buffer.from(text ?? '');
/** Some order that nobody can rely on. */
const anywhere = ({ pk, sk }: Attributes) =>
  createHash('md5')
    .update(JSON.stringify([pk, sk]))
    .digest();

/** One page of a query, in the order of the sort key's bytes; of an index, with equal ones in no order. */
export function queryPage(items: readonly Attributes[], input: QueryInput) {
  const { KeyConditionExpression, IndexName, ScanIndexForward, Limit = pageSize, ExclusiveStartKey, ...given } = input;
  const values = Object.values(given.ExpressionAttributeValues ?? {}).map((value) => value.S);
  if (values.includes('')) throw validation('an empty value');
  const [low, high] = [given.ExpressionAttributeValues?.[':low']?.S, given.ExpressionAttributeValues?.[':high']?.S];
  if (low !== undefined && high !== undefined && Buffer.compare(bytes(low), bytes(high)) > 0) {
    throw validation('the upper bound must be greater than or equal to the lower bound');
  }
  const sort = IndexName === undefined ? 'sk' : `${IndexName.replace('index', 'i')}sk`;
  const found = items.filter((item) => holds(KeyConditionExpression, item, given));
  found.sort(
    (a, b) => Buffer.compare(bytes(a[sort]?.S), bytes(b[sort]?.S)) || Buffer.compare(anywhere(a), anywhere(b)),
  );
  if (ScanIndexForward === false) found.reverse();
  const isStart = ({ pk, sk }: Attributes) => pk?.S === ExclusiveStartKey?.pk?.S && sk?.S === ExclusiveStartKey?.sk?.S;
  const start = ExclusiveStartKey === undefined ? 0 : found.findIndex(isStart) + 1;
  const size = Math.min(Limit, pageSize);
  const page = found.slice(start, start + size);
  const last = page.length === size ? page.at(-1) : undefined;
  return { Items: page, ...(last && { LastEvaluatedKey: last }) };
}

function validation(message: string): Error {
  return Object.assign(new Error(message), { name: 'ValidationException' });
}
