import { describe, expect, it } from 'vitest';
import { apiMetrics } from '../../src/api/metrics.ts';
import { operationId } from '../../src/api/operation-id.ts';
import { openedApi } from './fixture.ts';

interface Operation {
  operationId?: string;
  parameters?: { name: string; in: string }[];
  responses: Record<string, { headers?: Record<string, unknown> }>;
}

async function operations(): Promise<(Operation & { method: string; path: string })[]> {
  const api = await openedApi({}, { stripeSecrets: ['whsec_x'], metrics: apiMetrics() });
  const { paths } = (await api.call(undefined, 'GET', '/openapi.json')).body;
  return Object.entries<Record<string, Operation>>(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, ...operation })),
  );
}

describe('the description', () => {
  it('names every operation, each by a name of its own that a program can have', async () => {
    const ids = (await operations()).map((operation) => operation.operationId);
    expect(ids.length).toBeGreaterThan(70);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^(?:get|post|put|patch|delete)[A-Z][A-Za-z0-9]+$/);
  });

  it.each([
    ['get', '/v1/cases', 'getCases'],
    ['get', '/v1/cases/{case}/certificate.pdf', 'getCasesByCaseCertificatePdf'],
    ['post', '/v1/webhooks/{webhook}/rotate-secret', 'postWebhooksByWebhookRotateSecret'],
    ['delete', '/opendsr/requests/{request}', 'deleteOpendsrRequestsByRequest'],
  ])('calls %s %s always %s', (method, path, id) => expect(operationId(method, path)).toBe(id));

  it('says that every POST takes an Idempotency-Key, and may be answered again', async () => {
    const all = await operations();
    for (const { method, path, parameters = [], responses } of all) {
      const names = parameters.filter((each) => each.in === 'header').map(({ name }) => name);
      expect([path, names]).toEqual([path, method === 'post' ? ['Idempotency-Key'] : []]);
      const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      for (const [, { headers = {} }] of good)
        expect([path, 'Idempotent-Replayed' in headers]).toEqual([path, method === 'post']);
    }
  });

  it('says where an answer bears Location or Retry-After', async () => {
    for (const { path, responses } of await operations()) {
      for (const [status, { headers = {} }] of Object.entries(responses)) {
        if (['201', '202', '303'].includes(status))
          expect([path, status, Object.keys(headers)[0]]).toEqual([path, status, 'Location']);
        if (['429', '503'].includes(status)) expect([path, Object.keys(headers)]).toEqual([path, ['Retry-After']]);
      }
    }
  });
});

it('a page of another origin that may call reads the headers that clients go by', async () => {
  const origin = 'https://portal.example.com';
  const api = await openedApi({}, { corsOrigins: [origin] });
  const { headers } = await api.call(undefined, 'GET', '/healthz', undefined, { origin });
  const exposed = headers.get('access-control-expose-headers')?.toLowerCase().split(/,\s*/).toSorted();
  expect(exposed).toEqual(['idempotent-replayed', 'location', 'retry-after', 'x-request-id']);
});

describe('a method that a route does not take', () => {
  it.each([
    ['PUT', '/v1/cases', 'GET, HEAD, POST'],
    ['DELETE', '/v1/cases/c-0123456789', 'GET, HEAD'],
    ['GET', '/v1/runs', 'POST'],
    ['HEAD', '/v1/runs', 'POST'],
    ['OPTIONS', '/v1/tenants/acme', 'GET, HEAD, PATCH'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['PATCH', '/verify', 'GET, HEAD, POST'],
  ])('%s %s is answered 405, with those that it takes', async (method, path, allow) => {
    const api = await openedApi();
    const { status, headers, body } = await api.call(undefined, method, path);
    expect([status, headers.get('allow')]).toEqual([405, allow]);
    if (method !== 'HEAD') expect(body.code).toBe('method-not-allowed');
  });

  it('says the same of what exists and what does not, to everybody', async () => {
    const api = await openedApi();
    await api.home.tenant('acme');
    const answers = [];
    for (const token of [
      undefined,
      'x.y.z',
      await api.token('operator'),
      await api.token('tenant:self', { tenant: 'acme' }),
    ]) {
      for (const tenant of ['acme', 'none', 'No!']) {
        const { status, headers, body } = await api.call(token, 'DELETE', `/v1/tenants/${tenant}`);
        answers.push([status, headers.get('allow'), body.detail]);
      }
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it.each(['/v1/none', '/v1/cases/', '/v1/cases/a/b/c', '/v2/cases', '/docs/none.js'])(
    '%s is not found at all',
    async (path) => {
      const api = await openedApi();
      expect((await api.call(undefined, 'GET', path)).status).toBe(404);
    },
  );
});
