import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpPost } from '../../src/adapters/http-post.ts';
import { selfSignedCertificate } from '../../src/documents/certificate-request.ts';
import { InvalidError } from '../../src/domain/errors.ts';
import { ledgerEntries, opendsrRequests } from '../../src/records.ts';
import { deliverWebhooks } from '../../src/use-cases/deliver-webhooks.ts';
import { examine } from '../../src/use-cases/examine.ts';
import { setCertificate } from '../../src/use-cases/opendsr-certificate.ts';
import { opendsrBody } from '../../src/use-cases/opendsr-fields.ts';
import { submitOpendsrRequest } from '../../src/use-cases/submit-opendsr-request.ts';
import { memoryKeyStore } from '../memory-ports.ts';
import { failing } from '../workflows/checks.ts';
import { sweepOf } from '../workflows/erasure-life.ts';
import { operator } from '../workflows/memory-home.ts';
import { openedApi } from './fixture.ts';
import { type Received, receiver } from './receiver.ts';

const domain = 'dsr.keeper.example';
const publicUrl = `https://${domain}`;
const requestId = 'a7551968-d5d6-44b2-9831-815ac9017798';

const customerId = (identity_value: string) => ({
  identity_type: 'controller_customer_id',
  identity_value,
  identity_format: 'raw',
});
const email = (identity_value: string, identity_format = 'raw') => ({
  identity_type: 'email',
  identity_value,
  identity_format,
});

/** A request about `acme`. */
const request = (change: object = {}) => ({
  regulation: 'gdpr',
  subject_request_id: requestId,
  subject_request_type: 'erasure',
  submitted_time: '2026-03-01T08:00:00+01:00',
  subject_identities: [customerId('acme')],
  api_version: '2.0',
  ...change,
});

async function opened(options: Parameters<typeof openedApi>[0] = {}, { certified = true } = {}) {
  const api = await openedApi(options);
  const { deps } = api.process;
  Object.assign(deps, httpPost({ allowPrivate: true }));
  Object.assign(deps.settings, { publicUrl });
  await api.home.tenant('acme');
  await api.home.tenant('other');
  if (certified) await setCertificate.typed(deps, { actor: operator });
  // Drawn for each call: a test's day is longer than a token's.
  const platform = async () => await api.token('operator', { subject: 'privacy-platform' });
  const path = `/opendsr/requests/${requestId}`;
  return {
    ...api,
    deps,
    platform,
    post: async (body: unknown = request(), token?: string, headers = {}) =>
      await api.call(token ?? (await platform()), 'POST', '/opendsr/requests', body, headers),
    get: async (token?: string) => await api.call(token ?? (await platform()), 'GET', path),
    cancel: async (token?: string) => await api.call(token ?? (await platform()), 'DELETE', path),
    deliver: async () => await deliverWebhooks.typed(deps, {}),
    cases: async () => (await api.call(await platform(), 'GET', '/v1/cases')).body.items,
    codes: () =>
      [...api.home.outbox.values()]
        .map((raw) => /^ {4}([A-Z2-9]{8})\s*$/m.exec(raw.toString().replaceAll(/=\r?\n/g, ''))?.[1] ?? '')
        .filter((code) => code !== ''),
  };
}

/** Verifies as a controller would: with the certificate that the discovery names. */
async function verifier({ app }: Pick<Awaited<ReturnType<typeof opened>>, 'app'>) {
  const discovery = (await (await app.request('/opendsr/discovery')).json()) as { processor_certificate: string };
  expect(discovery.processor_certificate.startsWith(`${publicUrl}/`)).toBe(true);
  const pem = await (await app.request(discovery.processor_certificate.slice(publicUrl.length))).text();
  const { publicKey } = new X509Certificate(pem);
  const holds = (body: string, headers: Record<string, string>) =>
    headers['x-opendsr-processor-domain'] === domain &&
    verify('sha256', Buffer.from(body), publicKey, Buffer.from(headers['x-opendsr-signature'] ?? '', 'base64'));
  return { pem, holds };
}

const told = ({ body }: Received) => JSON.parse(body).request_status;

