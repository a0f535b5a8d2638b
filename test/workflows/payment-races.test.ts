import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sqliteTable } from '../../src/adapters/embedded/sqlite-table.ts';
import { BlockedError } from '../../src/domain/errors.ts';
import type { Row, Table } from '../../src/ports/table.ts';
import { cases, financeAccounts } from '../../src/records.ts';
import { overwritePass } from '../../src/use-cases/overwrite-pass.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { memoryTable } from '../memory-ports.ts';
import { type Life, unpaidLife } from './erasure-life.ts';
import { finance } from './memory-home.ts';

/** A life whose erasure stands right before its first pass: everything is prepared, nothing is destroyed. */
async function beforeFirstPass(): Promise<Life & { run: string; all: Row[] }> {
  const life = await unpaidLife();
  const killed = life.process({
    around: async (name, _event, call, process) => {
      if (name === 'OverwritePass') process.kill();
      return await call();
    },
  });
  await killed.runOrDie('notice');
  return { ...life, run: `erasure-${life.caseId}-1`, all: structuredClone([...life.rows.values()]) };
}

/** The same rows in another table. */
async function copyInto(table: Table, rows: readonly Row[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 100) {
    await table.transact(rows.slice(i, i + 100).map(({ version: _version, ...put }) => ({ put })));
  }
}

/** Lets others run between any two calls of the table, for a while that the random number says. */
function unsteady(table: Table): Table {
  const pause = async () => {
    for (let turns = Math.floor(Math.random() * 3); turns > 0; turns--)
      await new Promise((resolve) => setImmediate(resolve));
  };
  const wrap =
    <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      await pause();
      return await call(...args);
    };
  return {
    get: wrap(table.get),
    query: wrap(table.query),
    queryIndex: wrap(table.queryIndex),
    transact: wrap(table.transact),
  };
}

/** A payment and the first pass at the same time; answers who has won, after looking that the other has not. */
async function race(
  life: Awaited<ReturnType<typeof beforeFirstPass>>,
  eraser: Table,
  payer: Table = eraser,
): Promise<'paid' | 'erased'> {
  let destroyed = 0;
  const { deps } = life.process({
    change: (whole) => ({
      table: eraser,
      sourceDriver: (source) => ({
        ...whole.sourceDriver(source),
        capabilities: { restore: true, overwrite: true, delete: true, sweep: true },
        overwrite: async () => void destroyed++,
      }),
    }),
  });
  const later = async (most: number) => {
    for (let turns = Math.random() * most; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async () => {
    await later(10);
    return await overwritePass.typed(deps, { run: life.run, item: 0 });
  };
  const pay = async () => {
    await later(30);
    const event = { tenant: 'acme', type: 'paid', invoice: '2026-77', actor: finance } as const;
    return await takeFinanceEvent.typed({ ...deps, table: payer }, event);
  };
  const [passed, paid] = await Promise.allSettled([pass(), pay()]);
  const value = (await cases.read(payer, life.caseId))?.value;
  const account = (await financeAccounts.read(payer, 'acme'))?.value;
  if (paid.status === 'fulfilled') {
    expect(value).toMatchObject({ status: 'cancelled', cause: 'payment' });
    expect(destroyed).toBe(0);
    expect(passed).toMatchObject({ status: 'fulfilled', value: { outcome: 'blocked' } });
    return 'paid';
  }
  expect(paid.reason).toBeInstanceOf(BlockedError);
  expect(value).toMatchObject({ status: 'erasing', destroyedAnything: true });
  expect(account?.invoices).toMatchObject([{ invoice: '2026-77', status: 'unpaid' }]);
  expect(destroyed).toBe(1);
  return 'erased';
}

test('a payment and the first destructive step never both win, in 500 races', async () => {
  const life = await beforeFirstPass();
  vi.mocked(Math.random).mockRestore();
  const won = { paid: 0, erased: 0 };
  for (let round = 0; round < 500; round++) {
    const table = memoryTable();
    await copyInto(table, life.all);
    won[await race(life, unsteady(table))]++;
  }
  // Else it was no race.
  expect(Math.min(won.paid, won.erased)).toBeGreaterThan(10);
}, 30_000);

test('the same between two connections to one catalog on disk', async () => {
  const life = await beforeFirstPass();
  vi.mocked(Math.random).mockRestore();
  const folder = mkdtempSync(join(tmpdir(), 'tenure-race-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const won = { paid: 0, erased: 0 };
  for (let round = 0; round < 25; round++) {
    const file = join(folder, `${round}.sqlite`);
    const [one, two] = [sqliteTable(file), sqliteTable(file)];
    await copyInto(one, life.all);
    won[await race(life, unsteady(one), unsteady(two))]++;
    one.close();
    two.close();
  }
  expect(won.paid + won.erased).toBe(25);
}, 30_000);
