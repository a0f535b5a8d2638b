import { expect, it } from 'vitest';
import { edge } from '../../src/edge.ts';
import { cases, webhooks } from '../../src/records.ts';
import { createApiKey, revokeApiKey } from '../../src/use-cases/api-keys.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { setTenant } from '../../src/use-cases/set-tenant.ts';
import { createWebhook, rotateWebhook } from '../../src/use-cases/webhooks.ts';
import { contestedTable } from '../memory-ports.ts';
import { operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';

const webhook = { url: 'https://receiver.example/hook', types: ['case.*' as const], actor: operator };

it('a write that others were faster than is to be tried again, and the idempotency key is free for it', async () => {
  let contested = true;
  const api = await openedApi();
  const { id } = await createWebhook.typed(api.process.deps, webhook);
  const { table } = api.process.deps;
  const busy = contestedTable(table, ({ pk }) => pk === 'WEBHOOKS');
  api.process.deps.table = { ...table, transact: async (writes) => await (contested ? busy : table).transact(writes) };
  const token = await api.token('operator');
  const headers = { 'idempotency-key': 'rotate-1' };
  const rotate = async () => await api.call(token, 'POST', `/v1/webhooks/${id}/rotate-secret`, {}, headers);
  const lost = await rotate();
  expect(lost).toMatchObject({ status: 503, body: { code: 'unavailable', hint: 'Try again in a moment.' } });
  expect(lost.headers.get('retry-after')).toMatch(/^\d+$/);
  contested = false;
  expect((await rotate()).status).toBe(200);
  expect((await webhooks.read(table, id))?.value.previous).toBeDefined();
});

it('a step of a workflow that lost a race throws what is tried again', async () => {
  const api = await openedApi();
  const { id } = await createWebhook.typed(api.process.deps, webhook);
  const table = contestedTable(api.home.table, ({ pk }) => pk === 'WEBHOOKS');
  const step = edge(rotateWebhook)({ id, actor: operator }, { deps: { ...api.process.deps, table } });
  await expect(step).rejects.toMatchObject({ name: 'UnavailableError' });
});

it('a wrong code counts, also when somebody changed the case at the same moment', async () => {
  const { home, process } = await openedApi();
  await home.tenant('acme');
  const { id } = await openCase.typed(process.deps, { tenant: 'acme', reason: 'customer-request', actor: operator });
  const table = contestedTable(home.table, ({ pk }) => pk === `CASE#${id}`, 3);
  const guess = { case: id, actor: operator, change: { type: 'confirm' as const, code: 'WRONG234' } };
  await expect(changeCase.typed({ ...process.deps, table }, guess)).rejects.toThrow('not the one that was mailed');
  expect((await cases.read(home.table, id))?.value.confirmation?.tries).toBe(1);
});

it('a tenant that others change at the same moment takes both changes', async () => {
  const { home, process } = await openedApi();
  await home.tenant('acme');
  const table = contestedTable(home.table, ({ pk }) => pk === 'TENANTS', 3);
  const { tenant } = await setTenant.typed({ ...process.deps, table }, { id: 'acme', name: 'Acme 2', actor: operator });
  expect(tenant.name).toBe('Acme 2');
});

it('a key that is in use at the moment when it is revoked ends', async () => {
  const { home, process } = await openedApi();
  const made = await createApiKey.typed(process.deps, {
    ...{ name: 'billing', owner: 'ann', scopes: ['finance' as const], actor: operator },
  });
  const table = contestedTable(home.table, ({ pk }) => pk === 'API-KEYS', 3);
  const { revokedAt } = await revokeApiKey.typed({ ...process.deps, table }, { id: made.id, actor: operator });
  expect(revokedAt).toBeDefined();
});
