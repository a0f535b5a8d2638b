import type { KeyRange } from '../../ports/table.ts';
import { endOfPrefix } from '../end-of-prefix.ts';

/** Conditions on a column and their parameters, in order. */
export interface RangeSql {
  where: string;
  parameters: string[];
}

/** Turns a key range into conditions that an index can answer. */
export function rangeSql(column: string, range: KeyRange): RangeSql {
  const { prefix, from, to, after } = range;
  const end = prefix === undefined ? undefined : endOfPrefix(prefix);
  const conditions: [string, string | undefined][] = [
    ['>=', prefix],
    ['<', end],
    ['>=', from],
    ['<', to],
    ['>', after],
  ];
  let where = '';
  const parameters: string[] = [];
  for (const [operator, value] of conditions) {
    if (value === undefined) continue;
    where += ` AND ${column} ${operator} ?`;
    parameters.push(value);
  }
  return { where, parameters };
}
