import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { cases, financeAccounts, ledgerEntries, tenants } from '../../src/records.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { openAlerts } from '../workflows/checks.ts';
import { finance } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';

const secret = 'whsec_of_the_test';
const signer = new Stripe('sk_test_unused');

async function opened() {
  const api = await openedApi({ now: '2026-03-02T10:00:00.000Z' }, { stripeSecrets: ['whsec_new', secret] });
  await api.home.tenant('acme');
  await api.home.source('acme', 'files');
  const operator = await api.token('operator');
  await api.call(operator, 'PATCH', '/v1/tenants/acme', { stripeCustomer: 'cus_acme' });
  const seconds = Math.floor(api.home.clock.wall() / 1000);
  const send = async (
    payload: string,
    { timestamp = seconds, with: key = secret, header }: { timestamp?: number; with?: string; header?: string } = {},
  ) => {
    const signature = header ?? signer.webhooks.generateTestHeaderString({ payload, secret: key, timestamp });
    return await api.call(undefined, 'POST', '/v1/finance/stripe', payload, { 'stripe-signature': signature });
  };
  const open = async () => (await cases.all(api.home.table)).map(({ value }) => value.status).sort();
  return { ...api, send, seconds, open };
}

let events = 0;

/** An event as Stripe sends it, written with blanks and newlines: the signature is over these very bytes. */
function invoiceEvent(type: string, status: string, created: number, change: object = {}): string {
  const object = {
    ...{ object: 'invoice', id: 'in_1', customer: 'cus_acme', status, currency: 'eur', metadata: {} },
    ...{ amount_due: 1250, amount_remaining: status === 'paid' ? 0 : 1250 },
    ...change,
  };
  return JSON.stringify({ id: `evt_${events++}`, object: 'event', type, created, data: { object } }, null, 2);
}

describe('signatures', () => {
  it('that hold are taken, also under the secret that is being replaced', async () => {
    const { send, seconds, open } = await opened();
    const answer = await send(invoiceEvent('invoice.payment_failed', 'open', seconds));
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'taken' } });
    expect(await open()).toEqual(['opened']);
  });

  it.each<[string, (s: Awaited<ReturnType<typeof opened>>, payload: string) => Promise<{ status: number }>]>([
    [
      'of an altered body',
      async ({ send, seconds }, payload) => {
        const header = signer.webhooks.generateTestHeaderString({ payload, secret, timestamp: seconds });
        return await send(payload.replace('1250', '1251'), { header });
      },
    ],
    ['with another secret', async ({ send }, payload) => await send(payload, { with: 'whsec_other' })],
    ['that are old', async ({ send, seconds }, payload) => await send(payload, { timestamp: seconds - 301 })],
    ['from the future', async ({ send, seconds }, payload) => await send(payload, { timestamp: seconds + 301 })],
    [
      'that are old, with a newer time before the one that was signed',
      async ({ send, seconds }, payload) => {
        const old = signer.webhooks.generateTestHeaderString({ payload, secret, timestamp: seconds - 86_400 });
        return await send(payload, { header: `t=${seconds},${old}` });
      },
    ],
    [
      'that are old, with a newer time after the one that was signed',
      async ({ send, seconds }, payload) => {
        const old = signer.webhooks.generateTestHeaderString({ payload, secret, timestamp: seconds - 86_400 });
        return await send(payload, { header: `${old},t=${seconds}` });
      },
    ],
    [
      'that hold, with their time twice',
      async ({ send, seconds }, payload) => {
        const header = signer.webhooks.generateTestHeaderString({ payload, secret, timestamp: seconds });
        return await send(payload, { header: `t=${seconds},${header}` });
      },
    ],
    [
      'whose time is more than a number',
      async ({ send, seconds }, payload) => {
        const header = signer.webhooks.generateTestHeaderString({ payload, secret, timestamp: seconds });
        return await send(payload, { header: header.replace(/t=\d+/, '$&=1') });
      },
    ],
    ['that are none', async ({ send }, payload) => await send(payload, { header: 'x' })],
    ['without a header', async ({ send }, payload) => await send(payload, { header: '' })],
  ])('%s are refused, and go on record', async (_what, attempt) => {
    const api = await opened();
    expect((await attempt(api, invoiceEvent('invoice.payment_failed', 'open', api.seconds))).status).toBe(400);
    expect(await api.open()).toEqual([]);
    const entries = await ledgerEntries.list(api.home.table, 'LEDGER#system');
    expect(entries.filter(({ value }) => value.type === 'access-refused')).toHaveLength(1);
  });
});

