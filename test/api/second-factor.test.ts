import { expect, it } from 'vitest';
import { ledgerEntries } from '../../src/records.ts';
import { createApiKey } from '../../src/use-cases/api-keys.ts';
import { operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';

const contacts = [{ name: 'Eve', email: 'eve@elsewhere.example' }];

it('a key of an operator alone changes neither who must agree to an erasure nor what the gate asks about', async () => {
  const api = await openedApi();
  const { deps } = api.process;
  const made = { name: 'sync', owner: 'eve', scopes: ['operator' as const], actor: operator };
  const { key } = await createApiKey.typed(deps, made);
  const tenant = { id: 'acme', name: 'Acme', contacts: [{ name: 'Ann', email: 'ann@acme.example' }], plan: 'standard' };
  expect((await api.call(key, 'POST', '/v1/tenants', tenant)).status).toBe(201);
  const attempts: [method: string, path: string, body: object][] = [
    ['PATCH', '/v1/tenants/acme', { plan: 'unattended' }],
    ['PATCH', '/v1/tenants/acme', { name: 'Acme', contacts }],
    ['PUT', '/v1/tenants/acme/contacts', { contacts }],
    ['POST', '/v1/runs', { kind: 'expiry', confirmed: true }],
  ];
  for (const [method, path, body] of attempts)
    expect(await api.call(key, method, path, body)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  // Not by another name of the content, nor by saying it twice, nor under an idempotency key.
  const said = '{"plan":"standard","plan":"unattended"}';
  for (const type of ['application/merge-patch+json', 'application/json; charset=utf-16', 'text/plain'])
    expect((await api.call(key, 'PATCH', '/v1/tenants/acme', said, { 'content-type': type })).status).toBe(403);
  const idempotent = { 'idempotency-key': 'again' };
  const confirmed = { kind: 'expiry', confirmed: true };
  expect((await api.call(key, 'POST', '/v1/runs', confirmed, idempotent)).status).toBe(403);
  const refused = (await ledgerEntries.list(deps.table, 'LEDGER#system')).map(({ value }) => value);
  const routes = refused
    .filter(({ type, subjects }) => type === 'access-refused' && subjects[0] === 'why:mfa')
    .map(({ subjects }) => subjects[2]);
  expect(routes.slice(0, 4)).toEqual([
    'route:/v1/tenants/_tenant_',
    'route:/v1/tenants/_tenant_',
    'route:/v1/tenants/_tenant_/contacts',
    'route:/v1/runs',
  ]);
  expect(routes).toHaveLength(8);
  expect((await api.call(key, 'GET', '/v1/tenants/acme')).body).toMatchObject(tenant);
  // The rest is a key's as before.
  expect((await api.call(key, 'PATCH', '/v1/tenants/acme', { name: 'Acme Ltd' })).status).toBe(200);
  expect((await api.call(key, 'POST', '/v1/runs', { kind: 'expiry', confirmed: false })).status).toBe(202);
});

it('an operator with a second factor changes plan and contacts, and the description says who needs one', async () => {
  const api = await openedApi();
  await api.home.tenant('acme');
  const token = await api.token('operator', { mfa: true });
  const change = { plan: 'standard', contacts };
  expect(await api.call(token, 'PATCH', '/v1/tenants/acme', change)).toMatchObject({ status: 200, body: change });
  const { paths } = (await api.call(undefined, 'GET', '/openapi.json')).body;
  const { patch } = paths['/v1/tenants/{tenant}'];
  expect(patch.description).toContain(
    'A body with `plan` or `contacts` needs a token that was given for a second factor',
  );
  expect(patch.responses).toHaveProperty('403');
  expect(paths['/v1/tenants/{tenant}/contacts'].put.description).toContain('It needs a token');
});
