import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deliverWebhooks } from '../../src/use-cases/deliver-webhooks.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { type OpenedApi, openedApi } from './fixture.ts';

/** A request for each route that makes something or begins long work, with what it is about. Downloads and OpenDSR have tests of their own. */
const makers: Record<string, (names: Names) => { path?: string; body?: object }> = {
  'post /v1/tenants': () => ({
    body: { id: 'fresh', name: 'Fresh', contacts: [{ name: 'Ann', email: 'ann@fresh.example' }] },
  }),
  'post /v1/tenants/{tenant}/sources': ({ dir }) => ({
    path: '/v1/tenants/acme/sources',
    body: { name: 'more', kind: 'directory', location: dir },
  }),
  'post /v1/restores': ({ snapshot }) => ({ body: { snapshot, to: 'out' } }),
  'post /v1/cases': () => ({ body: { tenant: 'acme', reason: 'customer-request' } }),
  'post /v1/holds': () => ({ body: { tenant: 'acme', reason: 'a court asked' } }),
  'post /v1/runs': () => ({ body: { kind: 'audit' } }),
  'post /v1/executions/{name}/retry': ({ stopped }) => ({ path: `/v1/executions/${stopped}/retry` }),
  'post /v1/webhooks': () => ({ body: { url: 'https://hooks.example/in', types: ['case.*'] } }),
  'post /v1/webhooks/{webhook}/deliveries/{delivery}/redeliver': ({ webhook, delivery }) => ({
    path: `/v1/webhooks/${webhook}/deliveries/${delivery}/redeliver`,
  }),
};

interface Names {
  dir: string;
  snapshot: string;
  stopped: string;
  webhook: string;
  delivery: string;
}

async function prepared(): Promise<{ api: OpenedApi; token: string; names: Names }> {
  const api = await openedApi();
  const { deps } = api.process;
  Object.assign(deps.settings, { restoreRoot: join(api.home.dir, 'restored') });
  await api.home.tenant('acme');
  await api.home.tenant('other');
  const dir = await api.home.source('other', 'files');
  await api.process.run('backup');
  const token = await api.token('operator', { mfa: true });
  const subscription = { url: 'https://hooks.example/in', types: ['case.*'] };
  const { body: webhook } = await api.call(token, 'POST', '/v1/webhooks', subscription);
  await openCase.typed(deps, { tenant: 'other', reason: 'obsolete', actor: { kind: 'operator', id: 'olga' } });
  // Its receiver does not answer; ten times later it is given up.
  for (let tries = 0; tries < 12; tries++) {
    await deliverWebhooks.typed(deps, {});
    api.home.clock.pass(86_400_000);
  }
  const fresh = await api.token('operator', { mfa: true });
  const { items } = (await api.call(fresh, 'GET', '/v1/webhooks/dead-letters')).body;
  const snapshot = (await api.call(fresh, 'GET', '/v1/snapshots')).body.items[0].id;
  await api.home.table.transact([
    {
      put: {
        ...{ pk: 'EXECUTION#backup', sk: 'backup-manual-stopped' },
        data: {
          holder: 'nobody',
          execution: {
            ...{ name: 'backup-manual-stopped', machine: 'backup', status: 'stopped' },
            ...{ input: { run: 'backup-manual-stopped', page: 0 }, startedAt: deps.clock.now(), redrives: 0 },
          },
        },
      },
    },
  ]);
  const names = { dir, snapshot, stopped: 'backup-manual-stopped', webhook: webhook.id, delivery: items[0].id };
  return { api, token: fresh, names };
}

