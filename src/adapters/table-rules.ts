import { InvalidError } from '../domain/errors.ts';
import type { KeyRange, TableKey, Write } from '../ports/table.ts';

/** Most writes of one transaction (DynamoDB's TransactWriteItems takes 100). */
const mostWrites = 100;
/** Largest `data` of a row as JSON; leaves room for keys and indexes below DynamoDB's 400 KiB an item. */
const largestRow = 256 * 1024;

/** Where a write goes. */
export function keyOf(write: Write): TableKey {
  if ('put' in write) return write.put;
  return 'delete' in write ? write.delete : write.check;
}

/**
 * Refuses a transaction that the port `Table` does not allow: over 100 writes, one key twice, an empty key, a row over 256 KiB.
 *
 * @throws InvalidError
 */
export function assertWrites(writes: readonly Write[]): void {
  if (writes.length > mostWrites) {
    throw new InvalidError(`a transaction takes at most ${mostWrites} writes, not ${writes.length}`);
  }
  const seen = new Set<string>();
  for (const write of writes) {
    const { pk, sk } = keyOf(write);
    if (pk === '' || sk === '') throw new InvalidError('a row needs a partition key and a sort key');
    // A lone surrogate has no UTF-8 form: two different keys would become one.
    if (!pk.isWellFormed() || !sk.isWellFormed()) throw new InvalidError('a key of a row is not well-formed Unicode');
    const name = JSON.stringify([pk, sk]);
    if (seen.has(name)) throw new InvalidError(`row ${name} is written twice in one transaction`);
    seen.add(name);
    if ('put' in write) {
      const size = Buffer.byteLength(JSON.stringify(write.put.data));
      if (size > largestRow) throw new InvalidError(`row ${name} has ${size} bytes of data, the most is ${largestRow}`);
    }
  }
}

/** Refuses a limit that is none. @throws InvalidError */
export function assertKeyRange(range: KeyRange): void {
  if (range.limit !== undefined && !(Number.isSafeInteger(range.limit) && range.limit > 0)) {
    throw new InvalidError(`limit ${range.limit} is not usable: a limit is a whole number from 1`);
  }
}