describe('events', () => {
  it('that come twice, or after a newer state, change nothing', async () => {
    const { send, seconds, open } = await opened();
    const failed = invoiceEvent('invoice.payment_failed', 'open', seconds - 20);
    expect((await send(failed)).body.outcome).toBe('taken');
    expect((await send(failed)).body.outcome).toBe('repeated');
    expect((await send(invoiceEvent('invoice.paid', 'paid', seconds - 10))).body.outcome).toBe('taken');
    expect(await open()).toEqual(['cancelled']);
    // Sent before the payment, delivered after it.
    await send(invoiceEvent('invoice.payment_failed', 'open', seconds - 15));
    await send(invoiceEvent('invoice.overdue', 'open', seconds - 10));
    expect(await open()).toEqual(['cancelled']);
    await send(invoiceEvent('invoice.payment_failed', 'open', seconds - 5));
    expect(await open()).toEqual(['cancelled', 'opened']);
  });

  it('that say "paid" first outlast an older "failed" that comes later', async () => {
    const { send, seconds, open, process, home } = await opened();
    expect((await send(invoiceEvent('invoice.paid', 'paid', seconds))).body.outcome).toBe('taken');
    await send(invoiceEvent('invoice.payment_failed', 'open', seconds - 60));
    await process.run('notice');
    expect(await open()).toEqual([]);
    // A year of ordinary payments later it is known no more, and still means nothing.
    for (const day of ['2026-06-10', '2026-12-01']) {
      home.clock.moveTo(`${day}T10:00:00.000Z`);
      const paid = { tenant: 'acme', type: 'paid' as const, invoice: day, actor: finance };
      await takeFinanceEvent.typed(process.deps, paid);
    }
    const account = (await financeAccounts.read(home.table, 'acme'))?.value;
    expect(account?.invoices.map(({ invoice }) => invoice)).toEqual(['2026-12-01']);
    const late = { tenant: 'acme', type: 'unpaid' as const, invoice: 'in_1', actor: finance };
    await takeFinanceEvent.typed(process.deps, { ...late, at: '2026-03-02T09:59:00.000Z' });
    expect(await open()).toEqual([]);
    await takeFinanceEvent.typed(process.deps, late);
    expect(await open()).toEqual(['opened']);
  });

  it('of ordinary payments open nothing; of other customers and of other kinds they are passed over', async () => {
    const { send, seconds, open } = await opened();
    expect((await send(invoiceEvent('invoice.paid', 'paid', seconds))).body.outcome).toBe('taken');
    for (const payload of [
      invoiceEvent('invoice.payment_failed', 'open', seconds, { customer: 'cus_other' }),
      invoiceEvent('invoice.finalized', 'open', seconds),
      invoiceEvent('charge.succeeded', 'paid', seconds),
    ]) {
      expect((await send(payload)).body.outcome).toBe('ignored');
    }
    expect(await open()).toEqual([]);
  });

  it('of subscriptions mean what the plan says', async () => {
    const { send, seconds, open, home } = await opened();
    const subscription = (status: string, created: number) =>
      JSON.stringify({
        ...{ id: `evt_${events++}`, object: 'event', type: 'customer.subscription.updated', created },
        data: {
          object: {
            ...{ object: 'subscription', id: 'sub_1', customer: 'cus_acme', status, latest_invoice: 'in_9' },
            metadata: {},
          },
        },
      });
    expect((await send(subscription('past_due', seconds - 9))).body.outcome).toBe('ignored');
    home.plan('unattended', (plan) => ({ ...plan, stripe: { subscriptionStatus: { past_due: 'unpaid' } } }));
    expect((await send(subscription('past_due', seconds - 8))).body.outcome).toBe('taken');
    expect(await open()).toEqual(['opened']);
    await send(subscription('active', seconds - 7));
    expect(await open()).toEqual(['cancelled']);
  });

  it('of money for an account that was erased are told to an operator', async () => {
    const { send, seconds, open, home } = await opened();
    const stored = await tenants.read(home.table, 'acme');
    if (stored === undefined) throw new Error('there is no tenant');
    await home.table.transact([tenants.write({ ...stored.value, status: 'erased' }, stored.version)]);
    const metadata = { tenure_tenant: 'acme' };
    const failed = invoiceEvent('invoice.payment_failed', 'open', seconds - 5, { metadata });
    expect((await send(failed)).body.outcome).toBe('ignored');
    expect((await send(invoiceEvent('invoice.paid', 'paid', seconds, { metadata }))).body.outcome).toBe('too-late');
    expect(await openAlerts(home)).toEqual(['payment-too-late in_1']);
    expect(await open()).toEqual([]);
  });

  it('of an account that another case is about are taken, and say why no case is open', async () => {
    const { send, seconds, open, process, home } = await opened();
    const request = { tenant: 'acme', source: 'files', reason: 'customer-request' as const };
    const { id } = await openCase.typed(process.deps, { ...request, actor: { kind: 'customer', id: 'acme' } });
    const failed = invoiceEvent('invoice.payment_failed', 'open', seconds - 20);
    const answer = await send(failed);
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'taken', reason: expect.stringContaining(id) } });
    expect((await send(failed)).body.outcome).toBe('repeated');
    const cancel = { type: 'cancel' as const };
    await changeCase.typed(process.deps, { case: id, actor: { kind: 'operator', id: 'olga' }, change: cancel });
    await process.run('notice');
    expect(await open()).toEqual(['cancelled', 'notified']);
    await home.expectLedgerWhole();
  });

  it('name a tenant themselves, where their metadata do', async () => {
    const { send, seconds, open } = await opened();
    const metadata = { tenure_tenant: 'acme' };
    await send(invoiceEvent('invoice.payment_failed', 'open', seconds, { customer: 'cus_unknown', metadata }));
    expect(await open()).toEqual(['opened']);
  });
});

