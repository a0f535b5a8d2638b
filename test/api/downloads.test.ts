import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseObjectKey } from '../../src/repository/object-names.ts';
import { openedApi } from './fixture.ts';

const large = Buffer.alloc(3_000_000, 'some content of a large file\n');

async function backedUp() {
  const api = await openedApi();
  await api.home.tenant('acme');
  await api.home.tenant('other');
  await api.home.source('acme', 'files', { 'a.txt': 'alpha', 'deep/ñ.bin': large });
  await api.process.run('backup');
  const customer = await api.token('tenant:self', { tenant: 'acme' });
  const { body } = await api.call(customer, 'GET', '/v1/snapshots');
  const id: string = body.items[0].id;
  const bytes = async (path: string): Promise<Buffer> => {
    const answer = await api.app.request(path, { headers: { authorization: `Bearer ${customer}` } });
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };
  return { ...api, id, customer, bytes };
}

it('lists what is in a copy and gives out one file of it', async () => {
  const { id, customer, call, bytes } = await backedUp();
  const { body } = await call(customer, 'GET', `/v1/snapshots/${id}/entries?recursive=true`);
  expect(body.items.map(({ path }: { path: string }) => path)).toEqual(['a.txt', 'deep', 'deep/ñ.bin']);
  expect((await bytes(`/v1/snapshots/${id}/content?path=a.txt`)).toString()).toBe('alpha');
  expect((await bytes(`/v1/snapshots/${id}/content?path=${encodeURIComponent('deep/ñ.bin')}`)).equals(large)).toBe(
    true,
  );
});

it.each(['tar', 'zip'])('gives out a whole copy as %s, which the common tools unpack', async (format) => {
  const { id, bytes } = await backedUp();
  const folder = mkdtempSync(join(tmpdir(), 'tenure-archive-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, `all.${format}`);
  writeFileSync(file, await bytes(`/v1/snapshots/${id}/archive.${format}`));
  if (format === 'tar') execFileSync('tar', ['-xf', file, '-C', folder]);
  else execFileSync('python3', ['-m', 'zipfile', '-e', file, folder]);
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('alpha');
  expect(readFileSync(join(folder, 'deep/ñ.bin')).equals(large)).toBe(true);
});

it.each(['content?path=a.txt', 'archive.tar', 'archive.zip'])(
  'breaks %s off where the copy is damaged, and names no file of it',
  async (what) => {
    const { id, customer, app, home } = await backedUp();
    for (const [name, bytes] of home.objects.objects) {
      if (parseObjectKey(name)?.kind === 'pack') bytes.fill(0);
    }
    const answer = await app.request(`/v1/snapshots/${id}/${what}`, {
      headers: { authorization: `Bearer ${customer}` },
    });
    const fault: unknown = await answer.arrayBuffer().catch((error: unknown) => error);
    expect(fault).toMatchObject({ name: 'AnswerBroken', message: expect.stringContaining('CorruptError (corrupt)') });
    expect(String((fault as Error).stack)).not.toContain('a.txt');
  },
);

it('keeps another customer out, and paths that lead out of the copy', async () => {
  const { id, call, token, customer } = await backedUp();
  const other = await token('tenant:self', { tenant: 'other' });
  for (const path of ['entries', 'content?path=a.txt', 'archive.zip'])
    expect((await call(other, 'GET', `/v1/snapshots/${id}/${path}`)).status).toBe(404);
  const auditor = await token('auditor');
  expect((await call(auditor, 'GET', `/v1/snapshots/${id}/content?path=a.txt`)).status).toBe(403);
  for (const path of ['../a.txt', '/etc/passwd', 'deep/../../x', 'nothing', 'a.txt/b', '%00'])
    expect([400, 404]).toContain((await call(customer, 'GET', `/v1/snapshots/${id}/content?path=${path}`)).status);
});

it.each([
  ['content?path=a.txt', 'application/octet-stream', '5'],
  ['archive.tar', 'application/x-tar', null],
  ['archive.zip', 'application/zip', null],
])('says by HEAD what GET %s would bring, and puts nothing on record', async (path, type, length) => {
  const { id, app, customer, home } = await backedUp();
  const before = JSON.stringify([...home.rows.values()].filter(({ pk }) => !/^(?:RATE#|CALLERS$)/.test(pk)));
  const ask = async (method: string, of: string) =>
    await app.request(`/v1/snapshots/${id}/${of}`, { method, headers: { authorization: `Bearer ${customer}` } });
  const { status, headers } = await ask('HEAD', path);
  expect([status, headers.get('content-type'), headers.get('content-length')]).toEqual([200, type, length]);
  expect((await ask('HEAD', 'content?path=none')).status).toBe(404);
  expect(JSON.stringify([...home.rows.values()].filter(({ pk }) => !/^(?:RATE#|CALLERS$)/.test(pk)))).toBe(before);
  const given = await ask('GET', path);
  expect(given.headers.get('content-disposition')).toBe(headers.get('content-disposition'));
  await given.arrayBuffer();
});
