import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directorySourceDriver } from '../../src/adapters/embedded/directory-source-driver.ts';
import { httpPost } from '../../src/adapters/http-post.ts';
import { pdfText } from '../documents/pdf-text.ts';
import { type OpenedApi, openedApi } from './fixture.ts';

async function opened(
  options: Parameters<typeof openedApi>[0] = {},
): Promise<OpenedApi & { operator: string; snapshot: string }> {
  const api = await openedApi(options);
  const { deps } = api.process;
  Object.assign(deps, httpPost({ allowPrivate: false }));
  // The driver as it is in a real home: it looks where other sources lie.
  deps.sourceDriver = (source) => directorySourceDriver(source.location, { forbidden: [] });
  Object.assign(deps.settings, { restoreRoot: `${api.home.dir}/restored`, publicUrl: 'https://tenure.example.com' });
  await api.home.tenant('acme');
  await api.home.source('acme', 'files');
  await api.process.run('backup');
  const operator = await api.token('operator', { mfa: true });
  const snapshot = (await api.call(operator, 'GET', '/v1/snapshots')).body.items[0].id;
  return { ...api, operator, snapshot };
}

const tenant = (change: object) => ({
  ...{ id: 'fresh', name: 'Fresh', contacts: [{ name: 'Ann', email: 'ann@fresh.example' }], ...change },
});
const contact = (change: object) => tenant({ contacts: [{ name: 'Ann', email: 'ann@fresh.example', ...change }] });
const restore = { snapshot: 'SNAPSHOT', to: 'out' };
const obsolete = { tenant: 'acme', reason: 'obsolete' };
const finance = (said: object) => ({ tenant: 'acme', ...said });

const addresses = [
  'a@b.example\r\nBcc: x@y.example',
  'a@b.example\nBcc: x@y.example',
  'a@b.example%0d%0aBcc: x@y.example',
  'a@b.example, x@y.example',
  'a@b.example;x@y.example',
  '<a@b.example>',
  'Ann <a@b.example>',
  '"a"@b.example',
  'a b@c.example',
  'a@b@c.example',
  'a@b.example\u0000',
  'a\u202e@b.example',
  'a\u200b@b.example',
  `${'a'.repeat(65)}@b.example`,
  '@b.example',
  'a@',
];

const names = [
  'Ann\r\nBcc: x@y.example',
  'Ann\nSubject: paid',
  'Ann\u0000',
  'Ann\u001b[31m',
  'Ann\u202egnp.exe',
  'Ann\u2066x\u2069',
  'Ann\u2028Bob',
  'Ann\ud800',
  '   ',
];

const targets = [
  'http://169.254.169.254/latest/meta-data/',
  'http://localhost/x',
  'http://localhost./x',
  'http://a.localhost/x',
  'http://intranet/x',
  'http://metadata.google.internal/x',
  'http://metadata.google.internal./x',
  'http://127.0.0.1/x',
  'http://127.0.0.1./x',
  'http://127.1/x',
  'http://0/x',
  'http://10.0.0.1/x',
  'http://172.16.0.1/x',
  'http://192.168.1.1/x',
  'http://100.64.0.1/x',
  'http://2852039166/x',
  'http://0xa9fea9fe/x',
  'http://0251.0376.0251.0376/x',
  'http://0x7f.0x0.0x0.0x1/x',
  'http://017700000001/x',
  'http://１２７.０.０.１/x',
  'http://[::1]/x',
  'http://[::]/x',
  'http://[::ffff:169.254.169.254]/x',
  'http://[::ffff:a9fe:a9fe]/x',
  'http://[64:ff9b::a9fe:a9fe]/x',
  'http://[2002:a9fe:a9fe::]/x',
  'http://[fe80::1]/x',
  'http://[fd00:ec2::254]/x',
  'http://255.255.255.255/x',
  'http://224.0.0.1/x',
  'https://user:password@hooks.example/x',
  'https://user@hooks.example/x',
  'file:///etc/passwd',
  'ftp://hooks.example/x',
  'gopher://hooks.example/x',
  'javascript:alert(1)',
  '//hooks.example/x',
  'hooks.example/x',
  'http://',
  'https://hooks.example/\r\nx: y',
  'https://hooks.example/\u0000',
];

const paths = ['../x', 'a/../../x', '/../etc/passwd', '..', 'a/..', 'a\u0000b', '../../../../etc/shadow'];

/** What is sent, and the field that the answer points to. */
interface Refused {
  what: string;
  path: string;
  body: object;
  pointer: string;
}

/** One for each of several values. */
function each<T>(
  what: string,
  path: string,
  values: readonly T[],
  bodyOf: (value: T) => object,
  pointer: string,
): Refused[] {
  return values.map((value) => ({ what: `${what} ${JSON.stringify(value)}`, path, body: bodyOf(value), pointer }));
}

