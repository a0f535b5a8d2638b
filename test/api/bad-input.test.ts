import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { httpPost } from '../../src/adapters/http-post.ts';
import { apiMetrics } from '../../src/api/metrics.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { operator } from '../workflows/memory-home.ts';
import { fieldsOf, type Operation, operationsOf } from './described.ts';
import { type OpenedApi, openedApi } from './fixture.ts';

/** A body for each operation that takes one, in which a single thing is made wrong. An operation that is missing here fails. */
const bodies: Record<string, () => object> = {
  'post /v1/tenants': () => ({ id: 'fresh', name: 'Fresh', contacts: [{ name: 'Ann', email: 'ann@fresh.example' }] }),
  'patch /v1/tenants/{tenant}': () => ({}),
  'put /v1/tenants/{tenant}/contacts': () => ({ contacts: [{ name: 'Ann', email: 'new@acme.example' }] }),
  'post /v1/tenants/{tenant}/sources': () => ({ name: 'more', kind: 'directory', location: real.folder }),
  'post /v1/restores': () => ({ snapshot: real.snapshot, to: 'out' }),
  'post /v1/cases': () => ({ tenant: 'other', reason: 'customer-request' }),
  'post /v1/cases/{case}/confirm': () => ({ code: 'AAAAAAAA' }),
  'post /v1/cases/{case}/new-code': () => ({}),
  'post /v1/cases/{case}/object': () => ({}),
  'post /v1/cases/{case}/extend': () => ({ until: '2026-12-01' }),
  'post /v1/cases/{case}/keep-until': () => ({ until: '2026-12-01' }),
  'post /v1/cases/{case}/cancel': () => ({}),
  'post /v1/cases/{case}/approve': () => ({}),
  'post /v1/cases/{case}/settle': () => ({}),
  'post /v1/cases/{case}/authorise': () => ({ authority: { clause: '7', reference: 'contract' } }),
  'post /v1/cases/{case}/notify-contact': () => ({ contact: 0 }),
  'post /v1/cases/{case}/notice-recorded': () => ({
    ...{ contact: 0, channel: 'post', level: 'accepted', evidence: 'a'.repeat(64) },
  }),
  'post /v1/cases/{case}/notice-level': () => ({ delivery: 'd1', level: 'accepted', evidence: 'a'.repeat(64) }),
  'post /v1/cases/{case}/bounce': () => ({ delivery: 'd1', reason: 'nobody there' }),
  'post /v1/holds': () => ({ tenant: 'acme', reason: 'a court asked' }),
  'post /v1/holds/{hold}/release': () => ({ reason: 'the court is done' }),
  'post /v1/finance/events': () => ({ tenant: 'acme', type: 'unpaid', amount: { currency: 'EUR', minor: 100 } }),
  'post /v1/finance/stripe': () => ({}),
  'post /v1/alerts/{alert}/close': () => ({ cause: 'mended' }),
  'post /v1/runs': () => ({ kind: 'audit' }),
  'post /v1/system/stop': () => ({ reason: 'look first' }),
  'post /v1/system/resume': () => ({}),
  'put /v1/opendsr/certificate': () => ({ domain: 'tenure.example.com', pem: '-----BEGIN CERTIFICATE-----' }),
  'post /v1/opendsr/certificate-request': () => ({ domain: 'tenure.example.com' }),
  'post /opendsr/requests': () => ({
    ...{ regulation: 'gdpr', subject_request_type: 'erasure', submitted_time: '2026-03-01T09:00:00Z' },
    subject_request_id: 'a7551968-d5d6-44b2-9831-815ac9017798',
    subject_identities: [{ identity_type: 'email', identity_format: 'raw', identity_value: 'ann@acme.example' }],
  }),
  'post /v1/webhooks': () => ({ url: 'https://hooks.example/in', types: ['case.*'] }),
  'post /v1/webhooks/{webhook}/rotate-secret': () => ({ leaked: true }),
};

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const clean of cleanups) clean();
});

/** The description is the app's own, so a route that is new comes in here by itself. */
const described = await openedApi(
  { atEnd: (clean) => cleanups.push(clean) },
  { stripeSecrets: ['whsec_bad'], metrics: apiMetrics() },
);
const operations = operationsOf((await described.call(undefined, 'GET', '/openapi.json')).body);
const taking = operations.filter((operation) => operation.body !== undefined) as (Operation & {
  body: NonNullable<Operation['body']>;
})[];

let api: OpenedApi;
let token: string;
let before: string;
let real: Record<string, string>;