it('a request lives from its code to its certificate, and every change is told with a signature that holds', async () => {
  const story = await opened();
  const { home, process, call, post, get, deliver, codes, received, url } = { ...story, ...(await receiver()) };
  await home.source('acme', 'files');
  await process.run('backup');
  const { holds } = await verifier(story);
  const sent = JSON.stringify(request({ status_callback_urls: [url] }), undefined, 1);
  const taken = await post(sent);
  expect(taken.status).toBe(201);
  expect(taken.body).toEqual({
    controller_id: 'privacy-platform',
    // Seven whole days from the second of March, and a day for the erasure.
    expected_completion_time: '2026-03-11T00:00:00.000Z',
    received_time: '2026-03-02T10:00:00.000Z',
    encoded_request: Buffer.from(sent).toString('base64'),
    subject_request_id: requestId,
  });
  expect((await get()).body).toEqual({
    controller_id: 'privacy-platform',
    expected_completion_time: '2026-03-11T00:00:00.000Z',
    subject_request_id: requestId,
    request_status: 'pending',
    api_version: '2.0',
  });
  const [{ id }] = await story.cases();
  expect((await call(await story.platform(), 'POST', `/v1/cases/${id}/confirm`, { code: codes()[0] })).status).toBe(
    200,
  );
  home.clock.pass(24 * 3600_000);
  expect((await get()).body).toMatchObject({
    request_status: 'pending',
    expected_completion_time: '2026-03-11T00:00:00.000Z',
  });
  expect(await deliver()).toMatchObject({ delivered: 0 });
  home.clock.moveTo('2026-03-10T00:30:00.000Z');
  await process.run('notice', sweepOf(home));
  const results = `${publicUrl}/v1/cases/${id}/certificate.pdf`;
  expect((await get()).body).toMatchObject({ request_status: 'completed', results_url: results });
  // Nothing of the tenant is left, and its end is told all the same.
  expect(await deliver()).toMatchObject({ delivered: 2 });
  expect(received.map(told).sort()).toEqual(['completed', 'in_progress']);
  for (const { body, headers } of received) {
    expect(holds(body, headers)).toBe(true);
    expect(holds(`${body} `, headers)).toBe(false);
  }
  expect(JSON.parse(received.find((each) => told(each) === 'completed')?.body ?? '')).toEqual({
    controller_id: 'privacy-platform',
    expected_completion_time: '2026-03-10T00:30:00.000Z',
    status_callback_url: url,
    subject_request_id: requestId,
    request_status: 'completed',
    results_url: results,
  });
  expect((await call(await story.token('operator'), 'GET', results.slice(publicUrl.length))).status).toBe(200);
  expect(await story.cancel()).toMatchObject({ status: 409, body: { error: { code: 409 } } });
  // The same request is still known when everybody that it was about is gone.
  expect(await post(sent)).toMatchObject({ status: 201, body: taken.body });
  expect(await story.cases()).toHaveLength(1);
  await home.expectLedgerWhole();
});

