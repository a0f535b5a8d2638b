import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sqliteTable } from '../../src/adapters/embedded/sqlite-table.ts';
import type { Table } from '../../src/ports/table.ts';
import { cases, financeAccounts } from '../../src/records.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { contestedTable } from '../memory-ports.ts';
import { finance, memoryHome, operator } from '../workflows/memory-home.ts';

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

test.each(['unpaid', 'paid'] as const)('a time to come is refused with a pointer (%s)', async (type) => {
  const made = await home();
  const { deps } = made.process();
  await takeFinanceEvent.typed(deps, unpaid);
  const at = (seconds: number) => new Date(made.clock.wall() + seconds * 1000).toISOString();
  const said = takeFinanceEvent.typed(deps, { ...unpaid, type, at: at(302) });
  await expect(said).rejects.toMatchObject({ code: 'invalid', fields: [{ path: ['at'] }] });
  expect((await takeFinanceEvent.typed(deps, { ...unpaid, type, at: at(299) })).tenant).toBe('acme');
});

test('when a dispute is settled and a promise is left, the case waits until its day and then goes on', async () => {
  const made = await home();
  const { deps, run } = made.process();
  const second = { ...unpaid, invoice: 'R-2' };
  // Both become unpaid while another case is open, and come into one case after it.
  const request = { tenant: 'acme', source: 'files', paths: ['a.txt'], reason: 'customer-request' as const };
  const { id } = await openCase.typed(deps, { ...request, actor: { kind: 'customer', id: 'acme' } });
  for (const event of [unpaid, second]) await takeFinanceEvent.typed(deps, event);
  await changeCase.typed(deps, { case: id, actor: operator, change: { type: 'cancel' } });
  await run('notice');
  const day = (n: number) => new Date(made.clock.wall() + n * 86_400_000).toISOString();
  const [until, after] = [day(5).slice(0, 10), day(7)];
  await takeFinanceEvent.typed(deps, { ...unpaid, type: 'disputed' });
  await takeFinanceEvent.typed(deps, { ...second, type: 'promised-until', until });
  const { case: value } = await takeFinanceEvent.typed(deps, unpaid);
  expect(value).toMatchObject({ status: 'disputed', stop: { kind: 'promise', until: expect.any(String) } });
  made.clock.moveTo(after);
  await run('notice');
  expect((await cases.read(made.table, value?.id ?? ''))?.value.status).toBe('notified');
  await made.expectLedgerWhole();
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