const locales = ['xx', 'EN', 'en-GB', '', '../en', '__proto__', 'constructor'];
const zones = ['Mars/Olympus', '', 'utc+25', '../UTC', '+02:00', 'Europe/Berlin\u0000', 'UTC\n'];
const folders = ['../out', '/etc', '.hidden', 'a/b', 'a\\b', '', 'a\u0000', '..', 'x'.repeat(101)];
const sources: [kind: string, location: string][] = [
  ['directory', 'relative/path'],
  ['directory', '/nowhere/at/all'],
  ['directory', '/dev/null'],
  ['directory', `/${'x'.repeat(300)}`],
  ['directory', '/tmp\u0000/x'],
  ['directory', 'DATA'],
  ['directory', 'DATA/deep'],
  ['directory', 'DATA/../files'],
  ['s3', 's3://UPPER/x'],
  ['s3', 'https://bucket.example/x'],
  ['aws-backup', 'not an arn'],
];

const refused: Refused[] = [
  ...each('the address', '/v1/tenants', addresses, (email) => contact({ email }), '/contacts/0/email'),
  ...each('the name', '/v1/tenants', names, (name) => tenant({ name }), '/name'),
  ...each('the contact', '/v1/tenants', names, (name) => contact({ name }), '/contacts/0/name'),
  ...each('the locale', '/v1/tenants', locales, (locale) => tenant({ locale }), '/locale'),
  ...each('the time zone', '/v1/tenants', zones, (timezone) => tenant({ timezone }), '/timezone'),
  ...each('the plan', '/v1/tenants', ['nothing', '../standard', 'constructor'], (plan) => tenant({ plan }), '/plan'),
  ...each('the webhook', '/v1/webhooks', targets, (url) => ({ url, types: ['case.*'] }), '/url'),
  ...each('the path', '/v1/restores', paths, (path) => ({ ...restore, paths: [path] }), '/paths/0'),
  ...each('the pattern', '/v1/restores', [...paths, '/'], (path) => ({ ...restore, include: [path] }), '/include'),
  ...each('the folder', '/v1/restores', folders, (to) => ({ ...restore, to }), '/to'),
  ...each('the path', '/v1/cases', paths, (path) => ({ ...obsolete, source: 'files', paths: [path] }), '/paths/0'),
  ...each('without a source, the path', '/v1/cases', ['a.txt'], (path) => ({ ...obsolete, paths: [path] }), '/source'),
  ...each(
    'the source',
    '/v1/tenants/acme/sources',
    sources,
    ([kind, location]) => ({ name: 'more', kind, location }),
    '/location',
  ),
  ...each(
    'the day',
    '/v1/holds',
    ['2026-02-30'],
    (reviewOn) => ({ tenant: 'acme', reason: 'x', reviewOn }),
    '/reviewOn',
  ),
  ...each(
    'the day',
    '/v1/finance/events',
    ['2026-13-01'],
    (valueDate) => finance({ type: 'paid', valueDate }),
    '/valueDate',
  ),
  ...each('without a day', '/v1/finance/events', ['promised-until'], (type) => finance({ type }), '/until'),
  ...each('without an amount', '/v1/finance/events', ['part-paid'], (type) => finance({ type }), '/amount'),
];

