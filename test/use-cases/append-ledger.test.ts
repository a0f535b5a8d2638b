import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sqliteTable } from '../../src/adapters/embedded/sqlite-table.ts';
import { ConflictError, CorruptError, NotFoundError } from '../../src/domain/errors.ts';
import { verifyChain } from '../../src/domain/ledger.ts';
import type { Table } from '../../src/ports/table.ts';
import { ledgerEntries, ledgerHeads, systemStates } from '../../src/records.ts';
import { appendLedger, openEvidence } from '../../src/use-cases/append-ledger.ts';
import { resumeDestruction } from '../../src/use-cases/set-operator-stop.ts';
import { type MemoryHome, memoryHome, operator } from '../workflows/memory-home.ts';

const start = '2026-03-02T10:00:00.000Z';
const tick = { type: 'tick', actor: 'system', subjects: [] as string[] } as const;

async function trusted(home: MemoryHome): Promise<string | undefined> {
  return (await systemStates.read(home.table, 'clock'))?.value.at;
}

/** Appends at these instants, one after another; answers what is trusted after each. */
async function trustAfter(home: MemoryHome, instants: readonly string[]) {
  const { deps } = home.process();
  const after: (string | undefined)[] = [];
  for (const at of instants) {
    home.clock.moveTo(at);
    await appendLedger(deps, tick);
    after.push(await trusted(home));
  }
  return after;
}

describe('the trusted instant', () => {
  test('of a real home moves with the ledger in steps of at most 48 hours, and never back', async () => {
    const home = await memoryHome({ now: start, simulated: false });
    const [first, second, third] = ['2026-03-02T10:00:00.000Z', '2026-03-04T10:00:00.000Z', '2026-03-06T09:59:00.000Z'];
    expect(await trustAfter(home, [first, second, third])).toEqual([first, second, third]);
    const jumps = ['2026-03-08T10:00:00.000Z', '2026-09-01T00:00:00.000Z', '2026-03-05T00:00:00.000Z', first];
    expect(await trustAfter(home, jumps)).toEqual(jumps.map(() => third));
    expect(await trustAfter(home, ['2026-03-08T09:59:00.000Z'])).toEqual(['2026-03-08T09:59:00.000Z']);
  });

  test('of a real home that has jumped moves when an operator confirms the clock, and goes on from there', async () => {
    const home = await memoryHome({ now: start, simulated: false });
    await trustAfter(home, [start]);
    home.clock.moveTo('2026-06-01T00:00:00.000Z');
    await resumeDestruction.typed(home.process().deps, { confirm: [], actor: operator });
    expect(await trusted(home)).toBe(start);
    await resumeDestruction.typed(home.process().deps, { confirm: ['clock'], actor: operator });
    expect(await trusted(home)).toBe('2026-06-01T00:00:00.000Z');
    expect(await trustAfter(home, ['2026-06-02T00:00:00.000Z'])).toEqual(['2026-06-02T00:00:00.000Z']);
  });

  test('of a simulated home moves by any step', async () => {
    const home = await memoryHome({ now: start });
    expect(await trustAfter(home, [start, '2026-09-01T00:00:00.000Z'])).toEqual([start, '2026-09-01T00:00:00.000Z']);
  });

  test('is not written anew within a minute', async () => {
    const home = await memoryHome({ now: start, simulated: false });
    expect(await trustAfter(home, [start, '2026-03-02T10:00:59.000Z', '2026-03-02T10:01:00.000Z'])).toEqual([
      ...[start, start, '2026-03-02T10:01:00.000Z'],
    ]);
  });
});

describe('sealed particulars', () => {
  async function sealedEntry() {
    const home = await memoryHome({ now: start });
    const tenant = await home.tenant('acme', { name: 'Harbour Gulls GmbH' });
    const { deps } = home.process();
    const particulars = { who: 'Gerda Gull', mail: 'gerda@gulls.example', path: '/data/salaries.csv' };
    const entry = await appendLedger(deps, { ...tick, tenant, particulars });
    return { home, tenant, deps, particulars, sealed: Buffer.from(entry.sealed ?? '', 'base64url') };
  }

  test('open with the tenant’s evidence key to what they were; the ledger in the clear names nobody', async () => {
    const { home, tenant, deps, particulars, sealed } = await sealedEntry();
    const opened = await openEvidence(deps, 'acme', tenant.ledgerId, sealed);
    expect(JSON.parse(opened.toString())).toEqual(particulars);
    const ledger = [...home.rows.values()].filter(({ pk }) => pk.startsWith('LEDGER'));
    expect(JSON.stringify(ledger)).not.toMatch(/Gerda|Gulls|salaries|acme/);
    await home.expectLedgerWhole();
  });

  test('do not open in another place, changed, or once the key is destroyed; the chain verifies all the same', async () => {
    const { home, tenant, deps, sealed } = await sealedEntry();
    await expect(openEvidence(deps, 'acme', 'system', sealed)).rejects.toThrow(CorruptError);
    const changed = Buffer.from(sealed);
    changed[20] = (changed[20] ?? 0) ^ 1;
    await expect(openEvidence(deps, 'acme', tenant.ledgerId, changed)).rejects.toThrow(CorruptError);
    await home.keys.destroy(['evidence/acme']);
    await expect(openEvidence(deps, 'acme', tenant.ledgerId, sealed)).rejects.toThrow(NotFoundError);
    await home.expectLedgerWhole();
  });
});

describe('appending', () => {
  test('goes together with the writes that it is about, or not at all', async () => {
    const home = await memoryHome({ now: start });
    const { deps } = home.process();
    const put = { pk: 'THING', sk: '1', data: {} };
    await appendLedger(deps, tick, [{ put, when: 'absent' }]);
    await expect(appendLedger(deps, tick, [{ put, when: 'absent' }])).rejects.toThrow(ConflictError);
    expect((await ledgerHeads.read(home.table, 'system'))?.value.seq).toBe(1);
    expect((await home.table.get(put))?.version).toBe(1);
  });

  async function expectOneChain(table: Table, count: number): Promise<void> {
    const entries = (await ledgerEntries.list(table, 'LEDGER#system')).map(({ value }) => value);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(new Set(entries.map(({ subjects }) => subjects[0])).size).toBe(count);
    const head = (await ledgerHeads.read(table, 'system'))?.value;
    const { chain = '', seq = 0, hash = '' } = head ?? {};
    expect(verifyChain(entries, undefined, { chain, seq, hash })).toMatchObject({ ok: true });
  }

  test('by a hundred at the same time makes one chain without gap or fork', async () => {
    const home = await memoryHome({ now: start });
    vi.mocked(Math.random).mockRestore();
    const { deps } = home.process();
    await Promise.all(
      Array.from({ length: 100 }, async (_, n) => await appendLedger(deps, { ...tick, subjects: [`s-${n}`] })),
    );
    await expectOneChain(home.table, 100);
  });

  test('over several connections to one catalog on disk makes one chain', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenure-ledger-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const tables = [1, 2, 3, 4].map(() => sqliteTable(join(folder, 'catalog.sqlite')));
    onTestFinished(() => {
      for (const table of tables) table.close();
    });
    const [first] = tables;
    const home = await memoryHome({ now: start, ...(first === undefined ? {} : { table: first }) });
    vi.mocked(Math.random).mockRestore();
    await Promise.all(
      tables.map(async (table, t) => {
        const { deps } = home.process({ change: () => ({ table }) });
        for (let n = 0; n < 10; n++) await appendLedger(deps, { ...tick, subjects: [`s-${t}-${n}`] });
      }),
    );
    await expectOneChain(home.table, 40);
  });
});
