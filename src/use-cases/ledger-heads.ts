import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { CorruptError } from '../domain/errors.ts';
import type { DatedHead } from '../domain/ledger.ts';
import type { Row } from '../ports/table.ts';
import { ledgerHeads } from '../records.ts';

/** What the row of a head holds, and nothing else. */
const headRow = z.strictObject({
  value: z.strictObject({ chain: z.string(), seq: z.int().min(1), hash: z.string(), at: z.string() }),
});

/** Names of the chains that have a head. @throws CorruptError when they cannot be listed */
export async function headedChains(deps: Pick<Deps, 'table'>): Promise<string[]> {
  return (await deps.table.query(ledgerHeads.key('').pk)).map(({ sk }) => sk);
}

/** The recorded head of a chain as it is now. @throws CorruptError when its row is not one */
export async function headOf(deps: Pick<Deps, 'table'>, chain: string): Promise<DatedHead | undefined> {
  const row = await deps.table.get(ledgerHeads.key(chain));
  return row && readHead(row, chain);
}

function readHead(row: Row, chain: string): DatedHead {
  const read = headRow.safeParse(row.data);
  const here = ledgerHeads.key(chain);
  if (read.success && read.data.value.chain === chain && row.pk === here.pk && row.sk === here.sk)
    return read.data.value;
  throw new CorruptError('the record of its head is not one');
}