it('openssl verifies an answer with the key of the certificate', async () => {
  const { app } = await opened();
  const { pem } = await verifier({ app });
  const answer = await app.request('/opendsr/discovery');
  const body = Buffer.from(await answer.arrayBuffer());
  const dir = mkdtempSync(join(tmpdir(), 'tenure-opendsr-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const run = (args: string[], input: Buffer | string) =>
    spawnSync('openssl', args, { input, cwd: dir, encoding: 'utf8' });
  writeFileSync(join(dir, 'key.pem'), run(['x509', '-pubkey', '-noout'], pem).stdout);
  writeFileSync(join(dir, 'signature'), Buffer.from(answer.headers.get('x-opendsr-signature') ?? '', 'base64'));
  const verified = (bytes: Buffer) =>
    run(['dgst', '-sha256', '-verify', 'key.pem', '-signature', 'signature'], bytes).stdout.trim();
  expect(verified(body)).toBe('Verified OK');
  expect(verified(Buffer.concat([body, Buffer.from('\n')]))).toBe('Verification failure');
  expect(JSON.parse(body.toString())).toMatchObject({
    api_version: '2.0',
    supported_subject_request_types: ['erasure'],
    supported_identities: expect.arrayContaining([{ identity_type: 'email', identity_format: 'sha256' }]),
  });
});

it('every answer is signed, refusals too', async () => {
  const { app, platform, ...story } = await opened();
  const { holds } = await verifier({ app });
  const authorization = `Bearer ${await platform()}`;
  const own = `/opendsr/requests/${requestId}`;
  const post = { method: 'POST', body: JSON.stringify(request()), headers: { 'content-type': 'application/json' } };
  const answers: [number, string, RequestInit][] = [
    [200, '/opendsr/discovery', {}],
    [200, '/opendsr/certificate.pem', {}],
    [401, '/opendsr/requests', post],
    [404, own, { headers: { authorization } }],
    [201, '/opendsr/requests', { ...post, headers: { ...post.headers, authorization } }],
    [200, own, { headers: { authorization } }],
    [202, own, { method: 'DELETE', headers: { authorization } }],
    [404, '/opendsr/nothing', {}],
    [413, '/opendsr/requests', { ...post, body: ' '.repeat(1024 * 1024 + 1) }],
  ];
  for (const [status, path, init] of answers) {
    const answer = await app.request(path, init);
    const text = await answer.text();
    expect([path, answer.status]).toEqual([path, status]);
    expect([path, holds(text, Object.fromEntries(answer.headers))]).toEqual([path, true]);
    if (status >= 400) expect(JSON.parse(text).error).toMatchObject({ code: status });
  }
  expect(await story.cases()).toHaveLength(1);
});

describe('a repeated request', () => {
  it('is answered with the same and opens nothing, also under an Idempotency-Key', async () => {
    const { post, cases, codes } = await opened();
    const first = await post(request(), undefined, { 'idempotency-key': 'one' });
    const again = await post(request(), undefined, { 'idempotency-key': 'one' });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect([again.body, (await post()).body]).toEqual([first.body, first.body]);
    for (const { headers } of [first, again]) expect([...headers.keys()].join()).not.toContain('x-tenure');
    expect(await cases()).toHaveLength(1);
    expect(codes()).toHaveLength(1);
  });

  it('that comes twice at once opens one case', async () => {
    const { post, cases } = await opened();
    const both = await Promise.all([post(), post()]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(await cases()).toHaveLength(1);
  });

  it('with another body is a conflict', async () => {
    const { post, cases } = await opened();
    await post();
    const other = await post(request({ submitted_time: '2026-03-01T09:00:00+01:00' }));
    expect(other).toMatchObject({ status: 409, body: { code: 'conflict', error: { code: 409 } } });
    expect(await cases()).toHaveLength(1);
  });

  it.each([false, true])(
    'opens one case and mails a code wherever the process died (after the call: %s)',
    async (afterEffect) => {
      for (let dieAtCall = 1, done = false; !done; dieAtCall++) {
        const { home, post, cases, codes } = await opened();
        const dying = home.process({ dieAtCall, afterEffect });
        const bytes = Buffer.from(JSON.stringify(request()));
        const input = {
          bytes,
          body: opendsrBody.parse(request()),
          actor: { kind: 'operator', id: 'privacy-platform' },
        };
        const taken = submitOpendsrRequest(dying.deps)(input).then(() => true);
        done = await Promise.race([taken, dying.died.then(() => false)]);
        expect([dieAtCall, (await post()).status]).toEqual([dieAtCall, 201]);
        expect([dieAtCall, (await cases()).length]).toEqual([dieAtCall, 1]);
        expect([dieAtCall, codes().length > 0]).toEqual([dieAtCall, true]);
        if (done) expect(dieAtCall).toBeGreaterThan(15);
      }
    },
  );

  it('sends a new code where the mail of the first one was lost', async () => {
    const { home, post, cases, codes, call, platform } = await opened();
    home.mailer.down = true;
    expect((await post()).status).toBe(503);
    expect([(await cases()).length, codes()]).toEqual([1, []]);
    home.mailer.down = false;
    expect((await post()).status).toBe(201);
    expect(codes()).toHaveLength(1);
    expect((await post()).status).toBe(201);
    expect(codes()).toHaveLength(1);
    const [{ id }] = await cases();
    expect((await call(await platform(), 'POST', `/v1/cases/${id}/confirm`, { code: codes()[0] })).status).toBe(200);
  });

  it('by another controller is another request, and neither sees the other', async () => {
    const { post, get, cancel, token, cases } = await opened();
    await post();
    const second = await token('operator', { subject: 'another-platform' });
    expect([(await get(second)).status, (await cancel(second)).status]).toEqual([404, 404]);
    const unknown = (await get(second)).body.detail;
    expect(unknown).toBe(`there is no request ${requestId}`);
    expect((await post(request({ subject_identities: [customerId('other')] }), second)).status).toBe(201);
    expect(await cases()).toHaveLength(2);
    expect((await get()).status).toBe(200);
  });
});

describe('identities', () => {
  const digest = (kind: string, text = 'ann@acme.example') => createHash(kind).update(text).digest('hex');

  it.each([
    ['an address', [email('ann@acme.example')]],
    ['an address as people write it', [email('  Ben@ACME.example ')]],
    ['sha256', [email(digest('sha256'), 'sha256')]],
    ['sha256 in capitals', [email(digest('sha256').toUpperCase(), 'sha256')]],
    ['sha1', [email(digest('sha1'), 'sha1')]],
    ['md5', [email(digest('md5'), 'md5')]],
    ['several of one account', [customerId('acme'), email('ann@acme.example'), email('ben@acme.example')]],
  ])('%s: the account is found', async (_, subject_identities) => {
    const { post, cases } = await opened();
    expect((await post(request({ subject_identities }))).status).toBe(201);
    expect(await cases()).toMatchObject([{ tenant: 'acme', reason: 'customer-request', status: 'opened' }]);
  });

  it('of an address that two accounts have lead to neither, until the account is named', async () => {
    const { post, home, cases } = await opened();
    await home.tenant('twin', { contacts: [{ name: 'Ann', email: 'ann@acme.example' }] });
    expect((await post(request({ subject_identities: [email('ann@acme.example')] }))).status).toBe(400);
    const named = [email('ann@acme.example'), customerId('twin')];
    expect((await post(request({ subject_identities: named }))).status).toBe(201);
    expect(await cases()).toMatchObject([{ tenant: 'twin' }]);
  });

  it('that lead nowhere, to two accounts or to another tenant are answered in the same words', async () => {
    const { post, token, cases } = await opened();
    const own = await token('tenant:self', { tenant: 'acme', subject: 'acme-platform' });
    const words = async (subject_identities: object[], by?: string) => {
      const { status, body } = await post(request({ subject_identities }), by);
      const { requestId: _, ...rest } = body;
      return { status, ...rest };
    };
    const nobody = await words([customerId('nobody')], own);
    expect(nobody).toMatchObject({ status: 400, errors: [{ pointer: '/subject_identities' }] });
    expect(await words([customerId('other')], own)).toEqual(nobody);
    expect(await words([email('ann@other.example')], own)).toEqual(nobody);
    expect(await words([customerId('acme'), email('ann@other.example')], own)).toEqual(nobody);
    expect(await words([customerId('acme'), email('ann@other.example')])).toEqual(nobody);
    expect(await words([email(digest('sha256', 'x@y.example'), 'sha256')])).toEqual(nobody);
    expect(await cases()).toEqual([]);
    expect((await post(request(), own)).status).toBe(201);
  });

  it('are stored nowhere', async () => {
    const { post, home, deps, cases } = await opened();
    const hashed = digest('sha256');
    await post(request({ subject_identities: [email(hashed, 'sha256')] }), undefined, { 'idempotency-key': 'k' });
    const rows = JSON.stringify([...home.rows.values()]);
    expect(rows).not.toContain(hashed);
    expect(rows).toContain(requestId);
    for (const word of ['subject_identities', 'encoded_request']) expect(rows).not.toContain(word);
    const [{ id }] = await cases();
    expect(Object.keys((await opendsrRequests.read(deps.table, id))?.value ?? {}).sort()).toEqual([
      'callbackUrls',
      'caseId',
      'controller',
      'digest',
      'expectedAt',
      'receivedAt',
      'requestId',
      'tenant',
    ]);
  });
});

it('our own extension narrows the request to a source or paths of it', async () => {
  const { post, home, cases, call, platform } = await opened();
  await home.source('acme', 'files');
  const narrowed = (extension: unknown) => post(request({ extensions: { [domain]: extension, 'else.example': 7 } }));
  for (const [extension, pointer] of [
    [{ source: 'mail' }, `/extensions/${domain}/source`],
    [{ source: 'files', paths: ['nothing.txt'] }, `/extensions/${domain}`],
    [{ paths: ['a.txt'] }, `/extensions/${domain}/source`],
    [{ sources: 'files' }, `/extensions/${domain}`],
    [{}, `/extensions/${domain}`],
    ['files', `/extensions/${domain}`],
  ] as const) {
    expect(await narrowed(extension)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  }
  expect((await narrowed({ source: 'files', paths: ['a.txt'] })).status).toBe(201);
  const [{ id }] = await cases();
  expect((await call(await platform(), 'GET', `/v1/cases/${id}`)).body.scope).toEqual({
    tenant: 'acme',
    source: 'files',
    paths: ['a.txt'],
  });
});

it.each([
  ['subject_request_type', { subject_request_type: 'portability' }, '/subject_request_type'],
  ['subject_request_id', { subject_request_id: requestId.toUpperCase() }, '/subject_request_id'],
  ['regulation', { regulation: 'lgpd' }, '/regulation'],
  ['submitted_time', { submitted_time: 'yesterday' }, '/submitted_time'],
  ['api_version', { api_version: '1.0' }, '/api_version'],
  ['no identities', { subject_identities: [] }, '/subject_identities'],
  [
    'identity type',
    { subject_identities: [{ ...email('x'), identity_type: 'ios_vendor_id' }] },
    '/subject_identities/0/identity_type',
  ],
  [
    'identity format',
    { subject_identities: [{ ...customerId('acme'), identity_format: 'md5' }] },
    '/subject_identities/0/identity_format',
  ],
  ['digest', { subject_identities: [email('abc', 'sha1')] }, '/subject_identities/0/identity_value'],
  ['callback scheme', { status_callback_urls: ['file:///etc/passwd'] }, '/status_callback_urls/0'],
])(
  'a request with a wrong %s is refused with a pointer, in the form of RFC 9457 and of the specification',
  async (_, change, pointer) => {
    const story = await opened();
    const { holds } = await verifier(story);
    const answer = await story.app.request('/opendsr/requests', {
      method: 'POST',
      headers: { authorization: `Bearer ${await story.platform()}`, 'content-type': 'application/json' },
      body: JSON.stringify(request(change)),
    });
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(text)).toMatchObject({
      code: 'invalid',
      errors: [{ pointer }],
      error: {
        code: 400,
        message: expect.stringContaining(pointer),
        errors: [{ domain: 'Validation', reason: 'invalid', message: expect.stringContaining(pointer) }],
      },
    });
    expect(holds(text, Object.fromEntries(answer.headers))).toBe(true);
    expect(await story.cases()).toEqual([]);
  },
);

it.each(['{', '[]', 'null', '"x"'])('the body %s is refused', async (body) => {
  const { post } = await opened();
  expect(await post(body)).toMatchObject({ status: 400, body: { error: { code: 400 } } });
});

describe('callbacks', () => {
  it('to private addresses are refused with a pointer, and nothing is opened', async () => {
    const { post, deps, cases } = await opened();
    Object.assign(deps, httpPost({ allowPrivate: false }));
    const urls = ['https://callbacks.example.com/x', 'http://169.254.169.254/latest'];
    expect(await post(request({ status_callback_urls: urls }))).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/status_callback_urls/1' }] },
    });
    expect(await cases()).toEqual([]);
  });

  it('that fail are tried again, are dead in the end, and can be sent again', async () => {
    const { post, cancel, deliver, home, call, token, received, url, answers } = {
      ...(await opened()),
      ...(await receiver()),
    };
    const second = await receiver();
    await post(request({ status_callback_urls: [url, second.url, url] }));
    await cancel();
    answers.push(...new Array(10).fill(500));
    expect(await deliver()).toMatchObject({ delivered: 1, failed: 1 });
    for (const wait of [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]) {
      home.clock.pass(wait * 1000 - 1);
      expect(await deliver()).toMatchObject({ delivered: 0, failed: 0, dead: 0 });
      home.clock.pass(1);
      await deliver();
    }
    expect([received.length, second.received.length]).toEqual([10, 1]);
    const operator = await token('operator');
    const { items } = (await call(operator, 'GET', '/v1/webhooks/dead-letters')).body;
    expect(items).toMatchObject([{ webhook: expect.stringMatching(/^od-/), type: 'opendsr.status', last: 'HTTP 500' }]);
    const path = `/v1/webhooks/${items[0].webhook}/deliveries/${items[0].id}/redeliver`;
    expect((await call(operator, 'POST', path)).status).toBe(202);
    expect(await deliver()).toMatchObject({ delivered: 1 });
    expect(received.map(told)).toEqual(new Array(11).fill('cancelled'));
  });

  it('that come late tell where the request stands by then', async () => {
    const { home, post, deliver, cases, call, platform, codes, received, url, answers } = {
      ...(await opened()),
      ...(await receiver()),
    };
    await home.source('acme', 'files');
    await post(request({ status_callback_urls: [url] }));
    const [{ id }] = await cases();
    await call(await platform(), 'POST', `/v1/cases/${id}/confirm`, { code: codes()[0] });
    home.clock.moveTo('2026-03-10T00:30:00.000Z');
    await home.process({ around: failing('DeleteLive', () => new InvalidError('away')) }).run('notice', sweepOf(home));
    answers.push(500);
    expect(await deliver()).toMatchObject({ failed: 1 });
    home.clock.moveTo('2026-03-10T01:30:00.000Z');
    await home.process().run('notice', sweepOf(home));
    expect(await deliver()).toMatchObject({ delivered: 1 });
    home.clock.pass(5000);
    expect(await deliver()).toMatchObject({ delivered: 1 });
    expect(received.map(told)).toEqual(['in_progress', 'completed', 'completed']);
  });

  it('wait while there is nothing to sign them with, and go out once there is', async () => {
    const { post, cancel, deliver, home, deps, received, url } = { ...(await opened()), ...(await receiver()) };
    await post(request({ status_callback_urls: [url] }));
    await cancel();
    home.clock.pass(91 * 24 * 3600_000);
    expect(await deliver()).toMatchObject({ failed: 1 });
    expect(received).toEqual([]);
    await setCertificate.typed(deps, { actor: operator });
    home.clock.pass(5000);
    expect(await deliver()).toMatchObject({ delivered: 1 });
  });
});

it('a request is taken back while it is pending, as often as it is asked; the customer is told', async () => {
  const { post, cancel, get, home, cases } = await opened();
  await post();
  expect(await cancel()).toMatchObject({
    status: 202,
    body: { controller_id: 'privacy-platform', subject_request_id: requestId, api_version: '2.0' },
  });
  expect((await cancel()).status).toBe(202);
  expect((await get()).body).toMatchObject({ request_status: 'cancelled', expected_completion_time: home.clock.now() });
  expect(await cases()).toMatchObject([{ status: 'cancelled' }]);
  expect(home.mailer.sent.map(({ id }) => id.split('/')[0])).toEqual(['confirm-code', 'cancellation']);
});

it('what is in progress is not taken back any more', async () => {
  const { post, cancel, get, cases, home, call, platform, codes } = await opened();
  await home.source('acme', 'files');
  await post();
  const [{ id }] = await cases();
  await call(await platform(), 'POST', `/v1/cases/${id}/confirm`, { code: codes()[0] });
  home.clock.moveTo('2026-03-10T00:30:00.000Z');
  const broken = home.process({ around: failing('DeleteLive', () => new InvalidError('cannot be used')) });
  await broken.run('notice', sweepOf(home));
  expect((await get()).body.request_status).toBe('in_progress');
  const late = await cancel();
  expect(late).toMatchObject({ status: 409, body: { code: 'conflict', error: { code: 409 } } });
});

describe('the certificate', () => {
  it('is needed: without one every route says so, to operators with the commands that set OpenDSR up', async () => {
    const { post, get, cancel, call } = await opened({}, { certified: false });
    const answers = [
      await post(),
      await get(),
      await cancel(),
      await call(undefined, 'GET', '/opendsr/discovery'),
      await call(undefined, 'GET', '/opendsr/certificate.pem'),
    ];
    for (const { status, body, headers } of answers) {
      expect({ status, body }).toMatchObject({
        status: 404,
        body: {
          detail: expect.stringContaining('not set up'),
          hint: expect.stringContaining('bring in a certificate'),
        },
      });
      expect(headers.get('x-opendsr-signature')).toBeNull();
    }
    const commands = answers.map(({ body }) => body.hint.includes('`tenure opendsr csr`'));
    expect(commands).toEqual([true, true, true, false, false]);
  });

  it('stands in the ledger by its digest, the one that replaces it too', async () => {
    const { deps, home } = await opened();
    const { fingerprint } = await setCertificate.typed(deps, { actor: operator });
    const set = (await ledgerEntries.list(home.table, 'LEDGER#system'))
      .map(({ value }) => value)
      .filter(({ type }) => type === 'opendsr-certificate-set');
    expect(set).toHaveLength(2);
    expect(set[1]?.subjects).toEqual([`domain:${domain}`, `sha256:${fingerprint.replaceAll(':', '').toLowerCase()}`]);
    await home.expectLedgerWhole();
  });

  it('that has ended stops requests, says so, and doctor finds it', async () => {
    const { post, home, deps, cases } = await opened();
    const finding = async () =>
      (await examine.typed(deps, {})).find(({ check }) => check === 'certificate of OpenDSR')?.status;
    expect(await finding()).toBe('warning');
    home.clock.pass(91 * 24 * 3600_000);
    const answer = await post();
    expect(answer).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('has ended'), error: { code: 503 } },
    });
    expect(await finding()).toBe('wrong');
    expect(await cases()).toEqual([]);
  });

  it('of an authority is renewed in its last month: doctor says so', async () => {
    const { deps, home } = await opened({}, { certified: false });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [own] = await deps.keys.publicKeys();
    const pem = await selfSignedCertificate(
      {
        ...{ domain, jwk: { ...own } },
        sign: async (data) => sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      },
      { serial: Buffer.from([1]), notBefore: '2026-03-01T00:00:00.000Z', notAfter: '2026-05-02T10:00:00.000Z' },
    );
    expect(await setCertificate.typed(deps, { pem, actor: operator })).toMatchObject({ selfSigned: false });
    const finding = async () => (await examine.typed(deps, {})).find(({ check }) => check === 'certificate of OpenDSR');
    expect(await finding()).toMatchObject({ status: 'ok' });
    home.clock.pass(31 * 24 * 3600_000);
    expect(await finding()).toMatchObject({ status: 'ok' });
    home.clock.pass(1);
    expect(await finding()).toMatchObject({ status: 'warning', message: 'it holds until 2026-05-02' });
  });

  it('of a key that signs no longer stops requests', async () => {
    const { post, deps, call } = await opened();
    const other = memoryKeyStore();
    Object.assign(deps.keys, { sign: other.sign, publicKeys: other.publicKeys });
    const answer = await post();
    expect(answer).toMatchObject({ status: 503, body: { detail: expect.stringContaining('another key') } });
    expect((await call(undefined, 'GET', '/opendsr/certificate.pem')).status).toBe(200);
  });

  it.each([
    ['of another key', true, domain, /not for this home's signing key/],
    ['self-signed', false, domain, /self-signed/],
    ['of another domain', false, 'elsewhere.example', /does not name dsr.keeper.example/],
  ])('%s is refused', async (_, foreign, named, why) => {
    const { deps } = await opened({}, { certified: false });
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [own] = await deps.keys.publicKeys();
    const pem = await selfSignedCertificate(
      {
        domain: named,
        jwk: foreign ? publicKey.export({ format: 'jwk' }) : { ...own },
        sign: async (data) =>
          foreign
            ? sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
            : (await deps.keys.sign(data)).signature,
      },
      { serial: Buffer.from([1]), notBefore: '2026-03-01T00:00:00.000Z', notAfter: '2027-03-01T00:00:00.000Z' },
    );
    await expect(setCertificate.typed(deps, { pem, actor: operator })).rejects.toThrow(why);
    await expect(setCertificate.typed(deps, { pem: 'nothing', actor: operator })).rejects.toThrow(
      /no certificate in it/,
    );
  });
});
