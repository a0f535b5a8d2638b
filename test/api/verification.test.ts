import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateJson } from '../../src/documents/certificate-file.ts';
import { findingsOf } from '../../src/documents/pages/verify-findings.ts';
import { content } from '../documents/certificate-sample.ts';
import { memoryKeyStore } from '../memory-ports.ts';
import { type OpenedApi, openedApi } from './fixture.ts';

const vector = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../vectors/documents', name));
const json = vector('cert-0123456789.json');
const pdf = vector('cert-0123456789.pdf');

/** The API of a home that signed the certificates of the test vectors. */
async function opened(): Promise<OpenedApi> {
  const api = await openedApi();
  const { keys } = JSON.parse(vector('jwks.json').toString());
  api.process.deps.keys = { ...api.process.deps.keys, publicKeys: async () => keys };
  return api;
}

async function call({ app }: OpenedApi, body: Buffer, headers: Record<string, string> = {}) {
  const answer = await app.request('/v1/certificates/verify', {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', ...headers },
    body: new Uint8Array(body),
  });
  const verdict = (await answer.json()) as { ok: boolean; problems: string[]; certificate: { id: string } | null };
  return { status: answer.status, ...verdict };
}

async function upload({ app }: OpenedApi, file: Buffer, name: string, lang = 'en') {
  const form = new FormData();
  form.set('lang', lang);
  form.set('file', new File([new Uint8Array(file)], name));
  const answer = await app.request('/verify', { method: 'POST', body: form });
  return { status: answer.status, text: await answer.text() };
}

