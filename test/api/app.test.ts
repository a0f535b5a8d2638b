import { describe, expect, it } from 'vitest';
import { makeApi } from '../../src/api/app.ts';
import type { AccessScope } from '../../src/api/caller.ts';
import { formatApiKey, hashSecret } from '../../src/domain/api-key.ts';
import { apiKeys, ledgerEntries } from '../../src/records.ts';
import { type MemoryHome, memoryHome } from '../workflows/memory-home.ts';

async function opened() {
  const home = await memoryHome();
  const { deps } = home.process();
  const app = makeApi({ deps: () => deps, addressOf: () => '127.0.0.1', log: () => undefined });
  return { home, app };
}

/** A key of a machine, put on record as `tenure api-key create` does. */
async function key(home: MemoryHome, scopes: AccessScope[], tenant?: string): Promise<string> {
  const secret = home.process().deps.random(32);
  const id = `k${home.process().deps.random(6).toString('hex')}`;
  const at = new Date(home.clock.wall()).toISOString();
  const expiresAt = new Date(home.clock.wall() + 3600_000).toISOString();
  await home.table.transact([
    apiKeys.write({
      ...{ id, name: 'test', owner: `owner-${id}`, hash: hashSecret(secret.toString('base64url')) },
      ...{ scopes, createdAt: at, expiresAt },
      ...(tenant === undefined ? {} : { tenant }),
    }),
  ]);
  return `Bearer ${formatApiKey(id, secret)}`;
}

describe('the API', () => {
  it('lets a customer see its own account and not even the existence of another', async () => {
    const { home, app } = await opened();
    await home.tenant('acme');
    await home.tenant('other');
    const authorization = await key(home, ['tenant:self'], 'acme');
    const get = async (path: string) => await app.request(path, { headers: { authorization } });
    expect((await get('/v1/tenants/acme')).status).toBe(200);
    const other = (await (await get('/v1/tenants/other')).json()) as object;
    const none = (await (await get('/v1/tenants/none')).json()) as object;
    expect(other).toMatchObject({ status: 404, code: 'not-found' });
    expect({ ...other, detail: '', requestId: '' }).toEqual({ ...none, detail: '', requestId: '' });
    expect(await (await get('/v1/tenants')).json()).toMatchObject({ items: [{ id: 'acme' }] });
    const types = (await ledgerEntries.list(home.table, 'LEDGER#system')).map(({ value }) => value.type);
    expect(types.filter((type) => type === 'access-refused')).toHaveLength(2);
  });

  it('asks for a credential, and says which scope is missing', async () => {
    const { home, app } = await opened();
    expect((await app.request('/v1/tenants')).status).toBe(401);
    const authorization = await key(home, ['finance']);
    const refused = await app.request('/v1/tenants', { method: 'POST', headers: { authorization }, body: '{}' });
    expect(refused.status).toBe(403);
  });

  it('answers a POST again under its idempotency key, and refuses the key for anything else', async () => {
    const { home, app } = await opened();
    const authorization = await key(home, ['operator']);
    const tenant = { id: 'acme', name: 'Acme', contacts: [{ name: 'Ann', email: 'ann@acme.example' }] };
    const post = async (body: object) =>
      await app.request('/v1/tenants', {
        method: 'POST',
        headers: { authorization, 'idempotency-key': 'one', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const first = await post(tenant);
    const again = await post(tenant);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.json()).toEqual(await first.json());
    expect((await post({ ...tenant, id: 'other' })).status).toBe(409);
  });

  it('points to the field that is wrong', async () => {
    const { home, app } = await opened();
    const authorization = await key(home, ['operator']);
    const answer = await app.request('/v1/tenants', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'Acme!', name: 'Acme', contacts: [{ name: 'Ann', email: 'nobody' }] }),
    });
    expect(answer.status).toBe(400);
    const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/contacts/0/email', '/id']);
  });
});

it('patterns of the description are what any tool can use: no flags, no classes of Unicode', async () => {
  const { app } = await opened();
  const text = await (await app.request('/openapi.json')).text();
  const patterns: string[] = [];
  JSON.parse(text, (name, value: unknown) => {
    if (name === 'pattern' && typeof value === 'string') patterns.push(value);
    return value;
  });
  expect(patterns.length).toBeGreaterThan(20);
  for (const pattern of patterns) {
    expect(pattern).not.toMatch(/\\p\{|\$\/[a-z]+$/);
    expect(() => new RegExp(pattern)).not.toThrow();
  }
});