beforeAll(async () => {
  api = described;
  const { deps } = api.process;
  Object.assign(deps, httpPost({ allowPrivate: false }));
  Object.assign(deps.settings, { restoreRoot: `${api.home.dir}/restored` });
  await api.home.tenant('acme');
  await api.home.tenant('other');
  const folder = await api.home.source('acme', 'files');
  await api.process.run('backup');
  token = await api.token('operator', { mfa: true });
  const { id } = await openCase.typed(deps, {
    ...{ tenant: 'acme', reason: 'customer-request', actor: { kind: 'customer', id: 'ann' } },
  });
  const hold = await placeHold.typed(deps, { tenant: 'other', reason: 'a court asked', actor: operator });
  real = {
    ...{ tenant: 'acme', source: 'files', case: id, hold: hold.id, plan: 'unattended', chain: 'system' },
    ...{ alert: 'a-0000000000', name: 'backup-manual-x', webhook: 'wh-0000000000', restore: 'rs-0000000000' },
    ...{ delivery: 'msg_000000000000000000000000', seal: '2026-03-02T10:00:00.000Z' },
    snapshot: (await api.call(token, 'GET', '/v1/snapshots')).body.items[0].id,
    folder: `${folder}/deep`,
  };
});

beforeEach(() => {
  before = stored();
});

/** All that is stored, but for what is kept of callers and refused attempts. */
function stored(): string {
  const kept = [...api.home.rows.values()].filter(
    ({ pk, data }) =>
      !/^(?:RATE#|CALLERS$|IDEMPOTENCY#|LEDGER-HEADS$)/.test(pk) &&
      (data.value as { type?: string } | undefined)?.type !== 'access-refused',
  );
  return JSON.stringify(kept.map(({ pk, sk, version, data }) => [pk, sk, version, data]).toSorted());
}

/** Sends something and expects it to be refused; answers the problem. */
async function refused(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>, type?: string) {
  const answer = await api.app.request(path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(type === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : { body }),
  });
  const problem = (await answer.json()) as { status: number; errors?: { pointer: string }[] };
  const sent = typeof body === 'string' ? body.slice(0, 200) : path.slice(0, 200);
  expect([sent, answer.status], JSON.stringify(problem)).toEqual([sent, expect.toSatisfy((n) => n >= 400 && n < 500)]);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(problem.status).toBe(answer.status);
  return { status: answer.status, pointers: (problem.errors ?? []).map(({ pointer }) => pointer), problem };
}

function pathOf({ path }: Operation, change: Record<string, string> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => change[name] ?? real[name] ?? name);
}

const json = 'application/json';
const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const large = JSON.stringify({ note: 'x'.repeat(10 * 1024 * 1024) });

/** The body with one field, however deep, set to something else. */
function withField(body: unknown, [name, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (name === undefined) return value;
  const inner = (body as Record<string | number, unknown> | undefined)?.[name];
  if (typeof name === 'number') return [withField(inner, rest, value)];
  return { ...(body as object | undefined), [name]: withField(inner, rest, value) };
}

it('knows a body for every operation that takes one', () => {
  expect(taking.map(({ route }) => route).toSorted()).toEqual(Object.keys(bodies).toSorted());
});

describe.each(taking.map((operation) => [operation.route, operation] as const))('%s', (route, operation) => {
  const { method, body: schema } = operation;
  const send = async (body: string | Uint8Array<ArrayBuffer>, type = json) =>
    await refused(method, pathOf(operation), body, type);
  const valid = () => bodies[route]?.() ?? {};
  const isStrict = schema.additionalProperties === false;

  it('refuses what is no JSON, and points to the body', async () => {
    for (const body of ['', '{', '{"a":1', 'nonsense', '{a:1}', "{'a':1}", '[1,]', '\u0000', '{}{}', 'NaN', '"open'])
      expect((await send(body)).pointers).toEqual(['']);
    for (const body of ['[]', '[{}]', '"text"', '7', 'true', 'null']) expect((await send(body)).pointers).toEqual(['']);
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xfe, 0xff, 0x00, 0x7b],
    ])
      expect((await send(new Uint8Array(bytes))).pointers).toEqual(['']);
    expect(stored()).toBe(before);
  });

  it('refuses a body of another kind (415) and one of 10 MB (413)', async () => {
    const text = JSON.stringify(valid());
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'application/jsonx',
      'json',
    ])
      expect([type, (await send(text, type)).status]).toEqual([type, 415]);
    expect((await refused(method, pathOf(operation), new TextEncoder().encode(text))).status).toBe(415);
    expect((await send(large)).status).toBe(413);
    expect(stored()).toBe(before);
  });

  it('refuses names that it does not know, names of the language, and nesting without end', async () => {
    const base = JSON.stringify(valid()).slice(0, -1);
    const comma = base.length > 1 ? ',' : '';
    for (const name of ['unknown', 'constructor', 'prototype', '__proto__', 'toString', 'actor']) {
      const { pointers } = await send(`${base}${comma}"${name}":{"isAdmin":true}}`);
      if (isStrict || name === '__proto__') expect(pointers).toContain(`/${name}`);
    }
    for (const body of [deep(100), deep(50_000), `${'['.repeat(200_000)}${']'.repeat(200_000)}`]) await send(body);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(stored()).toBe(before);
  });

  const fields = fieldsOf(schema);
  it.each(fields.map(({ path, schema: field }) => [`/${path.join('/')}`, path, field] as const))(
    'points to %s when it is of another type, too long, or no text that can be kept',
    async (pointer, path, field) => {
      const types = [field.type ?? (field.enum === undefined ? [] : 'string')].flat();
      const others = Object.entries({ number: 7.5, string: 'text', object: {}, array: [], null: null, boolean: true });
      const wrong: unknown[] = others.filter(([type]) => !types.includes(type)).map(([, value]) => value);
      if (types.includes('string')) {
        wrong.push('x'.repeat((field.maxLength ?? 5000) + 1), 'a\u0000b', '\ud800', 'x'.repeat(500_000));
        // A file may have an escape sign in its name.
        if (!['paths', 'include'].includes(String(path[0]))) wrong.push('a\u001bb');
      }
      if (types.includes('integer')) wrong.push(-1, 1.5, 1e300);
      for (const value of wrong) {
        const text = JSON.stringify(withField(valid(), path, value));
        const { pointers } = await send(text);
        expect([text.slice(0, 200), pointers]).toEqual([
          text.slice(0, 200),
          expect.toSatisfy((all: string[]) => all.some((each) => each === pointer || each.startsWith(`${pointer}/`))),
        ]);
      }
      expect(stored()).toBe(before);
    },
  );
});

