import type { Table } from '../../src/ports/table.ts';

/** The table, and how many rows a piece of work reads of it. */
export function countedTable(inner: Table): Table & { rowsReadBy(work: () => Promise<unknown>): Promise<number> } {
  let read = 0;
  const counted = <T>(rows: T[]): T[] => {
    read += rows.length;
    return rows;
  };
  return {
    get: async (key) => counted([await inner.get(key)])[0],
    query: async (...asked) => counted(await inner.query(...asked)),
    queryIndex: async (...asked) => counted(await inner.queryIndex(...asked)),
    transact: async (writes) => await inner.transact(writes),
    async rowsReadBy(work) {
      const before = read;
      await work();
      return read - before;
    },
  };
}
