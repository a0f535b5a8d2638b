import { expect, it } from 'vitest';
import type { RequestLine } from '../../src/api/api.ts';
import type { OidcSettings } from '../../src/api/tokens.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { oidcProvider } from '../oidc-provider.ts';
import { openedApi } from './fixture.ts';

const defaults = {
  audience: 'tenure',
  tenantClaim: 'tenant',
  scopeClaim: 'scope',
  mfaClaim: 'amr',
  mfaValues: ['mfa'],
};

async function opened(settings: Partial<OidcSettings> = {}) {
  const { issuer, sign } = await oidcProvider('RS256');
  const log: RequestLine[] = [];
  const api = await openedApi({}, { oidc: { ...defaults, ...settings, issuer }, log: (line) => log.push(line) });
  await api.home.tenant('acme');
  const { id } = await openCase.typed(api.process.deps, {
    tenant: 'acme',
    reason: 'obsolete',
    actor: { kind: 'operator', id: 'somebody else' },
  });
  await api.process.run('notice');
  const at = Math.floor(api.process.deps.clock.wall() / 1000);
  return {
    ...api,
    log,
    of: async (claims: Record<string, unknown>, audience = 'tenure') =>
      await sign({ sub: 'olga', iss: issuer, aud: audience, iat: at, exp: at + 300, ...claims }),
    /** An approval by whoever shows this: 403 without a second factor, else what the case answers. */
    approves: async (bearer: string) => (await api.call(bearer, 'POST', `/v1/cases/${id}/approve`, {})).status,
  };
}

it('takes a token of the provider whose keys its discovery document names, for this audience alone', async () => {
  const { call, of, log } = await opened();
  expect((await call(await of({ scope: 'openid operator' }), 'GET', '/v1/tenants')).status).toBe(200);
  expect((await call(await of({ scope: 'operator' }, 'another-api'), 'GET', '/v1/tenants')).status).toBe(401);
  expect(log.at(-1)).toMatchObject({ status: 401, refused: 'ERR_JWT_CLAIM_VALIDATION_FAILED aud' });
  expect((await call(await of({ scope: 'openid' }), 'GET', '/v1/tenants')).status).toBe(403);
});

it.each([
  ['Keycloak with amr', {}, { scope: 'openid operator', amr: ['pwd', 'mfa'] }, { scope: 'operator', amr: ['pwd'] }],
  [
    'Keycloak with acr',
    { mfaClaim: 'acr', mfaValues: ['gold'], scopeClaim: 'tenure_roles' },
    { tenure_roles: ['operator'], acr: 'gold' },
    { tenure_roles: ['operator'], acr: 'silver', amr: ['mfa'] },
  ],
  [
    'Microsoft Entra ID',
    { scopeClaim: 'roles', mfaClaim: 'acrs', mfaValues: ['c1'] },
    { roles: ['operator'], acrs: ['c1', 'c2'] },
    { roles: ['operator'], acrs: ['p1'] },
  ],
  [
    'Auth0',
    { scopeClaim: 'permissions', mfaClaim: 'https://tenure.example.com/mfa', mfaValues: ['mfa'] },
    { permissions: ['operator'], scope: 'openid', 'https://tenure.example.com/mfa': 'mfa' },
    { permissions: ['operator'], scope: 'openid', 'https://tenure.example.com/mfa': true },
  ],
])('knows a second factor as %s says it, and nothing else for one', async (_, settings, strong, weak) => {
  const { of, approves } = await opened(settings);
  expect(await approves(await of(weak))).toBe(403);
  expect(await approves(await of(strong))).toBe(200);
});

it.each([
  ['tenant', 'tenant'],
  ['extn.tenant', 'extn.tenant'],
  ['https://tenure.example.com/tenant', 'https://tenure.example.com/tenant'],
])('finds the tenant of a customer in the claim %s, and lets nobody in without', async (_, tenantClaim) => {
  const { call, of, home } = await opened({ tenantClaim });
  await home.tenant('other');
  const customer = await of({ sub: 'ann', scope: 'tenant:self', [tenantClaim]: 'acme' });
  const { body } = await call(customer, 'GET', '/v1/tenants');
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual(['acme']);
  expect((await call(customer, 'GET', '/v1/tenants/other')).status).toBe(404);
  expect((await call(await of({ scope: 'tenant:self', tid: 'acme' }), 'GET', '/v1/tenants')).status).toBe(403);
});
