import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessScope } from '../../src/api/caller.ts';
import { apiMetrics } from '../../src/api/metrics.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { operator } from '../workflows/memory-home.ts';
import { type OpenedApi, openedApi } from './fixture.ts';

/**
 * Every route, who may use it, with a second factor always or where the body sets a field, and whether its path names something of one tenant. The app's own table is held against this one:
 * a route that is missing here fails.
 */
const routes: Record<
  string,
  { who: readonly AccessScope[] | 'public'; mfa?: true | { fields: string[] }; ofTenant?: true }
> = {
  'get /v1/tenants': { who: ['tenant:self', 'operator', 'auditor'] },
  'post /v1/tenants': { who: ['operator'] },
  'get /v1/tenants/{tenant}': { who: ['tenant:self', 'operator', 'auditor'], ofTenant: true },
  'patch /v1/tenants/{tenant}': { who: ['operator'], mfa: { fields: ['plan', 'contacts'] } },
  'get /v1/tenants/{tenant}/contacts': { who: ['tenant:self', 'operator', 'auditor'], ofTenant: true },
  'put /v1/tenants/{tenant}/contacts': { who: ['operator'], mfa: true },
  'get /v1/tenants/{tenant}/sources': { who: ['tenant:self', 'operator', 'auditor'], ofTenant: true },
  'post /v1/tenants/{tenant}/sources': { who: ['operator'] },
  'get /v1/tenants/{tenant}/sources/{source}': { who: ['tenant:self', 'operator', 'auditor'], ofTenant: true },
  'delete /v1/tenants/{tenant}/sources/{source}': { who: ['operator'] },
  'get /v1/tenants/{tenant}/sources/{source}/restore-tests': {
    who: ['tenant:self', 'operator', 'auditor'],
    ofTenant: true,
  },
  'get /v1/snapshots': { who: ['tenant:self', 'operator', 'auditor'] },
  'get /v1/snapshots/{snapshot}': { who: ['tenant:self', 'operator', 'auditor'], ofTenant: true },
  'get /v1/snapshots/{snapshot}/entries': { who: ['tenant:self', 'operator', 'auditor'], ofTenant: true },
  'get /v1/snapshots/{snapshot}/content': { who: ['tenant:self', 'operator'], ofTenant: true },
  'get /v1/snapshots/{snapshot}/archive.tar': { who: ['tenant:self', 'operator'], ofTenant: true },
  'get /v1/snapshots/{snapshot}/archive.zip': { who: ['tenant:self', 'operator'], ofTenant: true },
  'get /v1/downloads/{download}': { who: ['tenant:self', 'operator'], ofTenant: true },
  'get /v1/plans': { who: ['operator', 'auditor'] },
  'get /v1/plans/{plan}': { who: ['operator', 'auditor'] },
  'get /v1/plans/{plan}/versions': { who: ['operator', 'auditor'] },
  'get /v1/cases': { who: ['tenant:self', 'finance', 'operator', 'auditor'] },
  'post /v1/cases': { who: ['tenant:self', 'operator'] },
  'get /v1/cases/{case}': { who: ['tenant:self', 'finance', 'operator', 'auditor'], ofTenant: true },
  'get /v1/cases/{case}/timeline': { who: ['tenant:self', 'finance', 'operator', 'auditor'], ofTenant: true },
  'post /v1/cases/{case}/confirm': { who: ['tenant:self', 'operator'], ofTenant: true },
  'post /v1/cases/{case}/new-code': { who: ['tenant:self', 'operator'], ofTenant: true },
  'post /v1/cases/{case}/object': { who: ['tenant:self', 'operator'], ofTenant: true },
  'post /v1/cases/{case}/extend': { who: ['tenant:self', 'finance', 'operator'], ofTenant: true },
  'post /v1/cases/{case}/keep-until': { who: ['tenant:self', 'operator'], ofTenant: true },
  'post /v1/cases/{case}/cancel': { who: ['tenant:self', 'finance', 'operator'], ofTenant: true },
  'post /v1/cases/{case}/approve': { who: ['operator'], mfa: true },
  'post /v1/cases/{case}/settle': { who: ['finance', 'operator'] },
  'post /v1/cases/{case}/authorise': { who: ['operator'] },
  'post /v1/cases/{case}/notify-contact': { who: ['operator'] },
  'post /v1/cases/{case}/notice-recorded': { who: ['operator'] },
  'post /v1/cases/{case}/notice-level': { who: ['operator'] },
  'post /v1/cases/{case}/bounce': { who: ['operator'] },
  'get /v1/holds': { who: ['operator', 'auditor'] },
  'post /v1/holds': { who: ['operator'] },
  'get /v1/holds/{hold}': { who: ['operator', 'auditor'] },
  'post /v1/holds/{hold}/release': { who: ['operator'], mfa: true },
  'post /v1/finance/events': { who: ['finance', 'operator'] },
  'get /opendsr/discovery': { who: 'public' },
  'get /opendsr/certificate.pem': { who: 'public' },
  'get /v1/opendsr/certificate': { who: ['operator', 'auditor'] },
  'post /v1/opendsr/certificate-request': { who: ['operator'] },
  'put /v1/opendsr/certificate': { who: ['operator'], mfa: true },
  'post /opendsr/requests': { who: ['tenant:self', 'operator'] },
  'get /opendsr/requests/{request}': { who: ['tenant:self', 'operator'] },
  'delete /opendsr/requests/{request}': { who: ['tenant:self', 'operator'] },
  'get /v1/certificates': { who: ['tenant:self', 'operator', 'auditor'] },
  'get /v1/cases/{case}/certificate.json': { who: ['tenant:self', 'operator', 'auditor'], ofTenant: true },
  'get /v1/cases/{case}/certificate.pdf': { who: ['tenant:self', 'operator', 'auditor'], ofTenant: true },
  'get /v1/keys/jwks': { who: 'public' },
  'get /v1/controls': { who: ['operator', 'auditor'] },
  'get /v1/alerts': { who: ['operator', 'auditor'] },
  'get /v1/alerts/{alert}': { who: ['operator', 'auditor'] },
  'post /v1/alerts/{alert}/acknowledge': { who: ['operator'] },
  'post /v1/alerts/{alert}/close': { who: ['operator'] },
  'get /v1/ledger': { who: ['operator', 'auditor'] },
  'get /v1/ledger/seals': { who: ['operator', 'auditor'] },
  'get /v1/ledger/seals/{seal}': { who: ['operator', 'auditor'] },
  'get /v1/ledger/{chain}': { who: ['operator', 'auditor'] },
  'post /v1/ledger/verify': { who: ['operator', 'auditor'] },
  'post /v1/runs': { who: ['operator'], mfa: { fields: ['confirmed'] } },
  'get /v1/executions': { who: ['operator', 'auditor'] },
  'get /v1/executions/{name}': { who: ['operator', 'auditor'] },
  'get /v1/executions/{name}/items': { who: ['operator', 'auditor'] },
  'post /v1/executions/{name}/retry': { who: ['operator'] },
  'get /v1/system': { who: ['operator', 'auditor'] },
  'post /v1/system/stop': { who: ['operator'] },
  'post /v1/system/resume': { who: ['operator'], mfa: true },
  'get /v1/webhooks': { who: ['operator'] },
  'post /v1/webhooks': { who: ['operator'] },
  'get /v1/webhooks/{webhook}': { who: ['operator'] },
  'delete /v1/webhooks/{webhook}': { who: ['operator'] },
  'get /v1/webhooks/dead-letters': { who: ['operator'] },
  'get /v1/webhooks/{webhook}/deliveries': { who: ['operator'] },
  'get /v1/webhooks/{webhook}/deliveries/{delivery}': { who: ['operator'] },
  'post /v1/webhooks/{webhook}/rotate-secret': { who: ['operator'] },
  'post /v1/webhooks/{webhook}/deliveries/{delivery}/redeliver': { who: ['operator'] },
  'get /c/{case}/{token}': { who: 'public' },
  'post /c/{case}/{token}': { who: 'public' },
  'get /c/{case}/{token}/certificate.json': { who: 'public' },
  'get /c/{case}/{token}/certificate.pdf': { who: 'public' },
  'get /verify': { who: 'public' },
  'post /verify': { who: 'public' },
  'post /v1/certificates/verify': { who: 'public' },
  'get /v1/restores': { who: ['operator'] },
  'post /v1/restores': { who: ['operator'] },
  'get /v1/restores/{restore}': { who: ['operator'] },
  'post /v1/finance/stripe': { who: 'public' },
  'get /metrics': { who: ['operator', 'auditor'] },
  'get /healthz': { who: 'public' },
  'get /openapi.json': { who: 'public' },
  'get /docs': { who: 'public' },
  'get /docs/{file}': { who: 'public' },
};

