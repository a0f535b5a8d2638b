import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fsObjectStore } from '../../src/adapters/embedded/fs-object-store.ts';
import { describeObjectStore } from '../contracts/object-store.ts';
import { killedAt } from './kill-points.ts';
import { scratchFolder } from './scratch.ts';

const base = scratchFolder('objects');
let count = 0;
const fresh = () => join(base, String(count++));

describeObjectStore('fs object store', () => fsObjectStore(fresh()));

const keysOf = async (root: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of (await fsObjectStore(root)).list('')) keys.push(key);
  return keys;
};
const tool = (name: string, ...args: string[]) => execFileSync(name, args);
const temps = (root: string) => fs.readdirSync(join(root, '~tmp'));

describe('fs object store', () => {
  it('keeps files and folders private', async () => {
    const root = fresh();
    const store = await fsObjectStore(root);
    await store.put('v1/t/s/pack/i/a/x', Buffer.from('x'));
    for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      expect(fs.statSync(path).mode & 0o7777, path).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
    expect(fs.statSync(root).mode & 0o777).toBe(0o700);
  });

  it('leaves no empty folders and no temporary files behind a purge', async () => {
    const root = fresh();
    const store = await fsObjectStore(root);
    await store.put('v1/t/s/pack/i/a/x', Buffer.from('x'));
    await store.put('v1/t/other', Buffer.from('x'));
    await store.purge(['v1/t/s/pack/i/a/x']);
    expect(fs.readdirSync(join(root, 'v1/t'))).toEqual(['other']);
    await store.purge(['v1/t/other']);
    expect(fs.readdirSync(root)).toEqual(['~tmp']);
    expect(temps(root)).toEqual([]);
  });

  it('is not made anew where it should be there already: a disk that is not mounted is no empty store', async () => {
    const root = fresh();
    await (await fsObjectStore(root)).put('a/b', Buffer.from('x'));
    expect((await (await fsObjectStore(root, { make: false })).get('a/b')).toString()).toBe('x');
    fs.renameSync(root, `${root}-away`);
    const refusal = { name: 'UnavailableError', message: expect.stringContaining(root) };
    await expect(fsObjectStore(root, { make: false })).rejects.toMatchObject(refusal);
    expect(fs.existsSync(root)).toBe(false);
    fs.mkdirSync(root);
    await expect(fsObjectStore(root, { make: false })).rejects.toMatchObject(refusal);
    expect(fs.readdirSync(root)).toEqual([]);
  });

  it('follows no link, neither to an object nor through a folder, and lists none', async () => {
    const root = fresh();
    const outside = fresh();
    const store = await fsObjectStore(root);
    fs.mkdirSync(join(outside, 'folder'), { recursive: true });
    fs.writeFileSync(join(outside, 'folder/secret'), 'secret');
    fs.symlinkSync(join(outside, 'folder/secret'), join(root, 'object'));
    fs.symlinkSync(join(outside, 'folder'), join(root, 'folder'));
    await expect(store.get('object')).rejects.toMatchObject({ name: 'CorruptError' });
    await expect(store.get('folder/secret')).rejects.toMatchObject({ name: 'CorruptError' });
    await expect(store.head('folder/secret')).rejects.toMatchObject({ name: 'CorruptError' });
    await expect(store.put('folder/new', Buffer.from('x'))).rejects.toMatchObject({ name: 'CorruptError' });
    await expect(store.put('folder/deep/new', Buffer.from('x'))).rejects.toMatchObject({ name: 'CorruptError' });
    expect(await store.purge(['folder/secret'])).toMatchObject([{ key: 'folder/secret' }]);
    expect(await keysOf(root)).toEqual([]);
    expect(fs.readdirSync(join(outside, 'folder'))).toEqual(['secret']);
  });

  it('may lie behind a link itself', async () => {
    const root = fresh();
    fs.mkdirSync(root);
    fs.symlinkSync(root, `${root}-link`);
    await (await fsObjectStore(`${root}-link`)).put('a/b', Buffer.from('x'));
    expect(await keysOf(root)).toEqual(['a/b']);
  });

  it('refuses an object below another object, which a folder cannot hold', async () => {
    const store = await fsObjectStore(fresh());
    await store.put('a/b', Buffer.from('x'));
    await expect(store.put('a/b/c', Buffer.from('x'))).rejects.toMatchObject({ name: 'ConflictError' });
    await expect(store.put('a/b/c/d', Buffer.from('x'))).rejects.toMatchObject({ name: 'ConflictError' });
    await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject({ name: 'ConflictError' });
    await expect(store.get('a/b/c')).rejects.toMatchObject({ name: 'NotFoundError' });
    await expect(store.get('a')).rejects.toMatchObject({ name: 'NotFoundError' });
    expect(await store.purge(['a', 'a/b/c'])).toEqual([]);
    expect((await store.get('a/b')).toString()).toBe('x');
  });

  it('waits for no FIFO', async () => {
    const root = fresh();
    const store = await fsObjectStore(root);
    tool('mkfifo', join(root, 'pipe'));
    await expect(store.get('pipe')).rejects.toMatchObject({ name: 'NotFoundError' });
    expect(await store.head('pipe')).toBeUndefined();
  });

  it('clears what killed processes left, not what others are writing', async () => {
    const root = fresh();
    const store = await fsObjectStore(root);
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => dead.on('close', resolve));
    await store.put('x', Buffer.from('x'));
    // The names of this process's temporary files tell how those of another process of this machine look.
    const seen = await nameOfTemp(root);
    const ofDead = seen.replace(/-\d+-/, `-${dead.pid}-`);
    for (const name of [ofDead, seen, 'stranger']) fs.writeFileSync(join(root, '~tmp', name), 'half');
    fs.writeFileSync(join(root, '~tmp', 'old'), 'half');
    const hoursAgo = new Date(Date.now() - 7_200_000);
    fs.utimesSync(join(root, '~tmp', 'old'), hoursAgo, hoursAgo);
    await store.purge(['none']);
    expect(temps(root).sort()).toEqual([seen, 'stranger'].sort());
  });

  it('says when its place cannot be used', async () => {
    const root = fresh();
    fs.writeFileSync(root, 'a file');
    await expect(fsObjectStore(root)).rejects.toMatchObject({ name: 'UnavailableError' });
  });

  it('killed at any moment of a put: the object is not there, or whole; the same put then succeeds', async () => {
    const data = Buffer.alloc(200_000, 7);
    let kills = 0;
    for (let n = 1; ; n++) {
      const root = fresh();
      const store = await fsObjectStore(root);
      await store.put('v1/t/other', Buffer.from('other'));
      const killed = await killedAt(n, () => store.put('v1/t/s/x', [data.subarray(0, 100), data.subarray(100)]));
      const again = await fsObjectStore(root);
      const info = await again.head('v1/t/s/x');
      if (info) expect((await again.get('v1/t/s/x')).equals(data)).toBe(true);
      await again.put('v1/t/s/x', data);
      expect((await again.get('v1/t/s/x')).equals(data)).toBe(true);
      expect(await keysOf(root)).toEqual(['v1/t/other', 'v1/t/s/x']);
      if (!killed) break;
      kills = n;
    }
    expect(kills).toBeGreaterThan(6);
  });

  it('killed at any moment of a purge: the same purge then ends it, and nothing else is gone', async () => {
    const doomed = ['v1/t/a/1', 'v1/t/a/2', 'v1/t/b/3'];
    for (let n = 1; ; n++) {
      const root = fresh();
      const store = await fsObjectStore(root);
      for (const key of [...doomed, 'v1/u/kept']) await store.put(key, Buffer.from(key));
      const killed = await killedAt(n, () => store.purge(doomed));
      expect(await (await fsObjectStore(root)).purge(doomed)).toEqual([]);
      expect(await keysOf(root)).toEqual(['v1/u/kept']);
      expect(fs.readdirSync(join(root, 'v1'))).toEqual(['u']);
      if (!killed) break;
    }
  });

  it('killed for real (SIGKILL) again and again: whatever was acknowledged is there, whatever is there is whole', async () => {
    const root = fresh();
    const contentOf = (key: string) => Buffer.alloc(300_000, createHash('sha256').update(key).digest());
    const script = `
      import { createHash } from 'node:crypto';
      import { fsObjectStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/adapters/embedded/fs-object-store.ts'))};
      const store = await fsObjectStore(${JSON.stringify(root)});
      for (let i = 0; ; i++) {
        const keys = ['a', 'b', 'c'].map((name) => 'v1/' + process.argv[1] + '/' + i + '/' + name);
        await Promise.all(keys.map((key) => store.put(key, Buffer.alloc(300_000, createHash('sha256').update(key).digest()))));
        console.log(keys.join('\\n'));
      }`;
    const acknowledged: string[] = [];
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, `round-${round}`]);
      let out = '';
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (text) => {
          if (out === '') setTimeout(() => child.kill('SIGKILL'), 3 + round * 7);
          out += text;
        });
        child.on('close', () => resolve());
      });
      acknowledged.push(...out.slice(0, out.lastIndexOf('\n')).split('\n'));
    }
    const store = await fsObjectStore(root);
    expect(temps(root)).toEqual([]);
    const keys = await keysOf(root);
    expect(acknowledged.length).toBeGreaterThan(8);
    expect(keys).toEqual(expect.arrayContaining(acknowledged));
    for (const key of keys) expect((await store.get(key)).equals(contentOf(key)), key).toBe(true);
    expect(await store.purge(keys)).toEqual([]);
    // Folders that a killed put had made and not yet filled go with the next listing.
    expect(await keysOf(root)).toEqual([]);
    expect(fs.readdirSync(root)).toEqual(['~tmp']);
  });
});

/** Looks at the name that a temporary file of this process has while it is being written. */
async function nameOfTemp(root: string): Promise<string> {
  const store = await fsObjectStore(root);
  const link = fs.promises.link;
  let seen = '';
  fs.promises.link = async (from, to) => {
    seen = String(from).split('/').at(-1) ?? '';
    return link(from, to);
  };
  try {
    await store.put('look', Buffer.from('x'));
  } finally {
    fs.promises.link = link;
  }
  return seen;
}
