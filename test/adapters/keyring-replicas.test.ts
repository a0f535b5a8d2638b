import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKeyring, type Keyring, openKeyring } from '../../src/adapters/embedded/keyring-key-store.ts';
import { scratchFolder } from './scratch.ts';

const base = scratchFolder('keyring-replicas');
const notFound = { name: 'NotFoundError' };
let home: string;
let count = 0;
let keys: Keyring;
let options: { replicas: string[]; master: { keyFile: string } };
const a = (...path: string[]) => join(home, 'a', ...path);
const b = (...path: string[]) => join(home, 'b', ...path);

beforeEach(async () => {
  home = join(base, String(count++));
  fs.mkdirSync(home);
  options = { replicas: [a(), b()], master: { keyFile: join(home, 'master.key') } };
  keys = await createKeyring(options);
  await keys.make('tenant/acme');
});

const allFiles = () =>
  fs
    .readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('files of a keyring', () => {
  it('are private, whatever the umask allows', async () => {
    await keys.make('root/acme/files/1');
    await keys.destroy(['root/acme/files/1']);
    await keys.make('root/acme/files/2');
    for (const entry of fs.readdirSync(home, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      expect(fs.statSync(path).mode & 0o7777, path).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
  });

  it('hold no key in the clear, in any spelling', async () => {
    const clear = [await keys.make('root/acme/files/1'), await keys.open('tenant/acme')];
    for (const path of allFiles()) {
      if (path === options.master.keyFile) continue;
      const bytes = fs.readFileSync(path);
      for (const key of clear) {
        expect(bytes.includes(key)).toBe(false);
        for (const spelling of ['hex', 'base64', 'base64url'] as const) {
          expect(bytes.includes(key.toString(spelling).replace(/=+$/, ''))).toBe(false);
        }
      }
    }
  });

  it('are overwritten before their names go: a second name shows random bytes', async () => {
    await keys.make('root/acme/files/1');
    const before = fs.readFileSync(a('keys/root/acme/files/1'));
    fs.linkSync(a('keys/root/acme/files/1'), join(home, 'witness'));
    await keys.destroy(['root/acme/files/1']);
    const after = fs.readFileSync(join(home, 'witness'));
    expect(after).toHaveLength(before.length);
    expect(after.equals(before)).toBe(false);
    expect(after.includes('sealed')).toBe(false);
  });

  it('are overwritten also when a rotation puts others in their place', async () => {
    await keys.make('root/acme/files/1');
    const paths = ['keys/tenant/acme', 'keys/root/acme/files/1'];
    const before = paths.map((path) => JSON.parse(fs.readFileSync(a(path), 'utf8')).sealed);
    for (const [i, path] of paths.entries()) fs.linkSync(a(path), join(home, `witness-${i}`));
    await keys.rotate('acme');
    for (const i of paths.keys()) {
      expect(fs.readFileSync(join(home, `witness-${i}`), 'latin1')).not.toContain(before[i]);
    }
  });

  it('leave no name of a tenant behind', async () => {
    for (const ref of ['source/acme/files', 'root/acme/files/1', 'evidence/acme']) await keys.make(ref);
    await keys.destroy(await keys.list(''));
    for (const path of allFiles()) {
      expect(path).not.toContain('acme');
      expect(fs.readFileSync(path, 'latin1')).not.toContain('acme');
    }
    expect(fs.readdirSync(a('keys'))).toEqual([]);
  });

  it('are bound to their names: a file under another name does not open', async () => {
    await keys.make('root/acme/files/1');
    await keys.make('root/acme/files/2');
    for (const replica of [a, b]) {
      fs.copyFileSync(replica('keys/root/acme/files/1'), replica('keys/root/acme/files/2'));
      const renamed = fs.readFileSync(replica('keys/root/acme/files/1'), 'utf8').replace('files/1', 'files/3');
      fs.writeFileSync(replica('keys/root/acme/files/3'), renamed);
    }
    await expect(keys.open('root/acme/files/2')).rejects.toMatchObject({ name: 'CorruptError' });
    await expect(keys.open('root/acme/files/3')).rejects.toMatchObject({ name: 'CorruptError' });
  });

  it('never open to another key, whichever byte is changed in both replicas', async () => {
    const key = await keys.make('root/acme/files/1');
    const path = 'keys/root/acme/files/1';
    const original = fs.readFileSync(a(path));
    for (let i = 0; i < original.length; i++) {
      const changed = Buffer.from(original);
      changed[i]! ^= 1 << (i % 8);
      fs.writeFileSync(a(path), changed);
      fs.writeFileSync(b(path), changed);
      const opened = await keys.open('root/acme/files/1').catch((error) => error.name);
      if (Buffer.isBuffer(opened)) expect(opened.equals(key), `byte ${i}`).toBe(true);
      else expect(opened, `byte ${i}`).toBe('CorruptError');
    }
  });

  it('are never reached through a link', async () => {
    await keys.make('root/acme/files/1');
    for (const replica of [a, b]) {
      fs.renameSync(replica('keys/root/acme/files/1'), join(home, 'elsewhere'));
      fs.symlinkSync(join(home, 'elsewhere'), replica('keys/root/acme/files/1'));
    }
    await expect(keys.open('root/acme/files/1')).rejects.toThrow();
    const receipts = await keys.destroy(['root/acme/files/1']);
    expect(receipts.get('root/acme/files/1')!.map(({ acknowledged }) => acknowledged)).toEqual([false, false]);
  });
});

describe('two replicas', () => {
  it.each(['lost', 'altered', 'emptied'])('mend a file that is %s in one of them', async (what) => {
    const key = await keys.make('root/acme/files/1');
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const path = one('keys/root/acme/files/1');
      if (what === 'lost') fs.rmSync(path);
      else
        fs.writeFileSync(
          path,
          what === 'altered' ? fs.readFileSync(path, 'utf8').replace(/.{9}"\}/, 'AAAAAAAAA"}') : '',
        );
      expect(await keys.open('root/acme/files/1')).toEqual(key);
      expect(fs.readFileSync(path)).toEqual(fs.readFileSync(other('keys/root/acme/files/1')));
      expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    }
  });

  it('work with one of them away, but make nothing then, and leave nothing half made', async () => {
    const key = await keys.make('root/acme/files/1');
    for (const one of [a, b]) {
      fs.renameSync(one(), join(home, 'away'));
      expect(await keys.open('root/acme/files/1')).toEqual(key);
      expect(await (await openKeyring(options)).open('root/acme/files/1')).toEqual(key);
      await expect(keys.make('root/acme/files/2')).rejects.toMatchObject({ name: 'UnavailableError' });
      await expect(keys.rotate('acme')).rejects.toMatchObject({ name: 'UnavailableError' });
      expect((await keys.replicas()).map(({ writable }) => writable)).toEqual(
        one === a ? [false, true] : [true, false],
      );
      fs.renameSync(join(home, 'away'), one());
    }
    expect(await keys.list('root/')).toEqual(['root/acme/files/1']);
    await keys.make('root/acme/files/2');
  });

  it('do not take an empty folder, where a disk is not mounted, for a replica that holds nothing', async () => {
    await keys.make('root/acme/files/1');
    fs.renameSync(b(), join(home, 'away'));
    fs.mkdirSync(b());
    const [, receipt] = (await keys.destroy(['root/acme/files/1'])).get('root/acme/files/1')!;
    expect(receipt).toMatchObject({ replica: b(), acknowledged: false, reason: expect.stringContaining('no keyring') });
    expect(fs.readdirSync(b())).toEqual([]);
    // Whether a key is in a replica that is away cannot be known.
    await expect(keys.open('root/acme/files/none')).rejects.toMatchObject({ name: 'UnavailableError' });
  });

  it('do not bring back what was destroyed while one of them was away, and end it when it returns', async () => {
    const refs = ['root/acme/files/1', 'source/acme/files', 'tenant/acme'];
    for (const ref of refs.slice(0, 2)) await keys.make(ref);
    fs.renameSync(b(), join(home, 'away'));
    for (const ref of refs) {
      const receipts = (await keys.destroy([ref])).get(ref)!;
      expect(receipts.map(({ acknowledged }) => acknowledged)).toEqual([true, false]);
    }
    fs.renameSync(join(home, 'away'), b());
    for (const ref of refs) await expect(keys.open(ref)).rejects.toMatchObject(notFound);
    expect(await keys.list('')).toEqual([...refs].sort());
    for (const ref of refs) {
      const receipts = (await keys.destroy([ref])).get(ref)!;
      expect(receipts.map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
    }
    expect(await keys.list('')).toEqual([]);
    const alone = await openKeyring({ ...options, replicas: [b()] });
    for (const ref of refs) await expect(alone.open(ref)).rejects.toMatchObject(notFound);
  });

  it('do not bring back what was destroyed when one of them is put back from an old copy', async () => {
    await keys.make('root/acme/files/1');
    const first = await keys.make('source/acme/files');
    fs.cpSync(b(), join(home, 'old'), { recursive: true });
    await keys.destroy(['root/acme/files/1', 'source/acme/files']);
    const second = await keys.make('source/acme/files');
    await keys.rotate('acme');
    fs.rmSync(b(), { recursive: true });
    fs.renameSync(join(home, 'old'), b());
    await expect(keys.open('root/acme/files/1')).rejects.toMatchObject(notFound);
    expect(await keys.open('source/acme/files')).toEqual(second);
    expect(second.equals(first)).toBe(false);
    // The copy was mended on the way: it knows the tenant key after the rotation and the key of the source made anew.
    const alone = await openKeyring({ ...options, replicas: [b()] });
    expect(await alone.open('source/acme/files')).toEqual(second);
    expect(await alone.open('tenant/acme')).toEqual(await keys.open('tenant/acme'));
  });

  it('fill a new one from the other, with the records of what was destroyed', async () => {
    await keys.make('root/acme/files/1');
    const key = await keys.make('root/acme/files/2');
    await keys.destroy(['root/acme/files/1']);
    const { kid } = await keys.sign(Buffer.from('x'));
    fs.rmSync(b(), { recursive: true });
    await createKeyring(options);
    const alone = await openKeyring({ ...options, replicas: [b()] });
    expect(await alone.open('root/acme/files/2')).toEqual(key);
    await expect(alone.make('root/acme/files/1')).rejects.toMatchObject({ name: 'ConflictError' });
    expect((await alone.sign(Buffer.from('x'))).kid).toBe(kid);
    await expect(createKeyring(options)).rejects.toMatchObject({ name: 'ConflictError' });
  });

  it('are refused when they are of different keyrings, the same folder, or full of something else', async () => {
    const other = { ...options, replicas: [join(home, 'c'), join(home, 'd')] };
    await createKeyring(other);
    const invalid = { name: 'InvalidError' };
    await expect(openKeyring({ ...options, replicas: [a(), join(home, 'c')] })).rejects.toMatchObject(invalid);
    await expect(openKeyring({ ...options, replicas: [a(), join(a(), '.')] })).rejects.toMatchObject(invalid);
    await expect(openKeyring({ ...options, replicas: [] })).rejects.toMatchObject(invalid);
    await expect(openKeyring({ ...options, replicas: [join(home, 'none')] })).rejects.toMatchObject(notFound);
    fs.mkdirSync(join(home, 'full'));
    fs.writeFileSync(join(home, 'full', 'photo.jpg'), '');
    const conflict = { name: 'ConflictError' };
    await expect(createKeyring({ ...options, replicas: [join(home, 'full')] })).rejects.toMatchObject(conflict);
  });

  it('are never made anew over keys whose keyring.json was lost', async () => {
    const key = await keys.open('tenant/acme');
    const identity = fs.readFileSync(a('keyring.json'));
    for (const replica of [a, b]) fs.rmSync(replica('keyring.json'));
    await expect(createKeyring(options)).rejects.toMatchObject({ name: 'ConflictError' });
    fs.writeFileSync(a('keyring.json'), identity, { mode: 0o600 });
    expect(await (await openKeyring(options)).open('tenant/acme')).toEqual(key);
  });

  it('know at once what another process did: nothing is kept in memory', async () => {
    const other = await openKeyring(options);
    const key = await keys.make('root/acme/files/1');
    expect(await other.open('root/acme/files/1')).toEqual(key);
    await other.rotate('acme');
    expect(await keys.open('root/acme/files/1')).toEqual(key);
    const late = await keys.make('root/acme/files/2');
    expect(await other.open('root/acme/files/2')).toEqual(late);
    await keys.destroy(['tenant/acme']);
    await expect(other.open('root/acme/files/1')).rejects.toMatchObject(notFound);
  });
});

describe('signing keys', () => {
  it('are renewed: what was signed still verifies, the private half before is gone', async () => {
    const before = (await keys.sign(Buffer.from('x'))).kid;
    const file = fs.readFileSync(a('signing/0001.json'), 'utf8');
    const renewed = await keys.renewSigningKey();
    expect((await keys.publicKeys()).map(({ kid }) => kid)).toEqual([renewed.kid, before]);
    expect((await keys.sign(Buffer.from('x'))).kid).toBe(renewed.kid);
    for (const replica of [a, b]) {
      expect(fs.readFileSync(replica('signing/0001.json'), 'utf8').length).toBeLessThan(file.length * 0.8);
    }
  });

  it('are mended from the other replica, and cannot be slipped in', async () => {
    const [jwk] = await keys.publicKeys();
    fs.rmSync(a('signing/0001.json'));
    fs.writeFileSync(a('signing/0002.json'), fs.readFileSync(b('signing/0001.json')));
    await expect(keys.publicKeys()).rejects.toMatchObject({ name: 'CorruptError' });
    fs.rmSync(a('signing/0002.json'));
    expect(await keys.publicKeys()).toEqual([jwk]);
    expect(fs.readFileSync(a('signing/0001.json'))).toEqual(fs.readFileSync(b('signing/0001.json')));
  });
});

it('several processes that make, rotate and destroy at once lose no key', async () => {
  const script = `
    import { openKeyring } from ${JSON.stringify(join(import.meta.dirname, '../../src/adapters/embedded/keyring-key-store.ts'))};
    const keys = await openKeyring(${JSON.stringify(options)});
    const me = process.argv[1];
    for (let i = 0; i < 15; i++) {
      const key = await keys.make('root/acme/files/' + me + '-' + i);
      if (!key.equals(await keys.open('root/acme/files/' + me + '-' + i))) throw new Error('another key');
      if (i % 5 === 4) await keys.rotate('acme');
      if (i % 3 === 2) await keys.destroy(['root/acme/files/' + me + '-' + i]);
      console.log(i % 3 === 2 ? 'gone' : key.toString('hex'), 'root/acme/files/' + me + '-' + i);
    }`;
  const results = await Promise.all(['x', 'y', 'z'].map((me) => run(script, me)));
  for (const { out, err } of results) {
    // Also no warning that SQLite is experimental.
    expect(err).toBe('');
    const lines = out.trim().split('\n');
    expect(lines).toHaveLength(15);
    for (const line of lines) {
      const [key, ref = ''] = line.split(' ');
      const opened = await keys.open(ref).then(
        (bytes) => bytes.toString('hex'),
        (error) => error.name,
      );
      expect(opened).toBe(key === 'gone' ? 'NotFoundError' : key);
    }
  }
});

function run(script: string, argument: string): Promise<{ out: string; err: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, argument]);
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', () => resolve({ out, err })));
}
