import type { Deps } from '../deps.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import type { Row } from '../ports/table.ts';
import { ledgerEntries, ordinal } from '../records.ts';

const pageSize = 1000;

/** An entry as its row holds it, or why the row holds none. */
export type EntryRow = { row: Row; entry: LedgerEntry; problem?: never } | { row: Row; problem: string };

/** The rows of a chain in order, after an entry where given. @throws CorruptError when a page cannot be read at all */
export async function* chainRows(
  deps: Pick<Deps, 'table'>,
  chain: string,
  afterSeq?: number,
): AsyncGenerator<EntryRow[]> {
  const { pk } = ledgerEntries.key(chain, '');
  let after = afterSeq === undefined ? undefined : ordinal(afterSeq);
  for (;;) {
    const rows = await deps.table.query(pk, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    if (rows.length > 0) yield rows.map((row) => readRow(row, chain));
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.sk;
  }
}

/**
 * The row must hold an entry and nothing else, and lie where the entry says: what is beside the entry is under no hash.
 */
function readRow(row: Row, chain: string): EntryRow {
  const entry = row.data.value as unknown as LedgerEntry;
  const extra = Object.keys(row.data).filter((name) => name !== 'value');
  if (extra.length > 0) return { row, problem: `holds what is no part of an entry: ${extra.join(', ')}` };
  if (typeof entry !== 'object' || entry === null || typeof entry.seq !== 'number')
    return { row, problem: 'holds no entry' };
  if (entry.chain !== chain) return { row, problem: `an entry of chain ${entry.chain} lies in chain ${chain}` };
  if (row.pk !== ledgerEntries.key(chain, '').pk || row.sk !== ordinal(entry.seq))
    return {
      row,
      problem: `entry ${entry.seq} lies under ${JSON.stringify([row.pk, row.sk])}, where it does not belong`,
    };
  return { row, entry };
}
