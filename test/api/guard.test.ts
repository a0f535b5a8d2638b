import { Hono } from 'hono';
import { expect, it } from 'vitest';
import type { ApiEnv } from '../../src/api/api.ts';
import { type AccessScope, actorOf, assertSees, type Caller, noTenant, seesAll } from '../../src/api/caller.ts';
import { guard } from '../../src/api/guard.ts';
import { openedApi } from './fixture.ts';

/** What a route for these scopes takes a caller with those to be. */
async function behind(allowed: readonly AccessScope[], scopes: readonly AccessScope[]) {
  const known: Caller = {
    ...{ id: 'ann', via: 'token', credential: 't-1', mfa: false },
    scopes: new Set(scopes),
    tenant: 'acme',
  };
  const app = new Hono<ApiEnv>();
  app.use(async (c, next) => {
    c.set('caller', known);
    await next();
  });
  let found: Caller | undefined;
  app.get('/', guard({ scopes: allowed }, '/'), (c) => {
    found = c.get('caller');
    return c.body(null, 204);
  });
  await app.request('/');
  return found ?? expect.fail('was not let in');
}

it('a customer let in as one sees its own tenant, whatever else it may do elsewhere', async () => {
  for (const other of ['auditor', 'finance', 'operator'] as const) {
    const caller = await behind(['tenant:self'], ['tenant:self', other]);
    expect(seesAll(caller)).toBe(false);
    expect(() => assertSees(caller, 'other', () => noTenant('other'))).toThrow('there is no tenant other');
    expect(() => assertSees(caller, 'acme', () => noTenant('acme'))).not.toThrow();
    expect(actorOf(caller, ['tenant:self', 'operator'])).toEqual({ kind: 'customer', id: 'ann' });
  }
});

it('the home makes no token that is a customer’s and more', async () => {
  const { home, token } = await openedApi();
  await home.tenant('acme');
  for (const other of ['auditor', 'finance', 'operator'] as const)
    await expect(token(['tenant:self', other], { tenant: 'acme' })).rejects.toThrow('goes with no other scope');
});

it('who is let in as something else is no customer there', async () => {
  const caller = await behind(['auditor'], ['tenant:self', 'auditor']);
  expect([seesAll(caller), caller.tenant, [...caller.scopes]]).toEqual([true, undefined, ['auditor']]);
});
