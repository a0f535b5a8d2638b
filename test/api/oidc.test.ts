import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ledgerEntries } from '../../src/records.ts';
import { oidcProvider } from '../oidc-provider.ts';
import { openedApi } from './fixture.ts';

const audience = 'https://tenure.example';

/** The app with a provider, by the real time: keys are cached by it. */
async function opened({ alg = 'ES256', jwksUri = false }: { alg?: string; jwksUri?: boolean } = {}) {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const provider = await oidcProvider(alg);
  const { issuer } = provider;
  const oidc = { issuer, audience, tenantClaim: 'tenant', scopeClaim: 'scope', mfaClaim: 'amr', mfaValues: ['mfa'] };
  const api = await openedApi(
    { now: new Date().toISOString() },
    { oidc: { ...oidc, ...(jwksUri ? { jwksUri: `${issuer}/keys` } : {}) } },
  );
  await api.home.tenant('acme');
  await api.home.tenant('other');
  const seconds = Math.floor(api.home.clock.wall() / 1000);
  const claims = { iss: issuer, aud: audience, sub: 'u-1', exp: seconds + 600, iat: seconds, scope: 'operator' };
  const ask = async (token: string, path = '/v1/tenants') => await api.call(token, 'GET', path);
  const status = async (changed: Record<string, unknown> = {}) =>
    (await ask(await provider.sign({ ...claims, ...changed }))).status;
  const refusals = async () =>
    (await ledgerEntries.list(api.home.table, 'LEDGER#system')).filter(({ value }) => value.type === 'access-refused');
  return { api, provider, claims, seconds, ask, status, refusals };
}

describe('a token of an OpenID provider', () => {
  it.each(['ES256', 'RS256', 'PS256'])('lets in, signed with %s', async (alg) => {
    const { status, refusals } = await opened({ alg });
    expect(await status()).toBe(200);
    expect(await refusals()).toEqual([]);
  });

  it.each(['ES384', 'RS512', 'EdDSA'])(
    'does not hold when it is signed with %s, though the key is the provider’s',
    async (alg) => {
      const { status, refusals } = await opened({ alg });
      expect(await status()).toBe(401);
      expect(await refusals()).toHaveLength(1);
    },
  );

  it('holds for this issuer and this audience, and no other', async () => {
    const { status, provider } = await opened();
    expect(await status({ aud: ['https://else.example', audience] })).toBe(200);
    expect(await status({ aud: 'https://else.example' })).toBe(401);
    expect(await status({ aud: undefined })).toBe(401);
    expect(await status({ iss: `${provider.issuer}/` })).toBe(401);
    expect(await status({ iss: 'https://elsewhere.example' })).toBe(401);
    expect(await status({ iss: undefined })).toBe(401);
    expect(await status({ iss: 'tenure' })).toBe(401);
  });

  it('holds from its beginning to its end, with a minute for clocks that differ', async () => {
    const { status, seconds } = await opened();
    expect(await status({ exp: seconds - 30 })).toBe(200);
    expect(await status({ exp: seconds - 90 })).toBe(401);
    expect(await status({ nbf: seconds + 30 })).toBe(200);
    expect(await status({ nbf: seconds + 90 })).toBe(401);
    expect(await status({ exp: undefined })).toBe(401);
    expect(await status({ exp: 'tomorrow' })).toBe(401);
  });

  it.each([undefined, '', 7, 'x'.repeat(201)])('does not hold for the subject %j', async (sub) => {
    const { status } = await opened();
    expect(await status({ sub })).toBe(401);
  });

  it('cannot be made out of what is public', async () => {
    const { provider, claims, ask } = await opened({ alg: 'RS256' });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [jwk = {}] = provider.jwks();
    const pem = await exportSPKI((await importJWK(jwk, 'RS256')) as Parameters<typeof exportSPKI>[0]);
    const secrets = [pem, JSON.stringify(jwk), String(jwk.n)];
    const hmacs = secrets.map((secret) => {
      const signed = `${part({ alg: 'HS256', kid: jwk.kid })}.${part(claims)}`;
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    });
    const none = ['none', 'None', 'NONE'].map((alg) => `${part({ alg, kid: jwk.kid })}.${part(claims)}.`);
    for (const token of [...hmacs, ...none]) expect((await ask(token)).status).toBe(401);
    const other = await oidcProvider('RS256');
    expect((await ask(await other.sign(claims, { kid: jwk.kid ?? '' }))).status).toBe(401);
  });

  it('tells its scopes as a text or as a list, and others than ours mean nothing', async () => {
    const { status } = await opened();
    expect(await status({ scope: 'openid auditor' })).toBe(200);
    expect(await status({ scope: ['openid', 'auditor'] })).toBe(200);
    for (const scope of [undefined, '', 'Operator', 'operators', 'operator,auditor', { operator: true }, 7])
      expect([scope, await status({ scope })]).toEqual([scope, 403]);
  });

  it('lets a customer in to the account that its claim names', async () => {
    const { provider, claims, ask } = await opened();
    const own = await provider.sign({ ...claims, scope: 'tenant:self', tenant: 'acme' });
    expect((await ask(own, '/v1/tenants/acme')).status).toBe(200);
    expect((await ask(own, '/v1/tenants/other')).status).toBe(404);
    expect((await ask(own)).body.items).toMatchObject([{ id: 'acme' }]);
    for (const tenant of [undefined, 7, ['acme'], null]) {
      const none = await provider.sign({ ...claims, scope: 'tenant:self', tenant });
      expect((await ask(none, '/v1/tenants/acme')).status).toBe(403);
    }
  });

  it('carries a second factor only where the provider says so', async () => {
    const { api, provider, claims } = await opened();
    const resume = async (amr: unknown) =>
      (await api.call(await provider.sign({ ...claims, amr }), 'POST', '/v1/system/resume', {})).status;
    expect(await resume(['pwd', 'mfa'])).not.toBe(403);
    for (const amr of [undefined, 'pwd', ['pwd'], { mfa: true }]) expect(await resume(amr)).toBe(403);
  });
});

