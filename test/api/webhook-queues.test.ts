import { expect, it } from 'vitest';
import { opendsrRequests, webhookDeliveries } from '../../src/records.ts';
import { deliverWebhooks } from '../../src/use-cases/deliver-webhooks.ts';
import { eventWrites } from '../../src/use-cases/outgoing-events.ts';
import { redeliver, removeWebhook } from '../../src/use-cases/webhooks.ts';
import { openAlerts } from '../workflows/checks.ts';
import { operator } from '../workflows/memory-home.ts';
import { permittedPorts } from '../workflows/permitted-ports.ts';
import { openedApi } from './fixture.ts';

/** What a receiver answers, by its address; each try of a message counts. */
type Answer = (event: { type: string; data: { [name: string]: string } }) => number | string | Promise<number | string>;

/** Two subscribers: `first` of cases, `second` of failed backups. */
async function subscribed(answers: { first: Answer; second: Answer }) {
  const api = await openedApi();
  const { home, process, call, token } = api;
  await home.tenant('acme');
  const by = await token('operator');
  const ids: string[] = [];
  for (const [name, type] of [
    ['first', 'case.*'],
    ['second', 'backup.failed'],
  ]) {
    const { body } = await call(by, 'POST', '/v1/webhooks', { url: `https://${name}.example/`, types: [type] });
    ids.push(body.id);
  }
  const tries: string[] = [];
  process.deps.post = async (url, { body }) => {
    const name = new URL(url).hostname.startsWith('first') ? 'first' : 'second';
    tries.push(name);
    return await answers[name](JSON.parse(body));
  };
  const { deps } = process;
  return {
    ...api,
    deps,
    ids,
    tries,
    tell: async (type: 'case.opened' | 'backup.failed', data: { [name: string]: string } = {}) => {
      await deps.table.transact(await eventWrites(deps, type, { tenant: 'acme', data }));
    },
    deliver: async () => await deliverWebhooks.typed(permittedPorts('DeliverWebhooks', deps), {}),
    all: async () => (await webhookDeliveries.all(deps.table)).map(({ value }) => value),
  };
}

it('what waits for an address that does not answer, however much, keeps nobody else waiting', async () => {
  const { tell, deliver, tries, home } = await subscribed({ first: () => 'timeout', second: () => 200 });
  for (let n = 0; n < 350; n++) await tell('case.opened');
  home.clock.pass(60_000);
  await tell('backup.failed');
  expect(await deliver()).toMatchObject({ delivered: 1, failed: 1 });
  expect(tries.sort()).toEqual(['first', 'second']);
});

it('a receiver that is slow keeps nobody else waiting, and a call from ending', async () => {
  const slow = () => {
    home.clock.pass(14_000);
    return 200;
  };
  const { home, tell, deliver, tries } = await subscribed({ first: slow, second: () => 200 });
  for (let n = 0; n < 120; n++) await tell('case.opened');
  home.clock.pass(1000);
  await tell('backup.failed');
  await deliver();
  expect(tries.filter((name) => name === 'second')).toHaveLength(1);
  expect(tries.length).toBeLessThan(6);
});

it('one message that a receiver does not stand holds up those after it until the next call at most', async () => {
  const answer: Answer = ({ data }) => (data.case === 'bad' ? 500 : 200);
  const { tell, deliver, home, all } = await subscribed({ first: answer, second: () => 200 });
  for (const name of ['bad', 'b', 'c', 'd']) {
    await tell('case.opened', { case: name });
    home.clock.pass(1);
  }
  expect(await deliver()).toMatchObject({ delivered: 0, failed: 1 });
  home.clock.pass(60_000);
  expect(await deliver()).toMatchObject({ delivered: 3, failed: 1 });
  expect((await all()).filter(({ status }) => status === 'waiting')).toMatchObject([{ attempts: 2 }]);
});

it('of many that wait for a dead address none is tried for longer than three days', async () => {
  const { tell, deliver, home, all, tries, call, token, ids } = await subscribed({
    first: () => 503,
    second: () => 200,
  });
  for (let n = 0; n < 40; n++) await tell('case.opened');
  for (let hour = 0; hour < 75; hour++) {
    await deliver();
    home.clock.pass(3600_000);
  }
  // One that comes late has its own three days.
  await tell('case.opened', { case: 'late' });
  home.clock.pass(3600_000);
  for (let call = 0; call < 2; call++) await deliver();
  expect(tries.length).toBeLessThan(100);
  const [waiting, ...others] = (await all()).filter(({ status }) => status === 'waiting');
  expect([waiting?.event.data.case, others]).toEqual(['late', []]);
  const { body } = await call(await token('operator'), 'GET', '/v1/webhooks/dead-letters?limit=100');
  expect(body.items).toHaveLength(40);
  expect(body.items[0]).toMatchObject({ last: 'HTTP 503' });
  expect(await openAlerts(home)).toEqual([`webhook-dead ${ids[0]}`]);
  home.clock.pass(28 * 24 * 3600_000);
  await deliver();
  expect(await all()).toHaveLength(41);
  home.clock.pass(31 * 24 * 3600_000);
  await deliver();
  expect(await all()).toEqual([]);
  expect(await openAlerts(home), 'nothing is left to be sent again').toEqual([]);
});

