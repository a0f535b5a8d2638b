import { describe, expect, it, vi } from 'vitest';
import { UnavailableError } from '../../src/domain/errors.ts';
import { cases, financeAccounts, idempotentCalls, systemStates } from '../../src/records.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { resumeDestruction } from '../../src/use-cases/set-operator-stop.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { finance, operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';

const customer = { kind: 'customer' as const, id: 'acme' };

/** A customer who has asked for one file to be erased, and owes something. */
async function waiting() {
  const api = await openedApi({ now: '2026-03-02T10:00:00.000Z' });
  await api.home.tenant('acme');
  await api.home.source('acme', 'files');
  const request = { tenant: 'acme', source: 'files', paths: ['a.txt'], reason: 'customer-request' as const };
  const { id } = await openCase.typed(api.process.deps, { ...request, actor: customer });
  const say = async (event: object, headers = {}) =>
    await api.call(await api.token('finance'), 'POST', '/v1/finance/events', { tenant: 'acme', ...event }, headers);
  const sweep = async (hours: number) => {
    api.home.clock.moveTo(new Date(Date.parse('2026-03-02T10:00:00.000Z') + hours * 3600_000).toISOString());
    return await api.process.run('notice');
  };
  const cancel = async (of = id) => {
    const change = { type: 'cancel' as const };
    await changeCase.typed(api.process.deps, { case: of, actor: operator, change });
  };
  const nonPayment = async () =>
    (await cases.all(api.home.table)).map(({ value }) => value).filter(({ reason }) => reason === 'non-payment');
  return { ...api, request: id, say, sweep, cancel, nonPayment };
}

describe('what is unpaid while another case is about the account', () => {
  it('is taken and stored, with a word why no case is open', async () => {
    const { home, request, say } = await waiting();
    const answer = await say({ type: 'unpaid', invoice: 'R-1' }, { 'idempotency-key': 'r-1' });
    expect(answer).toMatchObject({ status: 200, body: { tenant: 'acme', type: 'unpaid', case: null } });
    expect(answer.body.reason).toContain(request);
    const account = (await financeAccounts.read(home.table, 'acme'))?.value;
    expect(account?.invoices).toMatchObject([{ invoice: 'R-1', status: 'unpaid' }]);
    expect(account?.invoices[0]).not.toHaveProperty('case');
  });

  it('becomes a case with full notice by the first sweep after that one has ended', async () => {
    const { home, say, sweep, cancel, nonPayment } = await waiting();
    await say({ type: 'unpaid', invoice: 'R-1' });
    await sweep(1);
    expect(await nonPayment()).toEqual([]);
    await cancel();
    expect((await sweep(2)).outcome).toBe('ok');
    const [opened] = await nonPayment();
    expect(opened).toMatchObject({ status: 'notified', noticeSentAt: '2026-03-02T12:00:00.000Z', clock: { days: 30 } });
    expect(home.handedOver).toContain(`notice/${opened?.id}/d1`);
    await sweep(3);
    expect(await nonPayment()).toHaveLength(1);
    expect(await say({ type: 'paid', invoice: 'R-1' })).toMatchObject({
      body: { case: { id: opened?.id, status: 'cancelled' } },
    });
    expect((await sweep(4)).outcome).toBe('nothing-to-do');
    await home.expectLedgerWhole();
  });

  it('and paid before that ends becomes none', async () => {
    const { say, sweep, cancel, nonPayment } = await waiting();
    await say({ type: 'unpaid', invoice: 'R-1' });
    expect(await say({ type: 'paid', invoice: 'R-1' })).toMatchObject({ status: 200, body: { case: null } });
    await cancel();
    await sweep(1);
    expect(await nonPayment()).toEqual([]);
  });

  it('waits for the end of a quarantine as well', async () => {
    const { home, process, say, sweep, cancel, nonPayment } = await waiting();
    await say({ type: 'unpaid', invoice: 'R-1' });
    await cancel();
    const state = { name: 'quarantine' as const, at: home.clock.now(), by: 'recover', reason: 'rebuilt' };
    await home.table.transact([systemStates.write(state)]);
    expect((await sweep(1)).outcome).toBe('blocked');
    expect(await nonPayment()).toEqual([]);
    await resumeDestruction.typed(process.deps, { confirm: ['quarantine'], actor: operator });
    await sweep(2);
    expect(await nonPayment()).toHaveLength(1);
  });
});

describe('what becomes unpaid beside a non-payment case', () => {
  it('gets a case of its own when that one ends by payment', async () => {
    const { say, sweep, cancel, nonPayment } = await waiting();
    await cancel();
    await say({ type: 'unpaid', invoice: 'R-1' });
    const beside = await say({ type: 'unpaid', invoice: 'R-2' });
    expect(beside.body).toMatchObject({ case: null, reason: expect.stringContaining('non-payment') });
    await sweep(1);
    await say({ type: 'paid', invoice: 'R-1' });
    await sweep(2);
    expect((await nonPayment()).map(({ status, invoices }) => [status, invoices[0]?.invoice])).toEqual([
      ['cancelled', 'R-1'],
      ['notified', 'R-2'],
    ]);
  });

  it('gets none by itself where an operator has cancelled that one: finance speaks again first', async () => {
    const { say, sweep, cancel, nonPayment } = await waiting();
    await cancel();
    const { body } = await say({ type: 'unpaid', invoice: 'R-1' });
    await cancel(body.case.id);
    await sweep(1);
    expect(await nonPayment()).toHaveLength(1);
    expect((await say({ type: 'unpaid', invoice: 'R-1' })).body.case.id).not.toBe(body.case.id);
    expect(await nonPayment()).toHaveLength(2);
  });
});

describe('a case that stood still and goes on', () => {
  const promise = { type: 'promised-until', until: '2026-03-20' };

  it.each([
    ['named', { invoice: 'R-1' }],
    ['not named', {}],
  ])('stops for a promise after the dispute was settled by an operator, its invoice %s', async (_, about) => {
    const { say, cancel, call, token, sweep, nonPayment, home } = await waiting();
    await cancel();
    const { body } = await say({ type: 'unpaid', invoice: 'R-1' });
    await sweep(1);
    await say({ type: 'disputed', invoice: 'R-1' });
    const id = body.case.id;
    expect((await say({ ...promise, ...about })).body).toMatchObject({ case: { id, status: 'disputed' } });
    expect((await call(await token('operator'), 'POST', `/v1/cases/${id}/settle`, {})).status).toBe(200);
    expect(await nonPayment()).toMatchObject([{ status: 'notified' }]);
    expect((await say({ ...promise, ...about })).body).toMatchObject({ case: { id, status: 'disputed' } });
    expect(await nonPayment()).toMatchObject([{ stop: { kind: 'promise' } }]);
    await home.expectLedgerWhole();
  });

  it('has its invoice owed again when the day of a promise is over; a payment of before it counts', async () => {
    const { say, cancel, sweep, nonPayment, home, process } = await waiting();
    await cancel();
    await say({ type: 'unpaid', invoice: 'R-1' });
    await sweep(1);
    await say({ type: 'promised-until', invoice: 'R-1', until: '2026-03-03' });
    await sweep(72);
    expect(await nonPayment()).toMatchObject([{ status: 'notified' }]);
    const account = (await financeAccounts.read(home.table, 'acme'))?.value;
    expect(account?.invoices).toMatchObject([{ status: 'unpaid' }]);
    const before = '2026-03-05T09:00:00.000Z';
    const paid = { tenant: 'acme', type: 'paid', invoice: 'R-1', at: before, actor: finance } as const;
    expect((await takeFinanceEvent.typed(process.deps, paid)).case?.status).toBe('cancelled');
  });
});

describe('a message under an Idempotency-Key', () => {
  const eur = { currency: 'EUR', minor: 60 };

  async function killedAfter(event: object) {
    const api = await waiting();
    await api.cancel();
    await api.say({ type: 'unpaid', invoice: 'R-1', amount: { currency: 'EUR', minor: 100 } });
    const again = async () => await api.say(event, { 'idempotency-key': 'k' });
    await again();
    // The process died before the answer was stored.
    const [stored] = await idempotentCalls.all(api.home.table);
    const { answer: _lost, ...call } = stored?.value ?? (undefined as never);
    await api.home.table.transact([idempotentCalls.write({ ...call, status: 'running', until: call.since + 120_000 })]);
    api.home.clock.pass(180_000);
    const invoice = async () => (await financeAccounts.read(api.home.table, 'acme'))?.value.invoices[0];
    return { ...api, again, invoice };
  }

  it('counts once, though the process died before its answer was kept', async () => {
    const { again, invoice, home, nonPayment } = await killedAfter({ type: 'part-paid', invoice: 'R-1', amount: eur });
    expect((await again()).status).toBe(200);
    expect(await invoice()).toMatchObject({ status: 'unpaid', paidMinor: 60 });
    expect(await nonPayment()).toMatchObject([{ status: 'opened' }]);
    // A day later the key is free for another message of the same words.
    home.clock.pass(25 * 3600_000);
    await again();
    expect(await invoice()).toMatchObject({ status: 'paid' });
  });

  it('says "unpaid" once: what was paid meanwhile stays paid', async () => {
    const { say, again, invoice } = await killedAfter({ type: 'unpaid', invoice: 'R-1' });
    await say({ type: 'paid', invoice: 'R-1' });
    await again();
    expect(await invoice()).toMatchObject({ status: 'paid' });
  });

  it('counts once also where a fault came after it was stored', async () => {
    const { say, home, cancel, process } = await waiting();
    await cancel();
    await say({ type: 'unpaid', invoice: 'R-1', amount: { currency: 'EUR', minor: 100 } });
    const again = async () =>
      (await say({ type: 'part-paid', invoice: 'R-1', amount: eur }, { 'idempotency-key': 'k' })).status;
    const { table } = process.deps;
    const { transact, get } = table;
    let faults = 0;
    vi.spyOn(table, 'transact').mockImplementation(async (writes) => {
      await transact(writes);
      if (faults === 0 && writes.some((write) => 'put' in write && write.put.pk === 'FINANCE')) faults = 1;
    });
    vi.spyOn(table, 'get').mockImplementation(async (key) => {
      if (faults !== 1) return await get(key);
      faults = 2;
      throw new UnavailableError('the table does not answer');
    });
    expect(await again()).toBe(503);
    expect(await again()).toBe(200);
    const account = (await financeAccounts.read(home.table, 'acme'))?.value;
    expect(account?.invoices).toMatchObject([{ paidMinor: 60 }]);
  });
});

describe('a customer who owes something', () => {
  it('opens no further request while the case for it waits, and none in its place', async () => {
    const { home, say, cancel, nonPayment, call, token } = await waiting();
    await say({ type: 'unpaid', invoice: 'R-1' });
    const own = await token('tenant:self', { tenant: 'acme' });
    const ask = async (path: string) =>
      await call(own, 'POST', '/v1/cases', {
        tenant: 'acme',
        source: 'files',
        paths: [path],
        reason: 'customer-request',
      });
    expect(await ask('deep/b.txt')).toMatchObject({ status: 409, body: { detail: expect.stringContaining('owed') } });
    await cancel();
    expect(await ask('a.txt')).toMatchObject({ status: 409, body: { detail: expect.stringContaining('non-payment') } });
    expect(await nonPayment()).toMatchObject([{ status: 'opened' }]);
    await home.expectLedgerWhole();
  });

  it.each(['extend', 'keep-until'])('may not put a case off for ever (%s): 400 with a pointer', async (change) => {
    const { process, token, call, sweep, cancel } = await waiting();
    await cancel();
    const { id } = await openCase.typed(process.deps, { tenant: 'acme', reason: 'obsolete', actor: operator });
    await sweep(1);
    const own = await token('tenant:self', { tenant: 'acme' });
    const put = async (until: string) => await call(own, 'POST', `/v1/cases/${id}/${change}`, { until });
    expect(await put('2999-01-01')).toMatchObject({ status: 400, body: { errors: [{ pointer: '/until' }] } });
    expect((await put('2027-03-02')).status).toBe(200);
  });
});