const scopes: readonly AccessScope[] = ['tenant:self', 'finance', 'operator', 'auditor'];
const mixes = (
  [
    ['operator', 'auditor'],
    ['finance', 'auditor'],
    ['finance', 'operator'],
    ['finance', 'operator', 'auditor'],
  ] as const
).map((mix) => ({ name: mix.join(' and '), mix }));
const guarded = Object.entries(routes).filter(([, { who }]) => who !== 'public');

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const clean of cleanups) clean();
});

let api: OpenedApi;
/** What the names in paths stand for: things that exist, of the tenant `acme`. */
let real: Record<string, string>;

beforeAll(async () => {
  // With everything that an app may have, so that no route is out of sight.
  api = await openedApi(
    { atEnd: (clean) => cleanups.push(clean) },
    { stripeSecrets: ['whsec_isolation'], metrics: apiMetrics() },
  );
  await api.home.tenant('acme');
  await api.home.tenant('other');
  await api.home.source('acme', 'files');
  await api.process.run('backup');
  const { deps } = api.process;
  const request = { tenant: 'acme', reason: 'customer-request', actor: { kind: 'customer', id: 'ann' } } as const;
  const opened = await openCase.typed(deps, request);
  const hold = await placeHold.typed(deps, { tenant: 'acme', reason: 'a court asked', actor: operator });
  const { body } = await api.call(await api.token('operator'), 'GET', '/v1/snapshots');
  real = {
    tenant: 'acme',
    source: 'files',
    snapshot: body.items[0].id,
    case: opened.id,
    hold: hold.id,
    plan: 'unattended',
    chain: 'system',
    seal: '2026-03-02T10:00:00.000Z',
    alert: 'a-0000000000',
    name: 'backup-manual-x',
    file: 'start.js',
    webhook: 'wh-0000000000',
    restore: 'rs-0000000000',
    request: 'a7551968-d5d6-44b2-9831-815ac9017798',
    delivery: 'msg_000000000000000000000000',
    download: 'dl-0000000000000000',
  };
});

