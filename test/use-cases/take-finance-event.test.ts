import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sqliteTable } from '../../src/adapters/embedded/sqlite-table.ts';
import type { Table } from '../../src/ports/table.ts';
import { cases, financeAccounts } from '../../src/records.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { contestedTable } from '../memory-ports.ts';
import { finance, memoryHome } from '../workflows/memory-home.ts';

async function home(table?: Table) {
  const made = await memoryHome(table === undefined ? {} : { table });
  await made.tenant('acme');
  await made.source('acme', 'files');
  vi.mocked(Math.random).mockRestore();
  return made;
}

const unpaid = { tenant: 'acme', type: 'unpaid', invoice: 'R-1', actor: finance } as const;
const eur = (minor: number) => ({ currency: 'EUR', minor });

test('a payment counts though the clock was set back since the debt was reported', async () => {
  const made = await home();
  const { deps } = made.process();
  const { case: opened } = await takeFinanceEvent.typed(deps, unpaid);
  const clock = { ...deps.clock, now: () => new Date(made.clock.wall() - 600_000).toISOString() };
  await takeFinanceEvent.typed({ ...deps, clock }, { ...unpaid, type: 'paid' });
  expect((await cases.read(made.table, opened?.id ?? ''))?.value.status).toBe('cancelled');
});

describe('finance messages at the same time', () => {
  test('of different invoices, through two connections to one catalog: none is lost, and one case opens', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenure-finance-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [one, two] = [sqliteTable(join(folder, 'a.sqlite')), sqliteTable(join(folder, 'a.sqlite'))];
    const made = await home(one);
    const { deps } = made.process();
    const said = Array.from({ length: 20 }, (_, i) =>
      takeFinanceEvent.typed({ ...deps, table: i % 2 === 0 ? one : two }, { ...unpaid, invoice: `R-${i}` }),
    );
    await Promise.all(said);
    const account = (await financeAccounts.read(one, 'acme'))?.value;
    expect(account?.invoices.filter(({ status }) => status === 'unpaid')).toHaveLength(20);
    const all = await cases.all(one);
    expect(all).toHaveLength(1);
    const linked = account?.invoices.filter((invoice) => invoice.case !== undefined).map(({ invoice }) => invoice);
    expect(all[0]?.value.invoices.map(({ invoice }) => invoice).sort()).toEqual(linked?.sort());
    await made.expectLedgerWhole();
    one.close();
    two.close();
  });

  test.each(['FINANCE', 'TENANTS', 'OPENED-CASES'])(
    'as another writer of %s: a case opens and is linked',
    async (pk) => {
      const made = await home();
      const { deps } = made.process();
      const table = contestedTable(made.table, (key) => key.pk === pk, 3);
      const { case: opened } = await takeFinanceEvent.typed({ ...deps, table }, unpaid);
      expect((await cases.all(made.table)).map(({ value }) => value.id)).toEqual([opened?.id]);
      const account = (await financeAccounts.read(made.table, 'acme'))?.value;
      expect(account?.invoices).toMatchObject([{ invoice: 'R-1', case: opened?.id }]);
    },
  );

  test('as another writer of the account: a part payment counts once and is noted once, a payment ends the case', async () => {
    const made = await home();
    const { deps } = made.process();
    const { case: opened } = await takeFinanceEvent.typed(deps, { ...unpaid, amount: eur(100) });
    const contested = () => contestedTable(made.table, (key) => key.pk === 'FINANCE', 3);
    const part = { ...unpaid, type: 'part-paid', amount: eur(60), payment: 'p-1' } as const;
    await takeFinanceEvent.typed({ ...deps, table: contested() }, part);
    expect((await financeAccounts.read(made.table, 'acme'))?.value.invoices).toMatchObject([{ paidMinor: 60 }]);
    const stored = async () => (await cases.read(made.table, opened?.id ?? ''))?.value;
    expect((await stored())?.timeline.filter(({ event }) => event === 'part-paid')).toHaveLength(1);
    await takeFinanceEvent.typed({ ...deps, table: contested() }, { ...unpaid, type: 'paid' });
    expect(await stored()).toMatchObject({ status: 'cancelled', cause: 'payment' });
    expect((await financeAccounts.read(made.table, 'acme'))?.value.invoices).toMatchObject([{ status: 'paid' }]);
    await made.expectLedgerWhole();
  });
});
