import { expect, it } from 'vitest';
import { webhookDeliveries, webhooks } from '../../src/records.ts';
import { deliverWebhooks } from '../../src/use-cases/deliver-webhooks.ts';
import { createWebhook } from '../../src/use-cases/webhooks.ts';
import { openAlerts } from './checks.ts';
import { expectErased, sweepOf, unpaidLife } from './erasure-life.ts';
import { operator } from './memory-home.ts';
import { permittedPorts } from './permitted-ports.ts';

const dayMs = 24 * 3600_000;
const told = ['case.certified', 'case.closed', 'case.due', 'case.erasing', 'certificate.issued'];

/** A life that is erased, with a subscriber to everybody's events and one to those of `acme`, whose address names it. */
async function erasedLife() {
  const life = await unpaidLife();
  const arrived: { [address: string]: string[] } = { all: [], acme: [], bus: [] };
  const answers: number[] = [];
  const process = life.process({
    change: () => ({
      post: async (url, { body }) => {
        const status = answers.shift() ?? 200;
        if (status === 200) arrived[url.includes('gulls') ? 'acme' : 'all']?.push(JSON.parse(body).type);
        return status;
      },
      publish: async ({ type }) => {
        arrived.bus?.push(type);
        return 200;
      },
    }),
  });
  const types = ['case.*' as const, 'certificate.issued' as const];
  const subscribe = async (fields: { url: string; tenant?: string }) =>
    await createWebhook.typed(process.deps, { ...fields, types, actor: operator });
  await subscribe({ url: 'https://billing.example/' });
  await subscribe({ url: 'https://hooks.gulls.example/', tenant: 'acme' });
  await subscribe({ url: 'https://other.example/', tenant: 'other' });
  await process.run('notice', sweepOf(life));
  await expectErased(life);
  const deliver = async () => await deliverWebhooks.typed(permittedPorts('DeliverWebhooks', process.deps), {});
  const subscribers = async () => (await webhooks.list(life.table, 'WEBHOOKS')).map(({ value }) => value.url).sort();
  return { ...life, process, arrived, answers, subscribe, deliver, subscribers };
}

it('everything that an erasure tells arrives after it, also at a subscriber to that tenant, who is then let go', async () => {
  const { arrived, deliver, subscribers, subscribe, rows, expectLedgerWhole } = await erasedLife();
  await deliver();
  expect(Object.values(arrived).map((types) => types.sort())).toEqual([told, told, told]);
  expect(await subscribers()).toEqual(['https://billing.example/', 'https://other.example/']);
  expect([...rows.values()].filter((row) => JSON.stringify(row).includes('gulls.example'))).toEqual([]);
  await expect(subscribe({ url: 'https://late.example/', tenant: 'acme' })).rejects.toThrow('was erased');
  await expectLedgerWhole();
});

it('a subscriber to the tenant that does not answer stays until its last message is given up', async () => {
  const { arrived, answers, deliver, subscribers, clock } = await erasedLife();
  answers.push(503, 503);
  await deliver();
  expect(await subscribers()).toContain('https://hooks.gulls.example/');
  clock.pass(60_000);
  await deliver();
  expect(arrived.acme?.sort()).toEqual(told);
  expect(await subscribers()).not.toContain('https://hooks.gulls.example/');
});

it('the alert of what a subscriber to the tenant has not got ends with the subscription', async () => {
  const life = await erasedLife();
  const { deliver, subscribers, answers } = life;
  answers.push(...new Array(10_000).fill(410));
  await deliver();
  expect(await subscribers()).not.toContain('https://hooks.gulls.example/');
  const left = (await webhooks.list(life.table, 'WEBHOOKS')).find(
    ({ value }) => value.url === 'https://billing.example/',
  );
  const dead = (await openAlerts(life)).filter((alert) => alert.startsWith('webhook-dead'));
  expect(dead).toEqual([`webhook-dead ${left?.value.id}`]);
});

it('messages about an erased tenant end after their time, whether they arrived or not, and so do their alerts', async () => {
  const life = await erasedLife();
  const { answers, deliver, table, clock } = life;
  answers.push(...new Array(10_000).fill(410));
  await deliver();
  const statuses = async () => new Set((await webhookDeliveries.all(table)).map(({ value }) => value.status));
  expect(await statuses()).toEqual(new Set(['dead', 'delivered']));
  clock.pass(31 * dayMs);
  await deliver();
  expect(await statuses()).toEqual(new Set());
  expect((await openAlerts(life)).filter((alert) => alert.startsWith('webhook-dead'))).toEqual([]);
});