function requestOf(route: string): [method: string, path: string] {
  const [method = '', path = ''] = route.split(' ');
  return [method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, (_, name: string) => real[name] ?? '')];
}

async function answerOf(route: string, token: string | undefined, body: object = { no: 1 }) {
  const [method, path] = requestOf(route);
  // A body that no schema takes: who gets as far as that has been let in, and nothing happens.
  return await api.call(token, method, path, method === 'GET' || method === 'DELETE' ? undefined : body);
}

async function statusOf(route: string, token: string | undefined, body?: object): Promise<number> {
  return (await answerOf(route, token, body)).status;
}

it('the table names every route, and each with those who may use it', () => {
  const own = api.app.accesses.map(({ method, path, access }) => [
    `${method} ${path}`,
    access === 'public' ? 'public' : { who: [...access.scopes].sort(), mfa: access.mfa ?? false },
  ]);
  const wanted = Object.entries(routes).map(([route, { who, mfa }]) => [
    route,
    who === 'public' ? 'public' : { who: [...who].sort(), mfa: mfa ?? false },
  ]);
  expect(Object.fromEntries(own)).toEqual(Object.fromEntries(wanted));
  expect(own).toHaveLength(wanted.length);
});

it('every route of the app is in its table', () => {
  const known = new Set(
    api.app.accesses.map(({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const served = api.app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method.toLowerCase()} ${path}`);
  expect(served.filter((route) => !known.has(route))).toEqual([]);
});

describe.each(guarded)('%s', (route, { who, mfa, ofTenant }) => {
  it('lets nobody in without a credential that holds', async () => {
    const valid = await api.token('operator', { mfa: true });
    const [header, payload, signature] = valid.split('.');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as Record<string, unknown>;
    const none = `${part({ alg: 'none', typ: 'at+jwt' })}.${payload}.`;
    const hmac = `${part({ alg: 'HS256', typ: 'at+jwt' })}.${payload}.${signature}`;
    const widened = `${header}.${part({ ...claims, scope: 'operator auditor finance' })}.${signature}`;
    for (const token of [undefined, none, hmac, widened, 'x.y.z', 'tnr_k000000000000_x'])
      expect([token, await statusOf(route, token)]).toEqual([token, 401]);
  });

  it.each(scopes.filter((scope) => !(who as readonly string[]).includes(scope)))(
    'refuses the scope %s',
    async (scope) => {
      const token = await api.token(scope, { mfa: true, ...(scope === 'tenant:self' ? { tenant: 'acme' } : {}) });
      expect(await statusOf(route, token)).toBe(403);
    },
  );

  it.each(who as readonly AccessScope[])('lets the scope %s in', async (scope) => {
    const token = await api.token(scope, {
      ...(mfa === true ? { mfa } : {}),
      ...(scope === 'tenant:self' ? { tenant: 'acme' } : {}),
    });
    expect([401, 403]).not.toContain(await statusOf(route, token));
  });

  if (mfa === true)
    it('asks for a second factor', async () => {
      expect(await statusOf(route, await api.token('operator'))).toBe(403);
    });

  if (typeof mfa === 'object')
    it.each(mfa.fields)('asks for a second factor where the body sets %s', async (field) => {
      const body = { no: 1, [field]: true };
      expect(await statusOf(route, await api.token('operator'), body)).toBe(403);
      expect(await statusOf(route, await api.token('operator', { mfa: true }), body)).toBe(400);
      expect(await statusOf(route, await api.token('operator'), { no: 1, [field]: false })).toBe(400);
    });

  it.each(mixes)('gives to $name together what one of them gets alone, and no more', async ({ mix }) => {
    const options = mfa === true ? { mfa } : {};
    const token = await api.token(mix, options);
    const tokens = await Promise.all(
      mix
        .filter((scope) => (who as readonly AccessScope[]).includes(scope))
        .map(async (scope) => await api.token(scope, options)),
    );
    const seen = async (shown: string) => {
      const { status, body } = await answerOf(route, shown);
      return { status, body: typeof body === 'object' ? { ...body, requestId: '' } : status };
    };
    const alone = [];
    for (const one of tokens) alone.push(await seen(one));
    const together = await seen(token);
    if (alone.length === 0) expect(together.status).toBe(403);
    else expect(alone).toContainEqual(together);
  });

  it.each(['finance', 'operator', 'auditor'])('does not take tenant:self together with %s', async (scope) => {
    const own = await api.token('tenant:self', { tenant: 'acme', mfa: true });
    expect(await statusOf(route, await api.forged(own, { scope: `tenant:self ${scope}` }))).toBe(401);
    expect(await statusOf(route, await api.forged(own, { scope: `${scope} tenant:self`, tenant: undefined }))).toBe(
      401,
    );
  });

  if (ofTenant === true)
    it('is to another tenant as if there were no such thing', async () => {
      const token = await api.token('tenant:self', { tenant: 'other' });
      expect([400, 404]).toContain(await statusOf(route, token));
      const [method, path] = requestOf(route);
      const valid = method === 'GET' ? undefined : { code: 'x', until: '2027-01-01' };
      const { body } = await api.call(token, method, path.replace('content', 'content?path=a.txt'), valid);
      expect(JSON.stringify(body)).not.toMatch(/acme Ltd|files|ann@/);
    });
});

it('an expired token and one of another audience do not hold', async () => {
  const token = await api.token('operator');
  api.home.clock.pass(2 * 3600_000);
  expect(await statusOf('get /v1/tenants', token)).toBe(401);
});
