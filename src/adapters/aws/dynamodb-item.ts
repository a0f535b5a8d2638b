import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { CorruptError } from '../../domain/errors.ts';
import type { Row, TableKey } from '../../ports/table.ts';

/** One item of the table as DynamoDB speaks of it. */
export type Item = Record<string, AttributeValue>;

/** Attributes that hold where a row appears in the indexes `index1` and `index2`. */
export const indexAttributes = {
  1: { pk: 'i1pk', sk: 'i1sk' },
  2: { pk: 'i2pk', sk: 'i2sk' },
} as const;

/** The primary key of an item. */
export function itemKey({ pk, sk }: TableKey): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

/**
 * A row out of its item. `data` lies in it as JSON text: DynamoDB's own documents keep neither the order of members nor
 * every number exactly.
 *
 * @throws CorruptError when the item was not written by Tenure
 */
export function toRow(item: Item, table: string): Row {
  const key = { pk: item.pk?.S ?? '', sk: item.sk?.S ?? '' };
  const version = Number(item.version?.N);
  let data: Row['data'];
  try {
    data = JSON.parse(item.data?.S ?? '');
  } catch (cause) {
    throw new CorruptError(`table ${table}: row ${JSON.stringify([key.pk, key.sk])} is no JSON`, { cause });
  }
  const index1 = placeIn(item, 1);
  const index2 = placeIn(item, 2);
  return { ...key, version, data, ...(index1 && { index1 }), ...(index2 && { index2 }) };
}

function placeIn(item: Item, index: 1 | 2): TableKey | undefined {
  const { pk, sk } = indexAttributes[index];
  const [partition, sort] = [item[pk]?.S, item[sk]?.S];
  return partition === undefined || sort === undefined ? undefined : { pk: partition, sk: sort };
}
