import type { KeyRange, Table } from '../../src/ports/table.ts';
import { type MemoryTable, memoryTable } from './table.ts';

/** A table whose indexes lag, as the port allows: they answer what was there when they last caught up. */
export interface LaggingTable extends Table {
  catchUp(): Promise<void>;
}

export function laggingTable(table: MemoryTable): LaggingTable {
  let seen = memoryTable();
  return {
    ...table,
    queryIndex: async (index: 1 | 2, pk: string, range?: KeyRange) => await seen.queryIndex(index, pk, range),
    async catchUp() {
      seen = memoryTable();
      for (const row of table.rows.values()) await seen.transact([{ put: row }]);
    },
  };
}