const parameters = operations.flatMap((operation) =>
  operation.parameters.map((parameter) => ({ operation, parameter })),
);

it.each(
  parameters
    .filter(({ parameter }) => parameter.in === 'path')
    .map(({ operation, parameter: { name } }) => [`${operation.route}: ${name}`, operation, name] as const),
)('%s in the path is refused when it is malformed', async (_, operation, name) => {
  const hostile = [
    '%00',
    '..%2f..%2fetc',
    '%ff',
    '%3Cscript%3E',
    "'or'1",
    'x'.repeat(5000),
    '%E2%80%AE',
    '-',
    '%0d%0aa:b',
  ];
  for (const value of hostile) {
    const needed = operation.parameters.filter((each) => each.in === 'query' && each.required === true);
    const query = new URLSearchParams(needed.map((each): [string, string] => [each.name, 'x'])).toString();
    const path = `${pathOf(operation, { [name]: value })}?${query}`;
    const body = operation.body === undefined ? undefined : JSON.stringify(bodies[operation.route]?.());
    const { status, pointers } = await refused(operation.method, path, body, body === undefined ? undefined : json);
    // `-` may be the name of an execution.
    if (!(name === 'name' && value === '-'))
      expect([value, status, pointers]).toEqual([value, 400, [`/param/${name}`]]);
  }
  expect(stored()).toBe(before);
});

it.each(
  parameters
    .filter(({ parameter }) => parameter.in === 'query')
    .map(({ operation, parameter }) => [`${operation.route}: ${parameter.name}`, operation, parameter] as const),
)('%s in the query is refused when it is malformed', async (_, operation, { name, schema }) => {
  const isNumber = [schema.type].flat().includes('integer');
  const values = isNumber
    ? ['x', '-1', '0', '1.5', '1e99', 'NaN', '', 'Infinity', '%00']
    : ['%00', 'x'.repeat(5000), '..%2f..%2fetc%2fpasswd', 'a%2f..'];
  for (const value of [...values, `1&${name}=2`]) {
    const { status, pointers } = await refused(operation.method, `${pathOf(operation)}?${name}=${value}`);
    expect([value, status, pointers]).toEqual([value, 400, expect.arrayContaining([`/query/${name}`])]);
  }
  expect(stored()).toBe(before);
});

it('a parameter that nobody knows is refused on every route: a filter that is mistyped does not let everything through', async () => {
  expect(operations.length).toBeGreaterThan(70);
  for (const operation of operations) {
    const { pointers } = await refused(operation.method, `${pathOf(operation)}?tennant=acme`);
    expect([operation.route, pointers]).toEqual([operation.route, expect.arrayContaining(['/query/tennant'])]);
  }
  expect(stored()).toBe(before);
});
