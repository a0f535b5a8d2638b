import { assertKeyRange, assertWrites, keyOf } from '../../src/adapters/table-rules.ts';
import { ConflictError } from '../../src/domain/errors.ts';
import type { KeyRange, Row, Table, TableKey, Write } from '../../src/ports/table.ts';

/** A table whose rows a test may look at. */
export interface MemoryTable extends Table {
  /** By JSON of `[pk, sk]`. */
  rows: Map<string, Row>;
}

const name = ({ pk, sk }: TableKey): string => JSON.stringify([pk, sk]);
const compare = (a: string, b: string): number => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** One partition map per table would be faster; tests have few rows. */
export function memoryTable(): MemoryTable {
  const rows = new Map<string, Row>();
  const partitions = new Map<string, Map<string, Row>>();
  const set = (row: Row): void => {
    rows.set(name(row), row);
    const partition = partitions.get(row.pk) ?? new Map<string, Row>();
    partitions.set(row.pk, partition.set(row.sk, row));
  };
  const remove = (key: TableKey): void => {
    rows.delete(name(key));
    partitions.get(key.pk)?.delete(key.sk);
  };
  const holds = (write: Write): boolean => {
    if (write.when === undefined) return true;
    const row = rows.get(name(keyOf(write)));
    return write.when === 'absent' ? row === undefined : row?.version === write.when;
  };
  return {
    rows,
    async get(key) {
      const row = rows.get(name(key));
      return row && copyOf(row);
    },
    async query(pk, range = {}) {
      const found = [...(partitions.get(pk)?.values() ?? [])];
      return select(found, range, (row) => row.sk);
    },
    async queryIndex(index, pk, range = {}) {
      const at = (row: Row): TableKey | undefined => (index === 1 ? row.index1 : row.index2);
      const found = [...rows.values()].filter((row) => at(row)?.pk === pk);
      return select(found, range, (row) => at(row)?.sk ?? '');
    },
    async transact(writes) {
      assertWrites(writes);
      const failed = writes.flatMap((write, index) => (holds(write) ? [] : [index]));
      if (failed.length > 0) throw new ConflictError('rows changed meanwhile', { details: { failed } });
      for (const write of writes) {
        if ('put' in write) {
          const { pk, sk, data, index1, index2 } = copyOf(write.put);
          const version = (rows.get(name(write.put))?.version ?? 0) + 1;
          set({ pk, sk, version, data, ...(index1 && { index1 }), ...(index2 && { index2 }) });
        } else if ('delete' in write) remove(write.delete);
      }
    },
  };
}

function select(rows: Row[], range: KeyRange, sk: (row: Row) => string): Row[] {
  assertKeyRange(range);
  const { prefix, from, to, after, reverse, limit } = range;
  const wanted = rows.filter((row) => {
    const key = sk(row);
    if (prefix !== undefined && !key.startsWith(prefix)) return false;
    if (from !== undefined && compare(key, from) < 0) return false;
    if (to !== undefined && compare(key, to) >= 0) return false;
    return after === undefined || compare(key, after) > 0;
  });
  wanted.sort((a, b) => compare(sk(a), sk(b)) || compare(a.pk, b.pk) || compare(a.sk, b.sk));
  if (reverse) wanted.reverse();
  return wanted.slice(0, limit).map(copyOf);
}

/** Rows are JSON, and to write and read it is several times as fast as `structuredClone`. */
function copyOf<T>(row: T): T {
  return JSON.parse(JSON.stringify(row)) as T;
}
