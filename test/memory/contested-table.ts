import { keyOf } from '../../src/adapters/table-rules.ts';
import type { Table, TableKey } from '../../src/ports/table.ts';

/** A table in which somebody else writes a row right before it is written under its version, so many times. */
export function contestedTable(table: Table, isContested: (key: TableKey) => boolean, times = Infinity): Table {
  let left = times;
  return {
    ...table,
    async transact(writes) {
      const conditional = writes.filter((write) => write.when !== undefined && isContested(keyOf(write)));
      if (conditional.length > 0 && left-- > 0) {
        for (const write of conditional) {
          const row = await table.get(keyOf(write));
          if (row !== undefined) await table.transact([{ put: row }]);
        }
      }
      await table.transact(writes);
    },
  };
}
