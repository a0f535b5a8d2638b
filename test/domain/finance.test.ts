import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFinance } from '../../src/domain/apply-finance.ts';
import type { FinanceAccount, FinanceEvent, Money } from '../../src/domain/finance.ts';
import { forgetPaid, invoicesToOpen, linkCase, releaseCase } from '../../src/domain/finance-account.ts';
import { finance } from './case-fixtures.ts';

const today = '2026-10-10';
const eur = (minor: number) => ({ currency: 'EUR', minor });
let minute = 0;

/** Applies events in order, each a minute after the other, and gathers what the case is told. */
function applied(account: FinanceAccount, ...events: (Omit<FinanceEvent, 'tenant' | 'at'> & { at?: string })[]) {
  const told: { type: string; invoice?: string; outstanding?: Money }[] = [];
  let now = account;
  for (const event of events) {
    const at = event.at ?? new Date(Date.UTC(2026, 9, 1, 0, minute++)).toISOString();
    const outcome = applyFinance(now, { tenant: 'acme', ...event, at }, finance, today);
    if (!outcome.ok) throw new Error(outcome.reason);
    now = outcome.account;
    for (const { event: one } of outcome.caseEvents) {
      told.push({
        type: one.type,
        ...('invoice' in one && one.invoice !== undefined && { invoice: one.invoice }),
        ...('outstanding' in one && one.outstanding !== undefined && { outstanding: one.outstanding }),
      });
    }
  }
  return { account: now, told };
}

const empty: FinanceAccount = { tenant: 'acme', invoices: [] };

/** Two unpaid invoices in one open case. */
function inCase(): FinanceAccount {
  const { account } = applied(
    empty,
    { type: 'unpaid', invoice: 'i-1', amount: eur(100) },
    { type: 'unpaid', invoice: 'i-2' },
  );
  return linkCase(account, 'c-1', invoicesToOpen(account, today));
}

