import { expect, it } from 'vitest';
import { httpPost } from '../../src/adapters/http-post.ts';
import { cases } from '../../src/records.ts';
import { createApiKey } from '../../src/use-cases/api-keys.ts';
import { deliverWebhooks } from '../../src/use-cases/deliver-webhooks.ts';
import { setCertificate } from '../../src/use-cases/opendsr-certificate.ts';
import { sweepOf } from '../workflows/erasure-life.ts';
import { operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';
import { receiver } from './receiver.ts';

const requestId = 'a7551968-d5d6-44b2-9831-815ac9017798';
const asked = (urls: string[]) => ({
  regulation: 'gdpr',
  subject_request_id: requestId,
  subject_request_type: 'erasure',
  submitted_time: '2026-03-01T08:00:00Z',
  subject_identities: [{ identity_type: 'controller_customer_id', identity_value: 'acme', identity_format: 'raw' }],
  status_callback_urls: urls,
});

/** `acme`, whose people come in under their mail addresses: one case was taken back, a key is in use, a platform asks for the end. */
async function opened(urls: string[]) {
  const api = await openedApi();
  const { home, process, call, token } = api;
  const { deps } = process;
  Object.assign(deps, httpPost({ allowPrivate: true }));
  await home.tenant('acme');
  await home.tenant('other');
  await home.source('acme', 'files');
  await process.run('backup');
  await setCertificate.typed(deps, { domain: 'dsr.keeper.example', actor: operator });
  const as = async (name: string) => await token('tenant:self', { tenant: 'acme', subject: `${name}@gulls.example` });
  const body = { tenant: 'acme', reason: 'customer-request', note: 'call gustav@gulls.example' };
  const first = await call(await as('gustav'), 'POST', '/v1/cases', body, { 'idempotency-key': 'first' });
  expect(first.status).toBe(201);
  expect((await call(await as('gerda'), 'POST', `/v1/cases/${first.body.id}/cancel`, {})).status).toBe(200);
  const key = { name: 'sync', owner: 'greta@gulls.example', scopes: ['tenant:self' as const], tenant: 'acme' };
  const made = await createApiKey.typed(deps, { ...key, actor: operator });
  expect((await call(made.key, 'GET', '/v1/cases')).status).toBe(200);
  home.outbox.clear();
  expect((await call(await as('gerda'), 'POST', '/opendsr/requests', asked(urls))).status).toBe(201);
  const [mail] = [...home.outbox.values()].map((raw) => raw.toString().replaceAll(/=\r?\n/g, ''));
  const code = /^ {4}([A-Z2-9]{8})\s*$/m.exec(mail ?? '')?.[1];
  const id = (await cases.all(home.table)).map(({ value }) => value.id).find((each) => each !== first.body.id);
  expect((await call(await as('gerda'), 'POST', `/v1/cases/${id}/confirm`, { code })).status).toBe(200);
  home.clock.moveTo('2026-03-10T00:30:00.000Z');
  return {
    ...api,
    deps,
    key: made.key,
    as,
    caseIds: [first.body.id, id ?? ''],
    status: async () => await call(await as('gerda'), 'GET', `/opendsr/requests/${requestId}`),
    naming: () => [...home.rows.values()].filter((row) => JSON.stringify(row).includes('gulls.example')),
  };
}

it('after the erasure of a tenant no row holds the address of a caller, and a request is still found', async () => {
  const { home, process, call, key, as, caseIds, status, naming } = await opened([]);
  expect(new Set(naming().map(({ pk }) => pk.replace(/#.*/, '')))).toEqual(
    new Set(['API-KEYS', 'CALLERS', 'CASE', 'IDEMPOTENCY', 'OPENDSR']),
  );
  await process.run('notice', sweepOf(home));
  expect(naming()).toEqual([]);
  const [first, second] = await Promise.all(caseIds.map(async (id) => (await cases.read(home.table, id))?.value));
  expect(first).toMatchObject({
    status: 'cancelled',
    openedBy: { kind: 'customer', id: 'caller-1' },
    cancelledBy: { kind: 'customer', id: 'caller-2' },
  });
  expect(second).toMatchObject({ status: 'closed', openedBy: { kind: 'customer', id: 'caller-1' } });
  expect((await call(key, 'GET', '/v1/cases')).status).toBe(401);
  expect((await status()).body).toMatchObject({ controller_id: 'gerda@gulls.example', request_status: 'completed' });
  const again = await call(await as('gerda'), 'POST', '/opendsr/requests', asked([]));
  expect(again).toMatchObject({ status: 201, body: { controller_id: 'gerda@gulls.example' } });
  expect((await call(await as('greta'), 'GET', `/opendsr/requests/${requestId}`)).status).toBe(404);
  expect(naming()).toEqual([]);
  await home.expectLedgerWhole();
});

it('callbacks name the controller until the last one is told; then the request forgets it', async () => {
  const { received, answers, url } = await receiver();
  const { home, process, deps, naming, status } = await opened([url]);
  await process.run('notice', sweepOf(home));
  expect(naming().map(({ pk }) => pk.replace(/#.*/, ''))).toEqual(['OPENDSR']);
  answers.push(200, 500);
  expect(await deliverWebhooks.typed(deps, {})).toMatchObject({ delivered: 1, failed: 1 });
  expect(naming()).toHaveLength(1);
  home.clock.pass(10_000);
  expect(await deliverWebhooks.typed(deps, {})).toMatchObject({ delivered: 1 });
  expect(received.map(({ body }) => JSON.parse(body).controller_id)).toEqual(Array(3).fill('gerda@gulls.example'));
  expect(naming()).toEqual([]);
  expect((await status()).body).toMatchObject({ controller_id: 'gerda@gulls.example', request_status: 'completed' });
});

it('who comes in between the sweep and the end of the case is forgotten too, and no key is made any more', async () => {
  const { home, call, as, deps, naming } = await opened([]);
  const seen: unknown[] = [];
  const process = home.process({
    around: async (name, _event, handler) => {
      if (name === 'CloseCase') {
        seen.push((await call(await as('late'), 'GET', '/v1/cases')).status, ...naming().map(({ pk }) => pk));
      }
      return await handler();
    },
  });
  await process.run('notice', sweepOf(home));
  expect([seen, naming()]).toEqual([[200, 'CALLERS'], []]);
  const key = { name: 'sync', owner: 'greta@gulls.example', scopes: ['tenant:self' as const], tenant: 'acme' };
  await expect(createApiKey.typed(deps, { ...key, actor: operator })).rejects.toThrow('was erased');
  expect(naming()).toEqual([]);
});
