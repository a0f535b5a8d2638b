import Stripe from 'stripe';
import { expect, it } from 'vitest';
import type { Case } from '../../src/domain/case.ts';
import { cases, financeAccounts, stripeCustomers, tenants } from '../../src/records.ts';
import { listCases } from '../../src/use-cases/list-cases.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { releaseHold } from '../../src/use-cases/release-hold.ts';
import { runControls } from '../../src/use-cases/run-controls.ts';
import { survey } from '../../src/use-cases/survey.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { countedTable } from '../memory/counted-table.ts';
import { memoryTable } from '../memory-ports.ts';
import { finance, operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';

const now = '2026-03-02T10:00:00.000Z';
const signer = new Stripe('sk_test_unused');

/** An API with the tenants `acme`, which owes money and has an open case, and `beta`, whose case is over. */
async function opened() {
  const table = countedTable(memoryTable());
  const api = await openedApi({ now, table }, { stripeSecrets: ['whsec_x'] });
  const { deps } = api.process;
  const [acme, beta] = [await api.home.tenant('acme'), await api.home.tenant('beta')];
  await api.home.source('acme', 'files');
  const tell = async (tenant: string, type: 'unpaid' | 'paid') =>
    (await takeFinanceEvent.typed(deps, { tenant, type, invoice: 'i', actor: finance })).case?.id ?? '';
  const id = await tell('acme', 'unpaid');
  await tell('beta', 'unpaid');
  await tell('beta', 'paid');
  const over = (await cases.of(table, 'beta'))[0]?.value ?? expect.fail();
  const bearer = await api.token('operator');
  return {
    ...api,
    deps,
    table,
    acme,
    beta,
    id,
    over,
    get: async (path: string) => await api.call(bearer, 'GET', path),
  };
}

type Opened = Awaited<ReturnType<typeof opened>>;

/** The same work reads as many rows after something was added that it is not about. */
async function expectNoMore({ table }: Opened, work: () => Promise<unknown>, add: () => Promise<unknown>) {
  // The first time something is noted that later times find noted.
  await work();
  const before = await table.rowsReadBy(work);
  await add();
  expect(await table.rowsReadBy(work)).toBe(before);
}

const addCases = async ({ table, over }: Opened, count: number, change: (n: number) => Partial<Case> = () => ({})) => {
  const copies = Array.from({ length: count }, (_, n) => {
    const id = `c-${String(n).padStart(10, '0')}`;
    return { ...over, id, tenant: `t${n}`, scope: { tenant: `t${n}` }, ...change(n) } as Case;
  });
  for (const copy of copies) await table.transact([cases.write(copy, 'absent')]);
};

it.each<[string, (api: Opened) => Promise<unknown>]>([
  ['a page of open cases', async ({ get }) => await get('/v1/cases?open=true&limit=1')],
  ['the list of open cases', async ({ deps }) => await listCases.typed(deps, { open: true })],
  ['a sweep for backups', async ({ process }) => await process.run('backup')],
  ['a sweep over cases', async ({ process }) => await process.run('notice')],
  ['the overview', async ({ deps }) => await survey.typed(deps, {})],
  ['a round of the controls', async ({ deps }) => await runControls.typed(deps, {})],
])('%s reads no cases that are over', async (_what, work) => {
  const api = await opened();
  const run = async () => await work(api);
  await run();
  await run();
  const read = await api.table.rowsReadBy(run);
  await addCases(api, 300);
  // A run reads what earlier runs have left, which grows by a few rows a run.
  expect(await api.table.rowsReadBy(run)).toBeLessThan(read + 50);
});

it('a first notice counts the day’s others without reading cases', async () => {
  const api = await opened();
  await addCases(api, 300, () => ({ openedAt: '2026-03-01T10:00:00.000Z', noticeSentAt: '2026-03-01T10:00:00.000Z' }));
  const waiting = async () => (await api.get('/v1/cases?open=true')).body.items[0].status;
  expect(await waiting()).toBe('opened');
  expect(await api.table.rowsReadBy(async () => await api.process.run('notice'))).toBeLessThan(200);
  expect(await waiting()).toBe('notified');
});

it('pages of open cases and of all come in one order, and end', async () => {
  const api = await opened();
  await addCases(api, 25, (n) => ({
    openedAt: `2026-03-01T10:00:${String(n).padStart(2, '0')}.000Z`,
    ...(n % 3 === 0 ? { status: 'opened' } : {}),
  }));
  const walk = async (query: string) => {
    const ids: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await api.get(`/v1/cases?${query}${cursor}`);
      ids.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.next === undefined) return ids;
      cursor = `&cursor=${body.next}`;
    }
  };
  const every = Array.from({ length: 25 }, (_, n) => `c-${String(n).padStart(10, '0')}`);
  expect((await walk('limit=4')).slice(0, 25)).toEqual(every);
  expect(await walk('limit=2&open=true')).toEqual([...every.filter((_, n) => n % 3 === 0), api.id]);
  expect(await walk('limit=1&open=true&tenant=acme')).toEqual([api.id]);
  expect(await walk('limit=1&open=true&tenant=beta')).toEqual([]);
  expect(await walk('limit=1&tenant=beta')).toHaveLength(1);
});

