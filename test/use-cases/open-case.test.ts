import { describe, expect, test, vi } from 'vitest';
import { ConflictError } from '../../src/domain/errors.ts';
import { cases, financeAccounts, openedCases } from '../../src/records.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { laggingTable, memoryTable } from '../memory-ports.ts';
import { finance, memoryHome, operator } from '../workflows/memory-home.ts';

async function home(options: Parameters<typeof memoryHome>[0] = {}) {
  const made = await memoryHome(options);
  await made.tenant('acme');
  for (const source of ['files', 'mail']) await made.source('acme', source);
  vi.mocked(Math.random).mockRestore();
  return { made, deps: made.process().deps };
}

const outcomes = async (work: Promise<unknown>[]) =>
  (await Promise.allSettled(work)).map((one) => (one.status === 'fulfilled' ? 'opened' : String(one.reason.name)));

describe('cases about the same data', () => {
  test('that are opened at the same time: one is opened, the others are refused and name it', async () => {
    const { made, deps } = await home();
    const request = { tenant: 'acme', source: 'files', reason: 'obsolete', actor: operator } as const;
    const opened = await outcomes([1, 2, 3, 4].map(async () => await openCase.typed(deps, request)));
    expect(opened.sort()).toEqual(['ConflictError', 'ConflictError', 'ConflictError', 'opened']);
    expect(await cases.all(made.table)).toHaveLength(1);
    const [only] = await cases.all(made.table);
    await expect(openCase.typed(deps, { ...request, source: undefined })).rejects.toThrow(ConflictError);
    await expect(openCase.typed(deps, request)).rejects.toThrow(only?.value.id);
  });

  test('of two finance messages at the same time only one becomes a case, and the account knows it', async () => {
    const { made, deps } = await home();
    const unpaid = { tenant: 'acme', type: 'unpaid', invoice: '2026-77', actor: finance } as const;
    const taken = await outcomes([1, 2, 3].map(async () => await takeFinanceEvent.typed(deps, unpaid)));
    expect(taken).toContain('opened');
    const all = await cases.all(made.table);
    expect(all).toHaveLength(1);
    await takeFinanceEvent.typed(deps, unpaid);
    expect(await cases.all(made.table)).toHaveLength(1);
    const account = (await financeAccounts.read(made.table, 'acme'))?.value;
    expect(account?.invoices).toMatchObject([{ invoice: '2026-77', case: all[0]?.value.id }]);
  });

  test('are refused also while the index has not heard of the other one yet', async () => {
    const table = memoryTable();
    const lagging = laggingTable(table);
    const { deps } = await home({ table: lagging });
    const request = { tenant: 'acme', source: 'files', reason: 'obsolete', actor: operator } as const;
    await lagging.catchUp();
    const opened = await outcomes([1, 2, 3].map(async () => await openCase.typed(deps, request)));
    expect(opened.sort()).toEqual(['ConflictError', 'ConflictError', 'opened']);
    await expect(openCase.typed(deps, { ...request, source: undefined })).rejects.toThrow('already about this data');
    const [first] = await cases.all(table);
    await changeCase.typed(deps, { case: first?.value.id ?? '', actor: operator, change: { type: 'cancel' } });
    await openCase.typed(deps, request);
    expect((await cases.all(table)).map(({ value }) => value.status).sort()).toEqual(['cancelled', 'opened']);
    await lagging.catchUp();
    await expect(openCase.typed(deps, request)).rejects.toThrow('already about this data');
  });

  test('that were opened before openings were on record are found through the index', async () => {
    const { made, deps } = await home();
    const request = { tenant: 'acme', source: 'files', reason: 'obsolete', actor: operator } as const;
    await openCase.typed(deps, request);
    await made.table.transact([openedCases.remove('acme')]);
    await expect(openCase.typed(deps, request)).rejects.toThrow('already about this data');
  });

  test('about other data are opened side by side', async () => {
    const { made, deps } = await home();
    const request = { tenant: 'acme', reason: 'obsolete', actor: operator } as const;
    const opened = ['files', 'mail'].map(async (source) => await openCase.typed(deps, { ...request, source }));
    expect(await outcomes(opened)).toEqual(['opened', 'opened']);
    expect(await cases.all(made.table)).toHaveLength(2);
  });
});

test('a finance message that broke off anywhere means the same when it comes again', async () => {
  const counted = await home();
  const unpaid = { tenant: 'acme', type: 'unpaid', invoice: '2026-77', actor: finance } as const;
  const undisturbed = counted.made.process();
  await takeFinanceEvent.typed(undisturbed.deps, unpaid);
  for (let dieAtCall = 1; dieAtCall <= undisturbed.calls(); dieAtCall++) {
    const { made } = await home();
    const killed = made.process({ dieAtCall, afterEffect: dieAtCall % 2 === 0 });
    await Promise.race([takeFinanceEvent.typed(killed.deps, unpaid), killed.died]);
    const { deps } = made.process();
    const { case: value } = await takeFinanceEvent.typed(deps, unpaid);
    expect(await cases.all(made.table), `call ${dieAtCall}`).toHaveLength(1);
    await takeFinanceEvent.typed(deps, { ...unpaid, type: 'paid' });
    const [only] = await cases.all(made.table);
    expect(only?.value, `call ${dieAtCall}`).toMatchObject({ status: 'cancelled' });
    expect(value === undefined || value.id === only?.value.id).toBe(true);
    await made.expectLedgerWhole();
  }
});