it.each(['the first', 'all that waits'])(
  'no process dies between a dead letter and the word of it: %s',
  async (which) => {
    const { tell, deliver, home, all, deps, ids } = await subscribed({ first: () => 410, second: () => 200 });
    for (let n = 0; n < 3; n++) await tell('case.opened');
    if (which === 'all that waits') {
      for (const { value, version } of await webhookDeliveries.all(deps.table)) {
        const failingSince = new Date(home.clock.wall() - 4 * 24 * 3600_000).toISOString();
        await deps.table.transact([webhookDeliveries.write({ ...value, failingSince }, version)]);
      }
      deps.post = async () => 503;
    }
    let stored = 0;
    const { transact } = deps.table;
    deps.table = {
      ...deps.table,
      transact: async (writes) => {
        if (stored > 0) throw new Error('killed');
        await transact(writes);
        if (JSON.stringify(writes).includes('"status":"dead"')) stored += 1;
      },
    };
    await expect(deliver()).rejects.toThrow('killed');
    expect((await all()).filter(({ status }) => status === 'dead')).toHaveLength(1);
    expect(await openAlerts(home)).toEqual([`webhook-dead ${ids[0]}`]);
  },
);

it('a message that is removed while its last try fails leaves no alert', async () => {
  let meanwhile: () => Promise<unknown> = async () => undefined;
  const answer: Answer = async () => {
    await meanwhile();
    return 410;
  };
  const { tell, deliver, ids, deps, home } = await subscribed({ first: answer, second: () => 200 });
  await tell('case.opened');
  meanwhile = async () => await removeWebhook.typed(deps, { id: ids[0] ?? '', actor: operator });
  await deliver();
  expect(await openAlerts(home)).toEqual([]);
});

it('the alert stays open also where the index that lists dead letters lags behind', async () => {
  const answer: Answer = ({ data }) => (data.case === 'gone' ? 410 : 200);
  const { tell, deliver, deps, home, ids } = await subscribed({ first: answer, second: () => 200 });
  await tell('case.opened', { case: 'gone' });
  await tell('case.opened');
  const { queryIndex } = deps.table;
  deps.table = {
    ...deps.table,
    queryIndex: async (...asked) =>
      (await queryIndex(...asked)).filter((row) => !JSON.stringify(row).includes('"status":"dead"')),
  };
  expect(await deliver()).toMatchObject({ delivered: 1, dead: 1 });
  expect(await openAlerts(home)).toEqual([`webhook-dead ${ids[0]}`]);
});

it('callbacks of several cases to one server have an alert each', async () => {
  const { deliver, home, deps, all } = await subscribed({ first: () => 200, second: () => 200 });
  const failingSince = new Date(home.clock.wall() - 4 * 24 * 3600_000).toISOString();
  const nextAt = new Date(home.clock.wall()).toISOString();
  for (const target of ['od-1', 'od-2', 'od-3']) {
    const request = { controller: 'c', requestId: target, digest: '', expectedAt: nextAt, callbackUrls: [] };
    const row = { ...request, caseId: target.replace('od', 'c'), tenant: 'acme', receivedAt: nextAt };
    await deps.table.transact([opendsrRequests.write(row, 'absent')]);
    const event = { type: 'opendsr.status' as const, at: nextAt, data: { url: 'https://first.example/' } };
    const base = { id: `msg-${target}`, target, event, status: 'waiting' as const, attempts: 0, nextAt, failingSince };
    await deps.table.transact([webhookDeliveries.write(base, 'absent')]);
  }
  expect(await deliver()).toMatchObject({ dead: 3 });
  expect((await all()).map(({ last }) => last)).toEqual(new Array(3).fill('no certificate'));
  expect(await openAlerts(home)).toEqual(['webhook-dead od-1', 'webhook-dead od-2', 'webhook-dead od-3']);
});

it('what an operator does with a message while it is being sent stands, and the call goes on', async () => {
  let meanwhile: () => Promise<unknown> = async () => undefined;
  const answer: Answer = async () => {
    await meanwhile();
    return 500;
  };
  const { tell, deliver, ids, deps, all } = await subscribed({ first: answer, second: () => 200 });
  const [first = ''] = ids;
  await tell('case.opened');
  const [message = expect.fail()] = await all();
  meanwhile = async () => await redeliver.typed(deps, { target: first, id: message.id });
  expect(await deliver()).toMatchObject({ failed: 1 });
  expect(await all()).toMatchObject([{ status: 'waiting', attempts: 0 }]);
  meanwhile = async () => await removeWebhook.typed(deps, { id: first, actor: operator });
  await tell('backup.failed');
  expect(await deliver()).toMatchObject({ delivered: 1 });
  expect(await all()).toMatchObject([{ status: 'delivered', event: { type: 'backup.failed' } }]);
});

it('a fault on the way to one address is told after the others were served', async () => {
  const broken: Answer = () => {
    throw new Error('broken');
  };
  const { tell, deliver, tries } = await subscribed({ first: broken, second: () => 200 });
  await tell('case.opened');
  await tell('backup.failed');
  await expect(deliver()).rejects.toThrow('broken');
  expect(tries).toContain('second');
});