/** A file with one byte changed. */
function touched(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('the verification call', () => {
  it.each([
    ['JSON', json, 'application/octet-stream'],
    ['JSON', json, 'application/json'],
    ['PDF', pdf, 'application/pdf'],
  ])(
    'takes a certificate as %s, byte for byte, also under an idempotency key, which keeps nothing',
    async (_, file, type) => {
      const api = await opened();
      const once = { 'idempotency-key': 'one' };
      for (const more of [{}, once]) {
        const answer = await call(api, file, { 'content-type': type, ...more });
        expect(answer).toMatchObject({ status: 200, ok: true, problems: [], certificate: { id: 'cert-0123456789' } });
      }
      expect(await call(api, file, { 'content-type': type, ...once })).toMatchObject({ status: 409 });
      expect(JSON.stringify([...api.home.rows.values()])).not.toContain('cert-0123456789');
    },
  );

  it('finds a change of any byte, and a key that is not ours', async () => {
    const api = await opened();
    for (const file of [json, pdf])
      for (let part = 0; part < 12; part++)
        expect(await call(api, touched(file, Math.floor(((part + 0.5) / 12) * file.length)))).toMatchObject({
          ok: false,
        });
    const foreign = await certificateJson(content, memoryKeyStore());
    expect(await call(api, foreign.file)).toMatchObject({
      ok: false,
      certificate: null,
      problems: [expect.stringContaining('not among the known public keys')],
    });
  });

  it('answers whatever is sent, and refuses more than 5 MB', async () => {
    const api = await opened();
    const deep = Buffer.from(
      `{"payload":"e30","protected":"e30","signature":"e30","certificate":${'['.repeat(2_000_000)}`,
    );
    const nested = Buffer.from(
      `{"certificate":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)},${json.toString().slice(json.indexOf('"payload"'))}`,
    );
    const bomb = Buffer.concat([pdf.subarray(0, pdf.length / 2), Buffer.alloc(1_000_000, 'x')]);
    for (const file of [
      Buffer.from('x'),
      Buffer.from('null'),
      Buffer.from('[]'),
      deep,
      nested,
      bomb,
      Buffer.from('%PDF-'),
    ])
      expect(await call(api, file)).toMatchObject({ status: 200, ok: false, certificate: null });
    expect(await call(api, Buffer.alloc(0))).toMatchObject({ status: 400 });
    expect(await call(api, Buffer.alloc(5_000_001))).toMatchObject({ status: 413 });
    expect(await call(api, Buffer.alloc(6_000_000))).toMatchObject({ status: 413 });
  });
});

describe('a form', () => {
  const post = async (api: OpenedApi, form: FormData) => {
    const answer = await api.app.request('/v1/certificates/verify', { method: 'POST', body: form });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const form = (...files: [string, Buffer | string][]) => {
    const made = new FormData();
    for (const [name, file] of files)
      made.append(name, typeof file === 'string' ? file : new File([new Uint8Array(file)], 'c.pdf'));
    return made;
  };

  it.each([
    ['PDF', pdf],
    ['JSON', json],
  ])('with a certificate as %s is verified by the bytes of its file', async (_, file) => {
    const answer = await post(await opened(), form(['file', file]));
    expect(answer).toMatchObject({ status: 200, body: { ok: true, certificate: { id: 'cert-0123456789' } } });
  });

  it.each([
    ['without a file', form(['other', pdf])],
    ['with an empty one', form(['file', Buffer.alloc(0)])],
    ['with a text in its place', form(['file', 'text'])],
    ['with two', form(['file', pdf], ['file', json])],
    ['with something beside it', form(['file', pdf], ['more', 'text'])],
  ])('%s is refused, and not judged to be no certificate', async (_, sent) => {
    expect(await post(await opened(), sent)).toMatchObject({ status: 400, body: { code: 'invalid' } });
  });

  it('is refused when its file is too large', async () => {
    expect((await post(await opened(), form(['file', Buffer.alloc(5_000_001)]))).status).toBe(413);
  });
});

it.each(['text/plain', 'application/x-www-form-urlencoded', 'image/png', 'nonsense', ''])(
  'a certificate that calls itself "%s" is refused, not judged to be none',
  async (type) => {
    const api = await opened();
    expect(await call(api, pdf, { 'content-type': type })).toMatchObject({ status: 415 });
  },
);

describe('the verification page', () => {
  it('says in three languages what a certificate proves, and what it does not', async () => {
    const api = await opened();
    for (const [lang, head, name] of [
      ['en', 'The certificate is genuine and unchanged', 'a.pdf'],
      ['es', 'El certificado es auténtico', 'b.json'],
      ['de', 'Das Zertifikat ist echt', 'c.pdf'],
    ] as const) {
      const { status, text } = await upload(api, name.endsWith('pdf') ? pdf : json, name, lang);
      expect(status).toBe(200);
      expect(text).toContain(`<html lang="${lang}">`);
      expect(text).toContain(head);
      expect(text).toContain('Acme Müller &amp; Peña Ltda.');
      expect(text).toContain('cert-0123456789');
    }
  });

  it('says what is wrong with a file, in words', async () => {
    const api = await opened();
    const readable = Buffer.from(json.toString().replace('Acme Müller', 'Acme <b>Muller'));
    expect((await upload(api, readable, 'x.json')).text).toContain(
      'What can be read in it differs from what is signed',
    );
    expect((await upload(api, touched(pdf, 4000), 'x.pdf')).text).toContain('The PDF was changed after it was sealed');
    expect((await upload(api, Buffer.from('hello'), '"><script>.pdf')).text).toContain('neither a certificate in JSON');
    expect((await upload(api, Buffer.alloc(0), 'x.pdf')).text).toContain('Choose a file first');
    const large = await upload(api, Buffer.alloc(5_000_001), 'x.pdf');
    expect([large.status, large.text]).toEqual([413, expect.stringContaining('larger than 5 MB')]);
    expect((await api.app.request('/verify', { method: 'POST', body: 'x' })).status).toBe(415);
    const broken = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await api.app.request('/verify', { method: 'POST', headers: broken, body: 'nonsense' })).status).toBe(400);
  });

  it('goes by the language of the browser unless one is asked for', async () => {
    const { app } = await opened();
    const page = async (path: string, language: string) =>
      await (await app.request(path, { headers: { 'accept-language': language } })).text();
    expect(await page('/verify', 'fr, de-CH;q=0.8, en;q=0.5')).toContain('<html lang="de">');
    expect(await page('/verify', 'de;q=0, es-CO')).toContain('<html lang="es">');
    expect(await page('/verify?lang=en', 'de')).toContain('<html lang="en">');
    expect(await page('/verify', '')).toContain('<html lang="en">');
  });

  it('keeps nothing of what is sent', async () => {
    const api = await opened();
    await upload(api, json, 'x.json');
    await call(api, json);
    expect([...api.home.rows.keys()].filter((key) => !key.includes('RATE#'))).toEqual([]);
    for await (const stored of api.home.evidence.list('')) expect(stored).toBe(undefined);
  });
});

it('has a word for every problem that the verification names', async () => {
  const api = await opened();
  const seen = new Set<string>();
  for (const file of [json, pdf])
    for (let at = 3; at < file.length; at += Math.ceil(file.length / 40))
      for (const problem of (await call(api, touched(file, at))).problems) seen.add(problem);
  expect([...seen].filter((problem) => findingsOf([problem]).includes('other'))).toEqual([
    ...[...seen].filter((problem) => problem.includes('what is signed is no certificate')),
  ]);
});
