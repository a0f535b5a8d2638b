import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMails } from './mails.ts';
import { TestHome, tempFolder, tenure } from './tenure.ts';

/** A home in which the tenant `acme` has been erased for non-payment, with its certificate. */
async function erased(): Promise<{ home: TestHome; id: string; data: string }> {
  const home = new TestHome();
  await home.ends(0, 'init', '--now', '2026-01-01T10:00:00Z', '--company', 'Keeper Ltd');
  const tenant = ['tenant', 'add', 'acme', '--name', 'Acme Ltd', '--email', 'ana@acme.example'];
  await home.ends(0, ...tenant, '--plan', 'unattended');
  const data = home.folder('data');
  writeFileSync(join(data, 'a.txt'), 'content');
  await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', data);
  await home.ends(0, 'run', 'backup');
  await home.ends(0, 'finance', 'unpaid', 'acme', '--invoice', 'F-1', '--amount', '12.50', '--currency', 'EUR');
  await home.ends(0, 'run', 'notice');
  await home.ends(0, 'run', 'notice', '--now', '2026-02-01T10:00:00Z');
  const [only] = await home.json<{ id: string; status: string }[]>(0, 'case', 'list');
  expect(only?.status).toBe('closed');
  return { home, id: only?.id ?? '', data };
}

/** Changes one byte of a file, under another name. */
function flipped(path: string, at: number): string {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(`${path}.changed`, bytes);
  return `${path}.changed`;
}

describe('a certificate', () => {
  it('is listed, shown, written as it was issued, and verified with the public keys alone', async () => {
    const { home, id, data } = await erased();
    expect(existsSync(data)).toBe(false);
    const cert = id.replace('c-', 'cert-');
    expect(await home.json(0, 'certificate', 'list')).toEqual([
      expect.objectContaining({ id: cert, case: id, tenant: 'acme' }),
    ]);
    const shown = (await home.ends(0, 'certificate', 'show', id)).stdout;
    for (const text of [cert, 'SIMULATION', 'Keeper Ltd', 'Places not listed were not examined.'])
      expect(shown).toContain(text);
    const jwks = join(home.beside, 'jwks.json');
    writeFileSync(jwks, (await home.ends(0, 'keys', 'jwks')).stdout);
    for (const form of ['json', 'pdf']) {
      const file = join(home.beside, `certificate.${form}`);
      await home.ends(0, 'certificate', 'show', cert, '--out', file);
      expect((await tenure(['certificate', 'verify', file, '--jwks', jwks])).code).toBe(0);
      await home.ends(0, 'certificate', 'verify', file);
      const length = readFileSync(file).length;
      for (const at of [7, Math.floor(length / 2), length - 2]) {
        const verdict = await tenure(['certificate', 'verify', flipped(file, at), '--jwks', jwks]);
        expect(verdict.code).toBe(1);
        expect(verdict.stdout).toContain('NOT a valid certificate');
      }
    }
    const text = readFileSync(join(home.beside, 'certificate.json'), 'utf8').replace('Acme Ltd', 'Acne Ltd');
    writeFileSync(join(home.beside, 'forged.json'), text);
    expect((await home.ends(1, 'certificate', 'verify', join(home.beside, 'forged.json'))).stdout).toContain(
      'certificate.customer.name',
    );
  });

  it('proves a path with the inventory that the customer was sent, and no other', async () => {
    const { home, id } = await erased();
    const file = join(home.beside, 'certificate.json');
    await home.ends(0, 'certificate', 'show', id, '--out', file);
    const report = (await readMails(home)).find((mail) =>
      mail.attachments.some(({ filename }) => filename === 'inventory-files.jsonl'),
    );
    const inventory = join(home.beside, 'inventory.jsonl');
    const content =
      report?.attachments.find(({ filename }) => filename === 'inventory-files.jsonl')?.content.toString() ?? '';
    writeFileSync(inventory, content);
    const prove = ['certificate', 'prove', file, '--inventory', inventory];
    expect(await home.json(0, ...prove, 'a.txt')).toMatchObject({ ok: true, source: 'files', path: 'a.txt', size: 7 });
    expect(await home.json(1, ...prove, 'b.txt')).toMatchObject({ ok: false });
    writeFileSync(inventory, content.replace('"size":7', '"size":8'));
    expect((await home.ends(1, ...prove, 'a.txt')).stdout).toContain('was altered');
  });

  it('is not there before the case is certified', async () => {
    const home = new TestHome();
    await home.ends(0, 'init', '--now', '2026-01-01T10:00:00Z');
    await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'a@acme.example');
    const { id } = await home.json<{ id: string }>(0, 'case', 'open', '--tenant', 'acme', '--reason', 'obsolete');
    expect(await home.json(0, 'certificate', 'list')).toEqual([]);
    await home.ends(3, 'certificate', 'show', id);
    await home.ends(3, 'certificate', 'show', 'c-0000000000');
  });

  it('cannot be verified with what is no key, no certificate or no file', async () => {
    const folder = tempFolder();
    const junk = join(folder, 'junk.json');
    const jwks = join(folder, 'jwks.json');
    writeFileSync(junk, '{}');
    const key = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'k', alg: 'ES256', use: 'sig' };
    writeFileSync(jwks, JSON.stringify({ keys: [key] }));
    const verify = async (...args: string[]) => (await tenure(['certificate', 'verify', ...args])).code;
    expect(await verify(junk, '--jwks', junk)).toBe(2);
    expect(await verify(junk, '--jwks', jwks)).toBe(1);
    expect(await verify(join(folder, 'nothing.json'), '--jwks', jwks)).toBe(3);
    expect(await verify(junk)).toBe(2);
  });
});

