import { describe, expect, it } from 'vitest';
import { chainEntry, type LedgerEntry } from '../../src/domain/ledger.ts';
import type { Table } from '../../src/ports/table.ts';
import { ledgerEntries, ledgerHeads } from '../../src/records.ts';
import { walkChain } from '../../src/use-cases/walk-chain.ts';
import { memoryTable } from '../memory-ports.ts';

const at = '2026-11-22T20:00:00.000Z';

async function append(table: Table, last: LedgerEntry | undefined): Promise<LedgerEntry> {
  const body = { chain: 'system', at, type: 'something', actor: 'system', subjects: [], commitments: {} };
  const entry = chainEntry(last, body);
  await table.transact([
    ledgerEntries.write(entry),
    ledgerHeads.write({ chain: 'system', seq: entry.seq, hash: entry.hash, at }),
  ]);
  return entry;
}

describe('walking a chain', () => {
  it('keeps up with somebody who appends meanwhile', async () => {
    const table = memoryTable();
    let last: LedgerEntry | undefined;
    for (let i = 0; i < 5; i++) last = await append(table, last);
    let more = 3;
    const busy: Table = {
      ...table,
      async get(key) {
        // An entry comes in after the walk and before the head is read.
        if (more-- > 0) last = await append(table, last);
        return await table.get(key);
      },
    };
    expect(await walkChain({ table: busy }, 'system', new Map())).toEqual({ entries: 8, problems: [] });
  });

  it('does not wait for entries that never come', async () => {
    const table = memoryTable();
    const last = await append(table, await append(table, undefined));
    await table.transact([ledgerEntries.remove('system', '00000002')]);
    const { entries, problems } = await walkChain({ table }, 'system', new Map());
    expect(entries).toBe(1);
    expect(problems).toEqual([{ seq: last.seq, problem: expect.stringContaining('missing') }]);
  });

  it('passes over the edges of pages', async () => {
    const table = memoryTable();
    let last: LedgerEntry | undefined;
    for (let i = 0; i < 2000; i++) last = await append(table, last);
    expect(await walkChain({ table }, 'system', new Map())).toEqual({ entries: 2000, problems: [] });
  });
});