it('a case is decided by the holds in force on its tenant: others, and released ones, are not read', async () => {
  const api = await opened();
  const { deps } = api;
  const place = async (tenant: string) => await placeHold.typed(deps, { tenant, reason: 'lawsuit', actor: operator });
  const held = await place('acme');
  await expectNoMore(
    api,
    async () => expect((await api.get(`/v1/cases/${api.id}`)).body).toMatchObject({ holds: [{ id: held.id }] }),
    async () => {
      for (let n = 0; n < 20; n++) {
        await place('beta');
        await releaseHold.typed(deps, { hold: (await place('acme')).id, reason: 'settled', actor: operator });
      }
    },
  );
  await releaseHold.typed(deps, { hold: held.id, reason: 'settled', actor: operator });
  expect((await api.get(`/v1/cases/${api.id}`)).body).toMatchObject({ holds: [], status: 'opened' });
  const count = async (query: string) => (await api.get(`/v1/holds?${query}`)).body.items.length;
  expect([await count(''), await count('tenant=acme'), await count('all=true&tenant=acme')]).toEqual([20, 0, 21]);
});

it('an event of Stripe’s finds its tenant by the customer, and reads no others', async () => {
  const api = await opened();
  const { table, acme } = api;
  const set = async (id: string, stripeCustomer: string) =>
    await table.transact([
      tenants.write({ ...acme, id, stripeCustomer }),
      stripeCustomers.write({ customer: stripeCustomer, tenant: id }),
    ]);
  await set('acme', 'cus_A1');
  let events = 0;
  const send = async (customer: string) => {
    const object = { object: 'invoice', id: 'in_1', customer, status: 'open', currency: 'eur', metadata: {} };
    const data = { object: { ...object, amount_due: 5, amount_remaining: 5 } };
    const created = Math.floor(api.home.clock.wall() / 1000);
    const event = { id: `evt_${events++}`, object: 'event', type: 'invoice.payment_failed', created, data };
    const payload = JSON.stringify(event);
    const signature = signer.webhooks.generateTestHeaderString({ payload, secret: 'whsec_x', timestamp: created });
    return (await api.call(undefined, 'POST', '/v1/finance/stripe', payload, { 'stripe-signature': signature })).body;
  };
  await expectNoMore(
    api,
    async () => expect(await send('cus_A1')).toMatchObject({ outcome: 'taken' }),
    async () => {
      for (let n = 0; n < 50; n++) await set(`t${n}`, `cus_B${n}`);
    },
  );
  // Longer than the one that is meant.
  await set('aab', 'cus_A12');
  expect(await send('cus_A1')).toMatchObject({ outcome: 'taken' });
  expect(await send('cus_A')).toMatchObject({ outcome: 'ignored' });
  const accounts = await financeAccounts.list(table, 'FINANCE');
  expect(accounts.map(({ value }) => value.tenant)).toEqual(['acme', 'beta']);
});