describe('keys of the provider', () => {
  it.each([
    [false, 1],
    [true, 0],
  ])('are fetched once (address in the settings: %s)', async (jwksUri, discoveries) => {
    const { provider, status } = await opened({ jwksUri });
    await Promise.all([status(), status(), status()]);
    for (let n = 0; n < 5; n++) expect(await status()).toBe(200);
    expect(provider.asked['/keys']).toBe(1);
    expect(provider.asked['/.well-known/openid-configuration'] ?? 0).toBe(discoveries);
  });

  it('are fetched again when a token names one that is new, and not for every token that names none', async () => {
    const { provider, claims, ask, status } = await opened();
    expect(await status()).toBe(200);
    const before = await provider.sign(claims);
    await provider.rotate();
    // Within half a minute of the last fetch nothing makes it ask again: anybody can make up a name of a key.
    expect(await status()).toBe(401);
    expect(provider.asked['/keys']).toBe(1);
    vi.setSystemTime(Date.now() + 31_000);
    expect(await status()).toBe(200);
    expect(provider.asked['/keys']).toBe(2);
    expect((await ask(before)).status).toBe(401);
    for (let n = 0; n < 5; n++)
      expect((await ask(await provider.sign(claims, { kid: `made-up-${n}` }))).status).toBe(401);
    expect(provider.asked['/keys']).toBe(2);
  });

  it('that are withdrawn hold no longer than ten minutes', async () => {
    const { provider, claims, ask, status } = await opened();
    const before = await provider.sign(claims);
    expect((await ask(before)).status).toBe(200);
    await provider.rotate();
    vi.setSystemTime(Date.now() + 601_000);
    expect((await ask(before)).status).toBe(401);
    expect(await status()).toBe(200);
  });
});

describe('a provider that does not answer', () => {
  const down: [string, (provider: Awaited<ReturnType<typeof oidcProvider>>) => Promise<void> | void][] = [
    ['is gone', async (provider) => await provider.stop()],
    ['answers its keys with 500', ({ answers }) => void Object.assign(answers, { '/keys': 500 })],
    ['answers its keys with something else', ({ answers }) => void Object.assign(answers, { '/keys': '<html>' })],
    ['answers its keys with no keys', ({ answers }) => void Object.assign(answers, { '/keys': '{"keys":7}' })],
    [
      'answers its discovery with 500',
      ({ answers }) => void Object.assign(answers, { '/.well-known/openid-configuration': 500 }),
    ],
    [
      'is another issuer',
      ({ answers, issuer }) =>
        void Object.assign(answers, {
          '/.well-known/openid-configuration': JSON.stringify({
            issuer: 'https://elsewhere.example',
            jwks_uri: `${issuer}/keys`,
          }),
        }),
    ],
  ];

  it.each(down)('which %s: try again later, and neither a fault nor a refusal', async (_, take) => {
    const { provider, claims, ask, refusals } = await opened();
    const token = await provider.sign(claims);
    await take(provider);
    const { status, headers, body } = await ask(token);
    expect(body).toMatchObject({ status: 503, code: 'unavailable' });
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(JSON.stringify(body)).not.toContain('127.0.0.1');
    expect(await refusals()).toEqual([]);
  });

  it.each<[string, string]>([
    ['keys', '/keys'],
    ['discovery', '/.well-known/openid-configuration'],
  ])('with its %s is asked once in ten seconds, however many come', async (_, path) => {
    const { provider, claims, ask, status } = await opened();
    provider.answers[path] = 500;
    await Promise.all([status(), status(), status()]);
    for (let n = 0; n < 20; n++) expect(await status()).toBe(503);
    expect(provider.asked[path]).toBe(1);
    vi.setSystemTime(Date.now() + 10_001);
    expect(await status()).toBe(503);
    expect(provider.asked[path]).toBe(2);
    expect((await ask(await provider.sign({ ...claims, iss: 'https://elsewhere.example' }))).status).toBe(401);
  });

  it('lets in meanwhile whose keys are known, and is not asked for every name of a key that is made up', async () => {
    const { provider, claims, ask, status } = await opened();
    expect(await status()).toBe(200);
    vi.setSystemTime(Date.now() + 31_000);
    provider.answers['/keys'] = 500;
    for (let n = 0; n < 5; n++) {
      expect((await ask(await provider.sign(claims, { kid: `made-up-${n}` }))).status).toBe(503);
      expect(await status()).toBe(200);
    }
    expect(provider.asked['/keys']).toBe(2);
  });

  it('does not keep out those who come with another credential, and is asked again', async () => {
    const { api, provider, claims, ask } = await opened();
    const token = await provider.sign(claims);
    provider.answers['/keys'] = 500;
    expect((await ask(token)).status).toBe(503);
    expect((await ask(await api.token('operator'))).status).toBe(200);
    delete provider.answers['/keys'];
    vi.setSystemTime(Date.now() + 10_001);
    expect((await ask(token)).status).toBe(200);
  });
});