describe('finance at the command line', () => {
  it('opens, disputes, promises, reverses; paying the day before cancels', async () => {
    const home = new TestHome();
    await home.ends(0, 'init', '--now', '2026-01-01T10:00:00Z');
    await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'a@acme.example', '--plan', 'unattended');
    interface Outcome {
      case: { id: string; status: string } | null;
    }
    const said = async (...args: string[]) => (await home.json<Outcome>(0, 'finance', ...args)).case?.status;
    expect(await said('unpaid', 'acme', '--invoice', 'F-1')).toBe('opened');
    await home.ends(0, 'run', 'notice');
    expect(await said('dispute', 'acme', '--invoice', 'F-1')).toBe('disputed');
    expect(await said('unpaid', 'acme', '--invoice', 'F-1')).toBe('notified');
    expect(await said('promise', 'acme', '--invoice', 'F-1', '--until', '2026-01-10')).toBe('disputed');
    expect(await said('paid', 'acme', '--invoice', 'F-1', '--now', '2026-01-31T10:00:00Z')).toBe('cancelled');
    await home.ends(2, 'finance', 'promise', 'acme');
    await home.ends(2, 'finance', 'unpaid', 'acme', '--amount', '5');
    await home.ends(2, 'finance', 'unpaid', 'acme', '--amount', '5.005', '--currency', 'EUR');
    await home.ends(3, 'finance', 'unpaid', 'nobody');
    expect(await said('reverse', 'acme', '--invoice', 'F-1')).toBe('opened');
    expect((await home.json<unknown[]>(0, 'case', 'list')).length).toBe(2);
  });
});

describe('stop and hold', () => {
  it('block an erasure that is due, say why, and let it go on afterwards', async () => {
    const home = new TestHome();
    await home.ends(0, 'init', '--now', '2026-01-01T10:00:00Z');
    await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'a@acme.example', '--plan', 'unattended');
    await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', home.folder('data'));
    await home.ends(0, 'finance', 'unpaid', 'acme');
    await home.ends(0, 'run', 'notice');
    const due = ['run', 'notice', '--now', '2026-02-05T10:00:00Z'];
    await home.ends(0, 'stop', '--reason', 'drill');
    expect((await home.ends(5, ...due)).stdout).toContain('drill');
    await home.ends(2, 'resume', '--confirm', 'everything');
    await home.ends(0, 'resume', '--confirm', 'clock', '--confirm', 'quarantine');
    const { id } = await home.json<{ id: string }>(
      0,
      'hold',
      'place',
      '--tenant',
      'acme',
      '--source',
      'files',
      '--reason',
      'lawsuit',
      '--review-on',
      '2026-06-01',
    );
    expect((await home.ends(5, ...due)).stdout).toContain(id);
    expect(await home.json(0, 'hold', 'list')).toEqual([expect.objectContaining({ id, reviewOn: '2026-06-01' })]);
    await home.ends(0, 'hold', 'release', id, '--reason', 'settled');
    await home.ends(4, 'hold', 'release', id, '--reason', 'again');
    expect(await home.json(0, 'hold', 'list')).toEqual([]);
    expect(await home.json(0, 'hold', 'list', '--all')).toHaveLength(1);
    await home.ends(0, ...due);
    expect(existsSync(home.beside.concat('/data'))).toBe(false);
    await home.ends(3, 'hold', 'place', '--tenant', 'nobody', '--reason', 'x');
  });
});

describe('alerts', () => {
  it('are listed, acknowledged and closed with their cause', async () => {
    const home = new TestHome();
    await home.ends(0, 'init', '--now', '2026-01-01T10:00:00Z');
    await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'a@acme.example');
    await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', home.folder('data'), '--prepare', 'false');
    expect((await home.run('run', 'backup')).code).not.toBe(0);
    const alerts = await home.json<{ id: string; status: string }[]>(0, 'alert', 'list');
    expect(alerts).toEqual([expect.objectContaining({ status: 'open', tenant: 'acme' })]);
    const id = alerts[0]?.id ?? '';
    expect(await home.json(0, 'alert', 'ack', id, '--as', 'ana')).toMatchObject({
      status: 'acknowledged',
      acknowledgedBy: 'ana',
    });
    await home.ends(2, 'alert', 'close', id);
    await home.ends(0, 'alert', 'close', id, '--cause', 'the command was wrong');
    await home.ends(4, 'alert', 'close', id, '--cause', 'again');
    await home.ends(3, 'alert', 'ack', 'a-0000000000');
    expect(await home.json(0, 'alert', 'list')).toEqual([]);
    expect(await home.json(0, 'alert', 'list', '--all')).toEqual([
      expect.objectContaining({ cause: 'the command was wrong' }),
    ]);
  });
});

describe('keys rotate', () => {
  it('wraps all keys of a tenant anew, and copies still open', async () => {
    const home = new TestHome();
    await home.ends(0, 'init', '--now', '2026-01-01T10:00:00Z');
    await home.ends(0, 'tenant', 'add', 'acme', '--name', 'Acme', '--email', 'a@acme.example');
    writeFileSync(join(home.folder('data'), 'a'), 'a');
    await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', home.folder('data'));
    await home.ends(0, 'run', 'backup');
    const key = () => readFileSync(join(home.dir, 'keys/a/keys/tenant/acme'));
    const before = key();
    await home.ends(0, 'keys', 'rotate', 'acme');
    expect(key().equals(before)).toBe(false);
    await home.ends(0, 'check', '--read-data');
    await home.ends(3, 'keys', 'rotate', 'nobody');
  });
});
