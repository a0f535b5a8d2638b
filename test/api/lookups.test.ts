import { expect, it } from 'vitest';
import { openCase } from '../../src/use-cases/open-case.ts';
import { raiseAlert } from '../../src/use-cases/raise-alert.ts';
import { openedApi } from './fixture.ts';

async function opened() {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.tenant('other');
  await api.home.source('acme', 'files');
  const operator = await api.token('operator', { mfa: true });
  const get = async (path: string, token = operator) => await api.call(token, 'GET', path);
  return { ...api, operator, get };
}

it('a copy is looked up by its id as the list has it, by its customer too and by no other', async () => {
  const { get, process, token, home } = await opened();
  await process.run('backup');
  const [listed] = (await get('/v1/snapshots')).body.items;
  for (const caller of [
    await token('operator'),
    await token('auditor'),
    await token('tenant:self', { tenant: 'acme' }),
  ])
    expect(await get(`/v1/snapshots/${listed.id}`, caller)).toMatchObject({ status: 200, body: listed });
  const none = await get('/v1/snapshots/00000000000000000000');
  const other = await get(`/v1/snapshots/${listed.id}`, await token('tenant:self', { tenant: 'other' }));
  expect([none.status, other.status]).toEqual([404, 404]);
  expect(other.body.hint).toBe(none.body.hint);
  home.clock.pass(100 * 86_400_000);
  await process.run('expiry', { confirmed: true });
  const later = await token('operator');
  expect((await get('/v1/snapshots', later)).body.items).toEqual([]);
  expect((await get(`/v1/snapshots/${listed.id}`, later)).status).toBe(404);
});

it('an alert is looked up by its id, also once it is closed', async () => {
  const { get, process, call, operator } = await opened();
  await raiseAlert(process.deps, {
    kind: 'backup-failed',
    subject: 'acme/files',
    tenant: 'acme',
    message: 'It failed.',
  });
  const [listed] = (await get('/v1/alerts')).body.items;
  expect(await get(`/v1/alerts/${listed.id}`)).toMatchObject({ status: 200, body: listed });
  await call(operator, 'POST', `/v1/alerts/${listed.id}/close`, { cause: 'mended' });
  expect((await get(`/v1/alerts/${listed.id}`)).body).toMatchObject({ status: 'closed', cause: 'mended' });
  expect((await get('/v1/alerts/a-0000000000')).status).toBe(404);
});

it('messages to a webhook are found before they are dead', async () => {
  const { get, process, call, operator } = await opened();
  const asked = { url: 'https://hooks.example/in', types: ['case.*'] };
  const { body: webhook } = await call(operator, 'POST', '/v1/webhooks', asked);
  const actor = { kind: 'operator', id: 'olga' } as const;
  for (const tenant of ['acme', 'other']) await openCase.typed(process.deps, { tenant, reason: 'obsolete', actor });
  const path = `/v1/webhooks/${webhook.id}/deliveries`;
  const first = (await get(`${path}?limit=1`)).body;
  const second = (await get(`${path}?limit=1&cursor=${first.next}`)).body;
  const found = [...first.items, ...second.items];
  expect(found).toMatchObject(new Array(2).fill({ webhook: webhook.id, type: 'case.opened', status: 'waiting' }));
  expect(second.next).toBeUndefined();
  for (const delivery of found) expect((await get(`${path}/${delivery.id}`)).body).toEqual(delivery);
  expect((await get('/v1/webhooks/wh-0000000000/deliveries')).status).toBe(404);
  expect((await get('/v1/webhooks/event-bus/deliveries')).body).toEqual({ items: [] });
});

it.each([
  [{ domain: 'tenure.example.com', pem: 'garbage' }, '/pem'],
  [{ domain: 'no domain', pem: 'garbage' }, '/domain'],
  [{ pem: 'garbage' }, '/domain'],
])('the certificate of OpenDSR %j is refused with a pointer to what is wrong', async (body, pointer) => {
  const { call, operator } = await opened();
  const answer = await call(operator, 'PUT', '/v1/opendsr/certificate', body);
  expect([answer.status, answer.body.errors.map((each: { pointer: string }) => each.pointer)]).toEqual([
    400,
    [pointer],
  ]);
});