describe('the limit of an address', () => {
  async function limited() {
    const limits = { perCaller: 1000, perAddress: 3 };
    const api = await openedApi({ now: '2026-03-02T10:00:00.000Z' }, { stripeSecrets: [secret], limits });
    const timestamp = Math.floor(api.home.clock.wall() / 1000);
    const send = async (key: string) => {
      const payload = invoiceEvent('invoice.payment_failed', 'open', timestamp, { customer: 'cus_unknown' });
      const signature = signer.webhooks.generateTestHeaderString({ payload, secret: key, timestamp });
      const headers = { 'stripe-signature': signature, 'content-length': String(Buffer.byteLength(payload)) };
      return (await api.call(undefined, 'POST', '/v1/finance/stripe', payload, headers)).status;
    };
    return { ...api, send };
  }

  it('is not for events that are validly signed, however many, and also once strangers have used it up', async () => {
    const { send, call } = await limited();
    for (let n = 0; n < 10; n++) expect(await send(secret)).toBe(200);
    for (let n = 0; n < 3; n++) expect((await call(undefined, 'GET', '/healthz')).status).toBe(200);
    expect((await call(undefined, 'GET', '/healthz')).status).toBe(429);
    expect(await send(secret)).toBe(200);
  });

  it('is for whatever else comes to the same place', async () => {
    const { send, call } = await limited();
    for (let n = 0; n < 3; n++) expect(await send('whsec_other')).toBe(400);
    expect(await send('whsec_other')).toBe(429);
    expect((await call(undefined, 'POST', '/v1/finance/stripe', {})).status).toBe(429);
    expect(await send(secret)).toBe(200);
  });
});