describe('an account', () => {
  it('opens one case for what is unpaid, and no second one beside it', () => {
    const { account } = applied(
      empty,
      { type: 'unpaid', invoice: 'i-1', amount: eur(100) },
      { type: 'unpaid', invoice: 'i-2' },
    );
    expect(invoicesToOpen(account, today)).toEqual([{ invoice: 'i-1', outstanding: eur(100) }, { invoice: 'i-2' }]);
    const more = applied(inCase(), { type: 'unpaid', invoice: 'i-3' });
    expect([invoicesToOpen(more.account, today), more.told]).toEqual([[], []]);
    expect(invoicesToOpen(releaseCase(more.account, 'c-1'), today).map((due) => due.invoice)).toEqual([
      'i-1',
      'i-2',
      'i-3',
    ]);
  });

  it('tells the case of payments, of each invoice or of all', () => {
    expect(applied(inCase(), { type: 'paid', invoice: 'i-1' }).told).toEqual([{ type: 'paid', invoice: 'i-1' }]);
    const all = applied(inCase(), { type: 'paid' });
    expect(all.told).toEqual([
      { type: 'paid', invoice: 'i-1' },
      { type: 'paid', invoice: 'i-2' },
    ]);
    expect(invoicesToOpen(releaseCase(all.account, 'c-1'), today)).toEqual([]);
  });

  it('adds up part payments, each once, until the whole is paid', () => {
    const part = (minor: number, payment: string) => ({
      type: 'part-paid' as const,
      invoice: 'i-1',
      amount: eur(minor),
      payment,
    });
    const some = applied(inCase(), part(60, 'p-1'), part(60, 'p-1'), part(39, 'p-2'));
    expect(some.told).toEqual([
      { type: 'part-paid', invoice: 'i-1', outstanding: eur(40) },
      { type: 'part-paid', invoice: 'i-1', outstanding: eur(1) },
    ]);
    expect(applied(some.account, part(1, 'p-3')).told).toEqual([{ type: 'paid', invoice: 'i-1' }]);
  });

  it('stops the case for a dispute or a promise and lets it go on when the debt stands', () => {
    const { told } = applied(
      inCase(),
      { type: 'disputed', invoice: 'i-1' },
      { type: 'promised-until', invoice: 'i-2', until: '2026-11-01' },
      { type: 'unpaid', invoice: 'i-1' },
      { type: 'unpaid', invoice: 'i-2' },
      { type: 'unpaid', invoice: 'i-2' },
    );
    expect(told.map((event) => event.type)).toEqual(['dispute', 'promise', 'settle', 'promise', 'settle']);
  });

  it('settles what was disputed and is paid, while another invoice stays open', () => {
    const { told } = applied(inCase(), { type: 'disputed', invoice: 'i-1' }, { type: 'paid', invoice: 'i-1' });
    expect(told.map((event) => event.type)).toEqual(['dispute', 'paid', 'settle']);
  });

  it('takes a reversed payment as a new debt, outside the case that it left', () => {
    const { account, told } = applied(
      inCase(),
      { type: 'paid', invoice: 'i-1' },
      { type: 'reversed', invoice: 'i-1' },
      { type: 'paid', invoice: 'i-2' },
    );
    expect(told.map((event) => event.type)).toEqual(['paid', 'paid']);
    expect(invoicesToOpen(account, today)).toEqual([]);
    expect(invoicesToOpen(releaseCase(account, 'c-1'), today)).toEqual([{ invoice: 'i-1', outstanding: eur(100) }]);
  });

  it('keeps an unpaid invoice in its case when a part payment is reversed', () => {
    const { account, told } = applied(
      inCase(),
      { type: 'part-paid', invoice: 'i-1', amount: eur(60) },
      { type: 'part-paid', invoice: 'i-1', amount: eur(30) },
      { type: 'reversed', invoice: 'i-1', amount: eur(30) },
      { type: 'reversed', invoice: 'i-1' },
    );
    expect(told.map(({ type, outstanding }) => [type, outstanding])).toEqual([
      ['part-paid', eur(40)],
      ['part-paid', eur(10)],
      ['reversed', eur(40)],
      ['reversed', eur(100)],
    ]);
    expect(account.invoices.find((i) => i.invoice === 'i-1')).toMatchObject({
      case: 'c-1',
      paidMinor: 0,
      status: 'unpaid',
    });
    expect(applied(account, { type: 'paid', invoice: 'i-1' }).told).toEqual([{ type: 'paid', invoice: 'i-1' }]);
  });

  it('forgets paid invoices that are old or too many, never one of a case, and takes no older report for a debt', () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({
      ...{ invoice: `in_${String(i).padStart(24, '0')}`, status: 'paid' as const, paidMinor: 0, payments: [] },
      changedAt: new Date(Date.UTC(2026, 9, 1) + i * 60_000).toISOString(),
    }));
    const old = {
      ...many[0],
      invoice: 'old',
      status: 'paid' as const,
      paidMinor: 0,
      payments: [],
      changedAt: '2026-06-01T00:00:00.000Z',
    };
    const account = forgetPaid(
      { tenant: 'acme', invoices: [{ ...old, case: 'c-1' }, old] },
      '2026-10-10T00:00:00.000Z',
    );
    expect(account).toMatchObject({ invoices: [{ case: 'c-1' }], forgottenTo: old.changedAt });
    const full = forgetPaid({ ...account, invoices: [...account.invoices, ...many] }, '2026-10-10T00:00:00.000Z');
    expect(JSON.stringify(full).length).toBeLessThan(110_000);
    expect(full.invoices.at(-1)?.invoice).toBe(many.at(-1)?.invoice);
    const [first] = many as [(typeof many)[0]];
    const { account: later } = applied(full, { type: 'unpaid', invoice: first.invoice, at: first.changedAt });
    expect(later).toBe(full);
  });

  it('ignores what is older than what it knows', () => {
    const early = '2026-09-01T00:00:00.000Z';
    const late = applied(applied(empty, { type: 'paid', invoice: 'i-9' }).account, {
      type: 'unpaid',
      invoice: 'i-9',
      at: early,
    });
    expect(invoicesToOpen(late.account, today)).toEqual([]);
    expect(applied(inCase(), { type: 'disputed', invoice: 'i-1', at: early }).told).toEqual([]);
  });

  const onDay = (hour: number) => `2026-11-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
  const owed = { type: 'unpaid', invoice: 'i-7', amount: eur(100), at: onDay(1) } as const;
  const about = { invoice: 'i-7' } as const;

  /** The account with `i-7` in a case. */
  const owing = () => linkCase(applied(empty, owed).account, 'c-1', [about]);

  it('adds up part payments whatever order they come in', () => {
    const part = { ...about, type: 'part-paid', amount: eur(50) } as const;
    const { account, told } = applied(
      owing(),
      { ...part, payment: 'p-2', at: onDay(5) },
      { ...part, payment: 'p-1', at: onDay(4) },
      { ...part, payment: 'p-1', at: onDay(4) },
    );
    expect(account.invoices).toMatchObject([{ status: 'paid', paidMinor: 100 }]);
    expect(told.map(({ type }) => type)).toEqual(['part-paid', 'paid']);
  });

  it.each([
    ['a dispute', { ...about, type: 'disputed' as const }],
    ['a promise', { ...about, type: 'promised-until' as const, until: '2026-12-01' }],
    ['a part payment', { ...about, type: 'part-paid' as const, amount: eur(1) }],
  ])('takes a payment that comes after %s of a later hour', (_what, later) => {
    const heard = applied(owing(), { ...later, at: onDay(7) }).account;
    const { account, told } = applied(heard, { ...about, type: 'paid', at: onDay(6) });
    expect(told).toEqual([{ type: 'paid', invoice: 'i-7' }]);
    expect(account.invoices).toMatchObject([{ status: 'paid', changedAt: onDay(7) }]);
    // And so where nobody noted yet when the debt was reported.
    const old = { ...heard, invoices: heard.invoices.map(({ owedAt: _not, ...i }) => i) };
    expect(applied(old, { ...about, type: 'paid', at: onDay(6) }).told).toEqual(told);
  });

  it('takes no payment for a debt that was reported anew after it, also where that report came late', () => {
    const paid = { ...about, type: 'paid', at: onDay(6) } as const;
    expect(applied(owing(), { ...owed, at: onDay(7) }, paid).told).toEqual([]);
    const disputed = { ...about, type: 'disputed', at: onDay(9) } as const;
    expect(applied(owing(), disputed, { ...owed, at: onDay(7) }, paid).told).toEqual([{ type: 'dispute' }]);
  });

  it('ends paid, in any order and repetition of what was said, where a payment is newer than the last debt', () => {
    const types = ['unpaid', 'paid', 'part-paid', 'reversed', 'disputed', 'promised-until'] as const;
    const said = (type: FinanceEvent['type'], n: number): FinanceEvent => ({
      ...{ ...about, type, tenant: 'acme', at: onDay(n) },
      ...(type === 'unpaid' && { amount: eur(100) }),
      ...(type === 'part-paid' && { amount: eur(50) }),
      ...(type === 'promised-until' && { until: '2026-12-01' }),
      ...((type === 'paid' || type === 'part-paid' || n % 2 === 0) && { payment: `p-${n}` }),
    });
    const history = fc.record({
      before: fc.array(fc.constantFrom(...types), { maxLength: 6 }),
      inParts: fc.boolean(),
      after: fc.array(fc.constantFrom('disputed' as const, 'promised-until' as const), { maxLength: 3 }),
      order: fc.array(fc.integer(), { minLength: 24, maxLength: 24 }),
    });
    fc.assert(
      fc.property(history, ({ before, inParts, after, order }) => {
        const whole = inParts ? (['part-paid', 'part-paid'] as const) : (['paid'] as const);
        const events = (['unpaid', ...before, ...whole, ...after] as const).map(said);
        let waiting = [...events, ...events]
          .map((event, i) => ({ event, place: order[i] ?? 0 }))
          .sort((a, b) => a.place - b.place)
          .map(({ event }) => event);
        let account = empty;
        // What is refused, since the invoice is not known yet, is sent again.
        for (let tries = 0; tries < 3 && waiting.length > 0; tries++) {
          waiting = waiting.filter((event) => {
            const outcome = applyFinance(account, event, finance, today);
            if (outcome.ok) account = outcome.account;
            return !outcome.ok;
          });
        }
        expect(waiting).toEqual([]);
        expect(account.invoices.map(({ status }) => status)).toEqual(['paid']);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps what tells repeated messages apart small, and always has room for a payment', () => {
    let account: FinanceAccount = empty;
    const hourly = (n: number) => ({
      ...{ type: Math.floor(n / 20) % 5 === 4 ? ('disputed' as const) : ('unpaid' as const), invoice: `INV-${n % 20}` },
      ...{
        payment: `idem:${String(n).padStart(32, '0')}`,
        at: new Date(Date.UTC(2026, 9, 1) + n * 1000).toISOString(),
      },
    });
    for (let n = 1; n <= 4000; n++) account = forgetPaid(applied(account, hourly(n)).account, hourly(n).at);
    expect(JSON.stringify(account).length).toBeLessThan(10_000);
    expect(applied(account, hourly(4000)).account).toBe(account);
    // Many part payments of many invoices, under the longest ids.
    const payments = Array.from({ length: 300 }, (_, i) => String(i).padStart(200, 'p'));
    const full = { ...account, invoices: account.invoices.map((i) => ({ ...i, payments })) };
    const fitted = forgetPaid(full, hourly(4000).at);
    expect(JSON.stringify(fitted).length).toBeLessThanOrEqual(200_000);
    expect(fitted.invoices[0]?.payments.at(-1)).toBe(payments.at(-1));
    const paid = applied(fitted, { type: 'paid', invoice: 'INV-1', payment: 'x'.repeat(200) }).account;
    expect(JSON.stringify(forgetPaid(paid, hourly(4000).at)).length).toBeLessThanOrEqual(200_000);
    const one = applied(empty, { type: 'unpaid', invoice: 'i-1' }).account;
    const parts = payments.map((payment) => ({ type: 'part-paid' as const, invoice: 'i-1', amount: eur(1), payment }));
    expect(applied(one, ...parts).account.invoices[0]?.payments).toEqual(payments.slice(100));
  });

  it('takes the payment of the whole under an id that a part was counted under', () => {
    const part = { type: 'part-paid', invoice: 'i-1', amount: eur(60), payment: 'p-1' } as const;
    const { told } = applied(inCase(), part, { type: 'paid', invoice: 'i-1', payment: 'p-1' });
    expect(told.map(({ type }) => type)).toEqual(['part-paid', 'paid']);
  });

  it.each<[string, string, string[]]>([
    ['stops for the promise that is left', '2026-10-10', ['dispute', 'promise', 'settle', 'promise']],
    ['goes on where the day of that promise is over', '2026-10-09', ['dispute', 'promise', 'settle']],
  ])('when the last dispute of a case is settled it %s', (_what, until, types) => {
    const disputed = { type: 'disputed', invoice: 'i-1' } as const;
    const promised = { type: 'promised-until', invoice: 'i-2', until } as const;
    expect(
      applied(inCase(), disputed, promised, { type: 'unpaid', invoice: 'i-1' }).told.map(({ type }) => type),
    ).toEqual(types);
    const [first, second, ...then] = types;
    expect(
      applied(inCase(), disputed, promised, { type: 'paid', invoice: 'i-1' }).told.map(({ type }) => type),
    ).toEqual([first, second, 'paid', ...then]);
  });

  it('opens for a promise only when its day has passed', () => {
    const { account } = applied(
      empty,
      { type: 'unpaid', invoice: 'i-1' },
      { type: 'promised-until', invoice: 'i-1', until: today },
    );
    expect(invoicesToOpen(account, today)).toEqual([]);
    expect(invoicesToOpen(account, '2026-10-11')).toEqual([{ invoice: 'i-1' }]);
  });

  it('without an invoice speaks of the account, time and again', () => {
    const first = applied(empty, { type: 'unpaid' }, { type: 'paid' }, { type: 'unpaid' });
    expect(invoicesToOpen(first.account, today)).toEqual([{ invoice: 'account' }]);
  });

  it.each<[string, Partial<FinanceEvent>]>([
    ['another tenant', { tenant: 'other' }],
    ['a fraction', { amount: { currency: 'EUR', minor: 0.5 } }],
    ['nothing', { amount: { currency: 'EUR', minor: 0 } }],
    ['a part payment without amount', { type: 'part-paid' }],
    ['another currency', { type: 'part-paid', amount: { currency: 'USD', minor: 5 } }],
    ['a promise without a day', { type: 'promised-until' }],
    ['a day that does not exist', { type: 'promised-until', until: '2026-02-30' }],
    ['an unknown invoice', { type: 'disputed', invoice: 'i-404' }],
  ])('refuses %s', (_name, wrong) => {
    const event = {
      type: 'unpaid',
      tenant: 'acme',
      invoice: 'i-1',
      at: '2026-12-01T00:00:00.000Z',
      ...wrong,
    } as FinanceEvent;
    expect(applyFinance(inCase(), event, finance, today)).toMatchObject({ ok: false });
  });
});
