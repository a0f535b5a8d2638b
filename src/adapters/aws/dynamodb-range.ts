import type { KeyRange } from '../../ports/table.ts';
import { endOfPrefix } from '../end-of-prefix.ts';
import { compareUtf8 } from '../utf8-order.ts';
import type { Item } from './dynamodb-item.ts';

/** The one condition on a sort key that a query may have, and what it lets through besides. */
export interface RangeCondition {
  /** Expression on `#sk`, with its values; absent: the whole partition. */
  expression?: string;
  values: Item;
  /** True for keys of the range; the condition lets at most the keys at its two ends through besides. */
  holds(sk: string): boolean;
}

/**
 * Turns a range into the one condition that DynamoDB takes. Its BETWEEN includes both ends, so an end that is excluded is
 * left to `holds`.
 *
 * @returns `undefined` when no key can be in the range (which DynamoDB refuses to be asked)
 */
export function rangeCondition({ prefix, from, to, after }: KeyRange): RangeCondition | undefined {
  const low = greatest([prefix, from, after]);
  const high = least([to, prefix === undefined ? undefined : endOfPrefix(prefix)]);
  if (high !== undefined && compareUtf8(low, high) >= 0) return undefined;
  const holds = (sk: string): boolean =>
    (prefix === undefined || sk.startsWith(prefix)) &&
    (from === undefined || compareUtf8(sk, from) >= 0) &&
    (to === undefined || compareUtf8(sk, to) < 0) &&
    (after === undefined || compareUtf8(sk, after) > 0);
  const values: Item = {
    ...(low !== '' && { ':low': { S: low } }),
    ...(high !== undefined && { ':high': { S: high } }),
  };
  if (low !== '' && high !== undefined) return { expression: '#sk BETWEEN :low AND :high', values, holds };
  // No sort key is empty, and DynamoDB takes no empty value.
  if (low !== '') return { expression: low === after ? '#sk > :low' : '#sk >= :low', values, holds };
  if (high !== undefined) return { expression: '#sk < :high', values, holds };
  return { values, holds };
}

function greatest(bounds: (string | undefined)[]): string {
  return bounds.reduce<string>(
    (best, bound) => (bound !== undefined && compareUtf8(bound, best) > 0 ? bound : best),
    '',
  );
}

function least(bounds: (string | undefined)[]): string | undefined {
  return bounds.reduce((best, bound) =>
    best === undefined || (bound !== undefined && compareUtf8(bound, best) < 0) ? bound : best,
  );
}
