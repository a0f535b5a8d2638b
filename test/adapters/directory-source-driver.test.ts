import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { libc } from '../../src/adapters/embedded/directory-libc.ts';
import { directorySourceDriver } from '../../src/adapters/embedded/directory-source-driver.ts';
import type { SourceEntry } from '../../src/ports/source-driver.ts';
import { describeSourceDriver, keysOf, overwrite, readAll, remove, scanAll } from '../contracts/source-driver.ts';
import { directoryFixture, temporaryFolder, tool } from './directory-fixture.ts';

describeSourceDriver('directory source driver', directoryFixture);

const entryOf = async (driver: ReturnType<typeof directorySourceDriver>, key: string): Promise<SourceEntry> => {
  const found = (await scanAll(driver)).entries.find((entry) => entry.key.toString('latin1') === key);
  if (found === undefined) throw new Error(`no entry ${key}`);
  return found;
};

/** How many descriptors of this process lead into a folder. */
const openBelow = (folder: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;

describe('directory source driver', () => {
  it('keeps names byte for byte, also those that are not UTF-8', async () => {
    const { root, driver } = await directoryFixture();
    const name = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe, 0x80, 0x0a])]);
    writeFileSync(name, 'x');
    const inside = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xe9])]);
    mkdirSync(inside);
    writeFileSync(Buffer.concat([inside, Buffer.from('/y')]), 'y');
    const { entries } = await scanAll(driver);
    expect(entries.map((entry) => entry.key.toString('hex'))).toEqual(['', 'e92f', 'e92f79', 'fffe800a']);
    expect((await readAll(driver, entries[2]!)).content.toString()).toBe('y');
    expect((await readAll(driver, entries[3]!)).content.toString()).toBe('x');
  });

  it('orders any names as memcmp orders their keys', async () => {
    const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
    const segment = fc
      .array(byte, { minLength: 1, maxLength: 4 })
      .map((bytes) => Buffer.from(bytes).toString('latin1'))
      .filter((name) => name !== '.' && name !== '..');
    const paths = fc.uniqueArray(fc.array(segment, { minLength: 1, maxLength: 4 }), { maxLength: 12 });
    const { root, driver } = await directoryFixture();
    await fc.assert(
      fc.asyncProperty(paths, async (list) => {
        rmSync(root, { recursive: true });
        mkdirSync(root);
        const made = new Set<string>();
        for (const path of list) {
          const folder = Buffer.from([root, ...path.slice(0, -1)].join('/'), 'latin1');
          try {
            mkdirSync(folder, { recursive: true });
            writeFileSync(Buffer.concat([folder, Buffer.from(`/${path.at(-1)}`, 'latin1')]), '');
            made.add(path.join('/'));
          } catch {
            // A file and a folder of the same name: one of them stays out.
          }
        }
        const { entries } = await scanAll(driver);
        const keys = entries.map((entry) => entry.key);
        expect(keys).toEqual([...keys].sort(Buffer.compare));
        const seen = entries.filter(({ type }) => type === 'file').map(({ key }) => key.toString('latin1'));
        expect(new Set(seen)).toEqual(made);
      }),
      { numRuns: 60 },
    );
  });

  it('tells modes, owners, times to the nanosecond, links and hard links', async () => {
    const { root, driver } = await directoryFixture();
    writeFileSync(join(root, 'f'), 'content');
    tool('touch', '-d', '2024-02-29 12:34:56.123456789 UTC', join(root, 'f'));
    linkSync(join(root, 'f'), join(root, 'g'));
    chmodSync(join(root, 'f'), 0o4751);
    symlinkSync(Buffer.from([0x2e, 0x2e, 0x2f, 0xff]), join(root, 'l'));
    mkdirSync(join(root, 'empty'));
    const { entries } = await scanAll(driver);
    expect(keysOf(entries)).toEqual(['', 'empty/', 'f', 'g', 'l']);
    const [, empty, f, g, l] = entries;
    expect(f).toMatchObject({ type: 'file', size: 7, mode: 0o4751, links: 2, mtimeNs: 1709210096123456789n });
    expect({ inode: g?.inode, device: g?.device }).toEqual({ inode: f?.inode, device: f?.device });
    expect(f).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() });
    if (process.getuid?.() === 0) expect(f).toMatchObject({ owner: 'root', group: 'root' });
    expect(l).toMatchObject({ type: 'symlink', size: 0, linkTarget: Buffer.from([0x2e, 0x2e, 0x2f, 0xff]) });
    expect(empty).toMatchObject({ type: 'directory', size: 0 });
  });

  it('reports and skips sockets, named pipes and devices', async () => {
    const { root, driver } = await directoryFixture();
    const server = createServer().listen(join(root, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    tool('mkfifo', join(root, 'fifo'));
    const device = tool('mknod', join(root, 'null'), 'c', '1', '3') === 0;
    const { entries, notices } = await scanAll(driver);
    expect(keysOf(entries)).toEqual(['']);
    expect(notices.map(({ key, kind, reason }) => `${key} ${kind} ${reason}`)).toEqual([
      'fifo skipped named pipe',
      ...(device ? ['null skipped device'] : []),
      'socket skipped socket',
    ]);
  });

  it('says once how many entries have extended attributes that are not covered', async ({ skip }) => {
    const { root, driver } = await directoryFixture();
    for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), '');
    const set = (name: string): boolean =>
      tool('python3', '-c', 'import os,sys;os.setxattr(sys.argv[1],"user.colour",b"red")', join(root, name)) === 0;
    skip(libc() === undefined || !set('b') || !set('c'), 'no extended attributes here');
    const { notices } = await scanAll(driver);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({ kind: 'not-covered', key: Buffer.from('b') });
    expect(notices[0]?.reason).toMatch(/user\.colour.* 1 more/);
  });

  it('notices that a file changed while it was read', async () => {
    const { root, driver } = await directoryFixture();
    writeFileSync(join(root, 'f'), 'before');
    const file = await driver.open(await entryOf(driver, 'f'));
    expect(await file.read(Buffer.alloc(3), 0)).toBe(3);
    writeFileSync(join(root, 'f'), 'afterwards');
    expect(await file.close()).toMatchObject({ unchanged: false, entry: { size: 10 } });
  });

  it('calls an entry racy only shortly after it was touched', async () => {
    const { root } = await directoryFixture();
    writeFileSync(join(root, 'f'), 'x');
    const later = directorySourceDriver(root, { wall: () => Date.now() + 2500 });
    expect((await readAll(later, await entryOf(later, 'f'))).racy).toBe(false);
    const now = directorySourceDriver(root);
    expect((await readAll(now, await entryOf(now, 'f'))).racy).toBe(true);
    utimesSync(join(root, 'f'), 1e9, 1e9);
    expect((await readAll(now, await entryOf(now, 'f'))).racy).toBe(true);
  });

  it('never opens what a link, a pipe or a folder put in place of a file leads to', async () => {
    const { root, outside, driver } = await directoryFixture();
    writeFileSync(join(outside, 'secret'), 'secret');
    mkdirSync(join(root, 'd'));
    for (const name of ['f', 'p', 'o', 'd/secret']) writeFileSync(join(root, name), 'x');
    const entries = new Map((await scanAll(driver)).entries.map((entry) => [entry.key.toString(), entry]));
    for (const name of ['f', 'p', 'o', 'd']) rmSync(join(root, name), { recursive: true });
    symlinkSync(join(outside, 'secret'), join(root, 'f'));
    tool('mkfifo', join(root, 'p'));
    mkdirSync(join(root, 'o'));
    symlinkSync(outside, join(root, 'd'));
    for (const key of ['f', 'p', 'o', 'd/secret']) {
      await expect(driver.open(entries.get(key)!)).rejects.toMatchObject({ name: 'NotFoundError' });
    }
  });

  it('keeps reading the folder that it scans when somebody swaps it for a link', async () => {
    const { root, outside, driver } = await directoryFixture();
    for (let i = 0; i < 1200; i++) writeFileSync(join(root, `f${i}`), 'x');
    const other = mkdtempSync(join(outside, 'other-'));
    writeFileSync(join(other, 'f999'), 'foreign content');
    let swapped = false;
    for await (const { entries } of driver.scan()) {
      for (const { key, size } of entries) if (key.toString() === 'f999') expect(size).toBe(1);
      if (swapped) continue;
      renameSync(root, `${root}-moved`);
      symlinkSync(other, root);
      swapped = true;
    }
    expect(swapped).toBe(true);
  });

  it('does not enter what is mounted inside, for backup and erasure alike', async ({ skip }) => {
    const { root } = await directoryFixture();
    const script = `mkdir m && mount -t tmpfs none m && echo secret > m/f && exec ${process.execPath} --input-type=module -e '${`
      import { directorySourceDriver } from "${process.cwd()}/src/adapters/embedded/directory-source-driver.ts";
      const driver = directorySourceDriver(process.cwd());
      const out = { keys: [], notices: [], results: [] };
      for await (const batch of driver.scan()) {
        out.keys.push(...batch.entries.map((entry) => entry.key.toString()));
        out.notices.push(...batch.notices.map((notice) => notice.key + " " + notice.kind));
      }
      await driver.delete({ all: true }, (result) => out.results.push(result.key + " " + result.result));
      process.stdout.write(JSON.stringify(out));
    `}'`;
    const run = spawnSync('env', ['unshare', '-m', 'sh', '-c', script], { cwd: root });
    skip(run.error !== undefined || /unshare|mount:/.test(run.stderr.toString()), 'mounting takes root');
    expect(run.stderr.toString()).toBe('');
    expect(JSON.parse(run.stdout.toString())).toEqual({
      keys: ['', 'm/'],
      notices: ['m/ skipped'],
      results: ['m/ failed', ' failed'],
    });
  });

  it('reports a folder that cannot be listed and goes on', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may list everything');
    const { root, driver } = await directoryFixture();
    mkdirSync(join(root, 'closed'), { mode: 0 });
    writeFileSync(join(root, 'z'), '');
    const { entries, notices } = await scanAll(driver);
    chmodSync(join(root, 'closed'), 0o700);
    expect(keysOf(entries)).toEqual(['', 'closed/', 'z']);
    expect(notices).toMatchObject([{ kind: 'unreadable', reason: 'permission denied' }]);
  });

  it('gives back every descriptor', async () => {
    const { root, driver, write } = await directoryFixture();
    for (let i = 0; i < 600; i++) await write(`a/b/c/f${i}`, Buffer.from('x'));
    const { entries } = await scanAll(driver);
    for (const entry of entries.filter(({ type }) => type === 'file')) await readAll(driver, entry);
    for await (const batch of driver.scan()) {
      expect(openBelow(root)).toBeGreaterThan(0);
      if (batch.entries.length > 0) break;
    }
    await expect(driver.open({ ...entries[0]!, key: Buffer.from('a/b/none') })).rejects.toThrow();
    await overwrite(driver, { all: true }, { pattern: 'zeros', verify: true });
    await remove(driver, { all: true });
    expect(openBelow(root)).toBe(0);
  });

  it('does the same where the native library cannot be loaded', async () => {
    const { root, driver, write } = await directoryFixture();
    for (const key of ['a', 'b/c', 'é']) await write(key, Buffer.from(key));
    truncateSync(join(root, 'a'), 5000);
    const script = `
      import { directorySourceDriver } from '${process.cwd()}/src/adapters/embedded/directory-source-driver.ts';
      const all = [];
      const driver = directorySourceDriver('${root}');
      for await (const batch of driver.scan()) all.push(...batch.entries);
      const plain = (name, value) => (typeof value === 'bigint' ? String(value) : value);
      process.stdout.write(JSON.stringify({ all, facts: await driver.describe() }, plain));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TENURE_NO_NATIVE: '1' },
    });
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
    });
    await new Promise((resolve) => child.once('close', resolve));
    const other = JSON.parse(text);
    const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
    expect(other.all).toEqual(JSON.parse(JSON.stringify((await scanAll(driver)).entries, plain)));
    expect(other.facts).toMatchObject({
      extendedAttributes: 'not looked for, not backed up',
      times: 'restored to the microsecond',
    });
  });
});

describe('verify of a directory source', () => {
  it('refuses what can never work and accepts the rest', async () => {
    const folder = temporaryFolder();
    const make = (name: string): string => {
      mkdirSync(join(folder, name), { recursive: true });
      return join(folder, name);
    };
    const [source, inside, home] = [make('source'), make('source/inside'), make('home')];
    make('source-2');
    writeFileSync(join(folder, 'file'), '');
    symlinkSync(source, join(folder, 'link'));
    symlinkSync(inside, join(folder, 'link-inside'));
    const verify = (root: string, ...forbidden: string[]) => directorySourceDriver(root, { forbidden }).verify();
    await verify(source, home, join(folder, 'source-2'), join(folder, 'absent'));
    await verify(`${source}/`, home);
    for (const [root, forbidden] of [
      [source, source],
      [source, inside],
      [inside, source],
      [source, '/'],
      [source, join(folder, 'link-inside')],
      [join(folder, 'file'), home],
      [join(folder, 'link'), home],
      [`${join(folder, 'link')}/`, home],
      ['relative/path', home],
    ] as const) {
      await expect(verify(root, forbidden), `${root} ${forbidden}`).rejects.toMatchObject({ name: 'InvalidError' });
    }
    await expect(verify(join(folder, 'absent'), home)).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});