describe('what is made', () => {
  it('can be looked at where its Location says, whatever the route', async () => {
    const { api, token, names } = await prepared();
    const { paths } = (await api.call(token, 'GET', '/openapi.json')).body;
    const making = Object.entries<Record<string, { responses: object }>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => method !== 'get' && !path.startsWith('/opendsr/'))
        .filter(([, { responses }]) => '201' in responses || '202' in responses)
        .map(([method]) => `${method} ${path}`),
    );
    expect(making.toSorted()).toEqual(Object.keys(makers).toSorted());
    for (const [route, make] of Object.entries(makers)) {
      const [method = '', template = ''] = route.split(' ');
      const { path = template, body } = make(names);
      const made = await api.call(token, method.toUpperCase(), path, body);
      expect([route, made.status, made.body]).toEqual([
        route,
        expect.toSatisfy((s) => s === 201 || s === 202),
        made.body,
      ]);
      const location = made.headers.get('location') ?? 'none';
      expect([route, (await api.call(token, 'GET', location)).status]).toEqual([route, 200]);
    }
    await api.process.runner.idle();
  });

  it('a webhook is shown without its secret', async () => {
    const { api, token, names } = await prepared();
    const { body } = await api.call(token, 'GET', `/v1/webhooks/${names.webhook}`);
    expect(body).toMatchObject({ id: names.webhook, status: 'active' });
    expect(body).not.toHaveProperty('secret');
  });
});

describe('contacts', () => {
  it('are changed by an operator, and kept as they were when one of them is no address', async () => {
    const api = await openedApi();
    await api.home.tenant('acme');
    const token = await api.token('operator', { mfa: true });
    const path = '/v1/tenants/acme/contacts';
    const contacts = [
      { name: 'Zoe', email: 'zoe@acme.example' },
      { name: 'Yan', email: 'yan@acme.example' },
    ];
    expect(await api.call(token, 'PUT', path, { contacts })).toMatchObject({ status: 200, body: { contacts } });
    const bad = { contacts: [contacts[0], { name: 'Yan', email: 'yan' }] };
    expect((await api.call(token, 'PUT', path, bad)).body.errors[0].pointer).toBe('/contacts/1/email');
    expect((await api.call(token, 'PUT', path, { contacts: [] })).body.errors[0].pointer).toBe('/contacts');
    expect((await api.call(await api.token('tenant:self', { tenant: 'acme' }), 'GET', path)).body).toEqual({
      contacts,
    });
  });

  it('are not changed by their customer: the codes that confirm an erasure go there', async () => {
    const api = await openedApi();
    await api.home.tenant('acme');
    const own = await api.token('tenant:self', { tenant: 'acme' });
    const contacts = [{ name: 'Eve', email: 'eve@elsewhere.example' }];
    expect((await api.call(own, 'PUT', '/v1/tenants/acme/contacts', { contacts })).status).toBe(403);
    expect((await api.call(own, 'PATCH', '/v1/tenants/acme', { contacts })).status).toBe(403);
    const kept = (await api.call(own, 'GET', '/v1/tenants/acme/contacts')).body.contacts;
    expect(kept.map(({ email }: { email: string }) => email)).toEqual(['ann@acme.example', 'ben@acme.example']);
  });
});

describe('the list of executions', () => {
  it('is gone through newest first, and nothing is skipped or seen twice while new ones begin', async () => {
    const api = await openedApi();
    await api.home.tenant('acme');
    const token = await api.token('operator');
    const begin = async () => {
      api.home.clock.pass(1000);
      return (await api.call(token, 'POST', '/v1/runs', { kind: 'audit' })).body.name as string;
    };
    const before: string[] = [];
    for (let n = 0; n < 7; n++) before.unshift(await begin());
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await api.call(token, 'GET', `/v1/executions?machine=obsolescence-audit&limit=3${cursor}`);
      seen.push(...body.items.map(({ name }: { name: string }) => name));
      if (body.next === undefined) break;
      cursor = `&cursor=${body.next}`;
      await begin();
    }
    expect(seen).toEqual(before);
    await api.process.runner.idle();
  });

  it.each(['bm9uZQ', 'eyJhZnRlciI6InNvbWV0aGluZyJ9'])(
    'refuses the cursor %s, which it has not given',
    async (cursor) => {
      const api = await openedApi();
      const { status, body } = await api.call(await api.token('operator'), 'GET', `/v1/executions?cursor=${cursor}`);
      expect([status, body.errors?.[0]?.pointer]).toEqual([400, '/query/cursor']);
    },
  );
});