describe('a value that is refused', () => {
  const cleanups: (() => void)[] = [];
  let api: Awaited<ReturnType<typeof opened>>;
  let before: string;

  const rows = () => JSON.stringify([...api.home.rows.values()].filter(({ pk }) => !/^(?:RATE#|CALLERS$)/.test(pk)));

  // One home for all: none of them may change it.
  beforeAll(async () => {
    api = await opened({ atEnd: (clean) => cleanups.push(clean) });
    before = rows();
  });

  afterAll(() => {
    for (const clean of cleanups) clean();
  });

  it.each(refused)('$path: $what', async ({ path, body, pointer }) => {
    const { call, operator, snapshot, home } = api;
    const text = JSON.stringify(body).replace('SNAPSHOT', snapshot).replace('DATA', `${home.dir}/data/acme/files`);
    const answer = await call(operator, 'POST', path, text);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect([400, 404]).toContain(answer.status);
    const pointers = answer.body.errors?.map((fault: { pointer: string }) => fault.pointer) ?? [];
    expect(
      pointers.some((found: string) => found === pointer || found.startsWith(`${pointer}/`)),
      pointers,
    ).toBe(true);
    expect(rows()).toBe(before);
    expect(home.mailer.sent).toEqual([]);
  });

  it.each(['..%2f..%2fetc%2fpasswd', '%2f..%2fx', '..', 'a.txt%00.png', 'deep/..'])(
    'the path %s of a file of a copy',
    async (path) => {
      const { call, operator, snapshot } = api;
      for (const what of ['content', 'archive.tar', 'archive.zip', 'entries']) {
        const { status, body } = await call(operator, 'GET', `/v1/snapshots/${snapshot}/${what}?path=${path}`);
        expect([what, status, body.errors?.[0].pointer]).toEqual([what, 400, '/query/path']);
      }
    },
  );

  it.each(['/etc/passwd', '..\\..\\etc\\passwd', 'C:\\a.txt', '~/a.txt', 'file:///etc/passwd'])(
    'the path %s, which is looked for in the copy and nowhere else',
    async (path) => {
      const { call, operator, snapshot } = api;
      for (const what of ['content', 'archive.tar', 'entries']) {
        const query = new URLSearchParams({ path });
        expect((await call(operator, 'GET', `/v1/snapshots/${snapshot}/${what}?${query}`)).status).toBe(404);
      }
    },
  );
});

describe('text that is legal and hostile', () => {
  const name = `<b>Ö&"'</b><script>alert(1)</script>`;
  const person = '<img src=x onerror=alert(2)> "Ann"';
  const note = '</span><script>alert(3)</script>\n<a href="https://evil.example">click</a>';

  /** The customer's story up to the certificate, with such texts wherever one can be. */
  async function lived() {
    const api = await opened();
    const { call, home, operator } = api;
    const body = { id: 'odd', name, contacts: [{ name: person, email: 'ann@odd.example' }], plan: 'unattended' };
    expect((await call(operator, 'POST', '/v1/tenants', body)).status).toBe(201);
    await home.source('odd', 'files');
    await api.process.run('backup');
    const own = await api.token('tenant:self', { tenant: 'odd' });
    const opening = await call(own, 'POST', '/v1/cases', { tenant: 'odd', reason: 'customer-request', note });
    expect(opening.status).toBe(201);
    const mails = async () =>
      await Promise.all(home.mailer.raw.map(async (raw) => ({ raw, ...(await simpleParser(raw)) })));
    const [asked] = await mails();
    const [, path = ''] = /https:\/\/tenure\.example\.com(\/c\/\S+)/.exec(asked?.text ?? '') ?? [];
    const [, code = ''] = /^ {4}([A-Z2-9]{8})\s*$/m.exec(asked?.text ?? '') ?? [];
    expect((await call(own, 'POST', `/v1/cases/${opening.body.id}/confirm`, { code })).status).toBe(200);
    return { ...api, mails, path, id: opening.body.id as string };
  }

  /** Nothing of the texts is markup: the tags are there as text. */
  function expectLiteral(page: string): void {
    expect(page).not.toMatch(/<script|<img|<a href="https:\/\/evil|onerror=alert\(2\)>|<b>Ö/);
  }

  it('stands as it is in mails, on the page of the case, in the certificate and on the page that verifies it', async () => {
    const { app, call, home, process, mails, path, id, operator } = await lived();
    const page = await (await app.request(`${path}?lang=en`)).text();
    expectLiteral(page);
    expect(page).toContain('&lt;script&gt;alert(3)&lt;/script&gt;');
    expect((await call(operator, 'GET', `/v1/cases/${id}/timeline`)).body.items[0].note ?? note).toBe(note);
    for (let day = 0; day < 20; day++) {
      home.clock.pass(24 * 3600_000);
      await process.run('notice');
    }
    const sent = await mails();
    expect(sent.length).toBeGreaterThan(1);
    for (const { text = '', html, raw, to, subject = '' } of sent) {
      const [head = ''] = raw.toString('latin1').split('\r\n\r\n');
      expect(head).not.toMatch(/^(?:bcc|cc):/im);
      expect([to].flat().map((each) => each?.value[0])).toEqual([{ name: person, address: 'ann@odd.example' }]);
      expect(subject).not.toMatch(/\n/);
      expect(text).toContain(person);
      expectLiteral(String(html));
      expect(String(html)).toContain('&lt;img src=x onerror=alert(2)&gt;');
    }
    expect(sent.some(({ text = '', html }) => text.includes(name) && String(html).includes('&lt;b&gt;Ö&amp;'))).toBe(
      true,
    );
    const json = await (await app.request(`${path}/certificate.json`)).text();
    expect(JSON.parse(json).certificate.customer.name).toBe(name);
    const pdf = Buffer.from(await (await app.request(`${path}/certificate.pdf`)).arrayBuffer());
    expect(pdfText(pdf)).toContain(name);
    const form = new FormData();
    form.set('lang', 'en');
    form.set('file', new File([new Uint8Array(pdf)], '"><script>alert(4)</script>.pdf'));
    const verified = await (await app.request('/verify', { method: 'POST', body: form })).text();
    expect(verified).toContain('The certificate is genuine');
    expectLiteral(verified);
    expect(verified).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expectLiteral(await (await app.request(`${path}?lang=en`)).text());
  });

  it('answers as JSON, which no browser takes for a page', async () => {
    const { call, operator } = await lived();
    const { headers, body } = await call(operator, 'GET', '/v1/tenants/odd');
    expect(body.name).toBe(name);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});
