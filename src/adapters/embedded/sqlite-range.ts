import type { KeyRange } from '../../ports/table.ts';
import { endOfPrefix } from '../end-of-prefix.ts';

/** Conditions on a column and their parameters, in order. */
export interface RangeSql {
  where: string;
  parameters: string[];
}

/**
 * Turns a key range into conditions that an index can answer.
 *
 * @param passed where to go on in the direction of the range; it may be met again
 */
export function rangeSql(column: string, range: KeyRange, passed?: string): RangeSql {
  const { prefix, from, to, after, reverse = false } = range;
  const end = prefix === undefined ? undefined : endOfPrefix(prefix);
  const lower: Condition[] = [
    ['>=', prefix],
    ['>=', from],
    ['>', after],
  ];
  const upper: Condition[] = [
    ['<', end],
    ['<', to],
  ];
  // What was passed lies within the range, and of two bounds on a side SQLite may begin at the looser one.
  const ahead: Condition[] = [[reverse ? '<=' : '>=', passed]];
  let where = '';
  const parameters: string[] = [];
  const bounds = passed === undefined ? [...lower, ...upper] : [...ahead, ...(reverse ? lower : upper)];
  for (const [operator, value] of bounds) {
    if (value === undefined) continue;
    where += ` AND ${column} ${operator} ?`;
    parameters.push(value);
  }
  return { where, parameters };
}

type Condition = [operator: string, value: string | undefined];
