import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { libc } from '../../src/adapters/embedded/directory-libc.ts';
import { directoryRestoreTarget } from '../../src/adapters/embedded/directory-restore-target.ts';
import { directorySourceDriver } from '../../src/adapters/embedded/directory-source-driver.ts';
import type { RestoreTarget, ScanNotice, SourceEntry } from '../../src/ports/source-driver.ts';
import { readAll, scanAll } from '../contracts/source-driver.ts';
import { directoryFixture, temporaryFolder, tool, treeOf } from './directory-fixture.ts';

const isRoot = process.getuid?.() === 0;
const key = (text: string): Buffer => Buffer.from(text);

async function writeFile(target: RestoreTarget, name: string, content: string): Promise<void> {
  const file = await target.file(key(name), content.length);
  file.write(Buffer.from(content), 0);
  await file.close();
}

/** Copies a source into a target as a restore does: content in key order, then attributes, folders deepest first. */
async function copyTree(from: string, to: string): Promise<ScanNotice[]> {
  const driver = directorySourceDriver(from);
  const target = await directoryRestoreTarget(to, { force: false });
  const { entries } = await scanAll(driver);
  const groups = new Map<bigint, Buffer>();
  for (const entry of entries) {
    const first = entry.links > 1 && entry.type === 'file' ? groups.get(entry.inode) : undefined;
    if (entry.type === 'directory') await target.directory(entry.key);
    else if (entry.type === 'symlink') await target.symlink(entry.key, entry.linkTarget!);
    else if (first !== undefined) await target.hardLink(entry.key, first);
    else {
      groups.set(entry.inode, entry.key);
      const { content } = await readAll(driver, entry);
      const file = await target.file(entry.key, entry.size);
      // Backwards, since a restore writes in the order of packs.
      const half = Math.floor(content.length / 2);
      file.write(content.subarray(half), half);
      file.write(content.subarray(0, half), 0);
      await file.close();
    }
  }
  const notices: ScanNotice[] = [];
  const isFolder = (entry: SourceEntry): boolean => entry.type === 'directory';
  for (const entry of entries.filter((entry) => !isFolder(entry))) notices.push(...(await target.finish(entry)));
  for (const entry of entries.filter(isFolder).toReversed()) notices.push(...(await target.finish(entry)));
  await target.close();
  return notices;
}

describe('directory restore target', () => {
  it('gives back a tree bit for bit', async ({ skip }) => {
    skip(libc() === undefined, 'times are exact to the microsecond only');
    const { root, outside } = await directoryFixture();
    mkdirSync(join(root, 'a/empty'), { recursive: true });
    writeFileSync(join(root, 'a/f'), 'content');
    writeFileSync(join(root, 'a/nothing'), '');
    linkSync(join(root, 'a/f'), join(root, 'z'));
    symlinkSync('a/f', join(root, 'link'));
    symlinkSync('/no/such/place', join(root, 'dangling'));
    writeFileSync(Buffer.concat([key(`${root}/a/`), Buffer.from([0xff, 0x01])]), 'odd name');
    writeFileSync(join(root, 'large'), Buffer.alloc(3_000_001, 'pattern'));
    tool('touch', '-h', '-d', '1969-07-20 20:17:40.987654321 UTC', join(root, 'link'));
    tool('touch', '-d', '2024-02-29 12:34:56.123456789 UTC', join(root, 'a/f'), join(root, 'a/empty'));
    tool('touch', '-d', '2031-01-01 00:00:00.000000001 UTC', join(root, 'a'));
    if (isRoot) tool('chown', '-h', '1234:5678', join(root, 'link'), join(root, 'large'), join(root, 'a/empty'));
    chmodSync(join(root, 'large'), 0o6755);
    chmodSync(join(root, 'a/nothing'), isRoot ? 0o000 : 0o400);
    chmodSync(join(root, 'a/empty'), 0o1777);
    chmodSync(join(root, 'a'), isRoot ? 0o000 : 0o711);
    chmodSync(root, 0o750);
    const to = join(outside, 'restored');
    expect(await copyTree(root, to)).toEqual([]);
    expect(treeOf(to)).toEqual(treeOf(root));
  });

  it.each(['../x', 'a/../../x', '/etc/x', 'a//x', './x', 'a/./x', 'a\0b', ''])(
    'refuses the key %j as corrupt',
    async (name) => {
      const outside = temporaryFolder();
      const target = await directoryRestoreTarget(join(outside, 'to'), { force: true });
      const corrupt = { name: 'CorruptError' };
      await writeFile(target, 'good', 'x');
      await expect(target.file(key(name), 1)).rejects.toMatchObject(corrupt);
      await expect(target.symlink(key(name), key('t'))).rejects.toMatchObject(corrupt);
      await expect(target.hardLink(key(name), key('good'))).rejects.toMatchObject(corrupt);
      await expect(target.hardLink(key('new'), key(name))).rejects.toMatchObject(corrupt);
      if (name !== '') await expect(target.directory(key(`${name}/`))).rejects.toMatchObject(corrupt);
      await target.close();
      expect(readdirSync(outside)).toEqual(['to']);
      expect(readdirSync(join(outside, 'to'))).toEqual(['good']);
    },
  );

  it('never writes outside its root, whatever the keys', async () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b', '\0', 'link', '/');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
        const outside = temporaryFolder();
        mkdirSync(join(outside, 'elsewhere'));
        const target = await directoryRestoreTarget(join(outside, 'to'), { force: true });
        await target.symlink(key('link'), key('../elsewhere'));
        await writeFile(target, parts.join('/'), 'x').catch((error: Error) => expect(error.name).toBe('CorruptError'));
        await target.close();
        expect(readdirSync(outside).sort()).toEqual(['elsewhere', 'to']);
        expect(readdirSync(join(outside, 'elsewhere'))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('does not follow a link that somebody puts in place of a folder', async () => {
    const outside = temporaryFolder();
    const to = join(outside, 'to');
    mkdirSync(join(outside, 'elsewhere'));
    const target = await directoryRestoreTarget(to, { force: false });
    await target.directory(key('a/'));
    await target.directory(key('b/'));
    renameSync(join(to, 'a'), join(outside, 'moved'));
    symlinkSync(join(outside, 'elsewhere'), join(to, 'a'));
    await expect(writeFile(target, 'a/f', 'x')).rejects.toMatchObject({ name: 'ConflictError' });
    await expect(target.directory(key('a/c/'))).rejects.toMatchObject({ name: 'ConflictError' });
    const attributes = { mtimeNs: 0n, mode: 0o777, uid: 0, gid: 0, owner: '', group: '' };
    const { mode, mtimeMs, ctimeMs } = lstatSync(join(outside, 'elsewhere'));
    await expect(target.finish({ key: key('a/'), type: 'directory', ...attributes })).rejects.toMatchObject({
      name: 'NotFoundError',
    });
    await target.close();
    expect(lstatSync(join(outside, 'elsewhere'))).toMatchObject({ mode, mtimeMs, ctimeMs });
    expect(readdirSync(join(outside, 'elsewhere'))).toEqual([]);
  });

  it('does not change what a link leads to when it stands where a file was restored', async () => {
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'victim'), 'x', { mode: 0o600 });
    const target = await directoryRestoreTarget(join(outside, 'to'), { force: false });
    await writeFile(target, 'f', 'x');
    renameSync(join(outside, 'to/f'), join(outside, 'to/g'));
    symlinkSync('../victim', join(outside, 'to/f'));
    const { uid, gid } = lstatSync(outside);
    const attributes = { mtimeNs: 0n, mode: 0o4777, uid, gid, owner: '', group: '' };
    await expect(target.finish({ key: key('f'), type: 'file', ...attributes })).rejects.toMatchObject({
      name: 'ConflictError',
    });
    await target.close();
    expect(lstatSync(join(outside, 'victim')).mode & 0o7777).toBe(0o600);
  });

  it('does not take another file for the one that it restored', async () => {
    const to = join(temporaryFolder(), 'to');
    const target = await directoryRestoreTarget(to, { force: false });
    await writeFile(target, 'f', 'x');
    renameSync(join(to, 'f'), join(to, 'g'));
    writeFileSync(join(to, 'f'), 'y', { mode: 0o600 });
    const { uid, gid } = lstatSync(to);
    const attributes = { mtimeNs: 0n, mode: 0o644, uid, gid, owner: '', group: '' };
    await expect(target.finish({ key: key('f'), type: 'file', ...attributes })).rejects.toMatchObject({
      name: 'ConflictError',
    });
    await target.close();
    expect(lstatSync(join(to, 'f')).mode & 0o7777).toBe(0o600);
  });

  it('makes missing parents, private until they are finished', async () => {
    const to = join(temporaryFolder(), 'to');
    const target = await directoryRestoreTarget(to, { force: false });
    await writeFile(target, 'x/y/f', 'x');
    expect(lstatSync(join(to, 'x')).mode & 0o7777).toBe(0o700);
    expect(lstatSync(join(to, 'x/y/f')).mode & 0o7777).toBe(0o600);
    await target.directory(key('x/y/'));
    await target.close();
  });

  it('refuses a folder that is not empty, and a target that is no folder', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'f'), 'mine');
    const invalid = { name: 'InvalidError' };
    await expect(directoryRestoreTarget(folder, { force: false })).rejects.toMatchObject(invalid);
    await expect(directoryRestoreTarget(join(folder, 'f'), { force: true })).rejects.toMatchObject(invalid);
    await expect(directoryRestoreTarget(join(folder, 'f/g'), { force: true })).rejects.toMatchObject(invalid);
    expect(readFileSync(join(folder, 'f'), 'utf8')).toBe('mine');
  });

  it('without force, refuses what appeared meanwhile; with force, replaces exactly what is in the way', async () => {
    const folder = temporaryFolder();
    for (const force of [false, true]) {
      const to = join(folder, `to-${force}`);
      const target = await directoryRestoreTarget(to, { force });
      writeFileSync(join(to, 'file'), 'mine');
      writeFileSync(join(to, 'other'), 'mine');
      mkdirSync(join(to, 'full/deep'), { recursive: true });
      writeFileSync(join(to, 'full/deep/f'), 'mine');
      symlinkSync('other', join(to, 'link'));
      mkdirSync(join(to, 'kept'));
      writeFileSync(join(to, 'kept/f'), 'mine');
      await target.directory(key('kept/'));
      const attempts = [
        () => writeFile(target, 'file', 'restored'),
        () => writeFile(target, 'full', 'restored'),
        () => writeFile(target, 'link/f', 'restored'),
      ];
      for (const attempt of attempts) {
        if (force) await attempt();
        else await expect(attempt()).rejects.toMatchObject({ name: 'ConflictError' });
      }
      await target.close();
      const now = (name: string): string => readFileSync(join(to, name), 'utf8');
      expect([now('other'), now('kept/f'), now('file')]).toEqual(['mine', 'mine', force ? 'restored' : 'mine']);
      if (force) expect([now('full'), now('link/f')]).toEqual(['restored', 'restored']);
    }
  });

  it('refuses bytes past the size of a file, and fills what is missing with zeros', async () => {
    const to = join(temporaryFolder(), 'to');
    const target = await directoryRestoreTarget(to, { force: false });
    const file = await target.file(key('f'), 10);
    expect(() => file.write(Buffer.alloc(6), 5)).toThrow(expect.objectContaining({ name: 'CorruptError' }));
    file.write(key('ab'), 3);
    await file.close();
    await target.close();
    expect(readFileSync(join(to, 'f'))).toEqual(Buffer.from('\0\0\0ab\0\0\0\0\0'));
  });

  it('restores without setuid, and says so, where the owner cannot be set', async ({ skip }) => {
    skip(!isRoot || libc() === undefined, 'the test itself becomes somebody else');
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const script = `
      process.setgid(65534); process.setgroups([]); process.setuid(65534);
      const { directoryRestoreTarget } = await import('${process.cwd()}/src/adapters/embedded/directory-restore-target.ts');
      const target = await directoryRestoreTarget('${folder}/to', { force: false });
      const notices = [];
      for (const name of ['f', 'g']) {
        await (await target.file(Buffer.from(name), 0)).close();
        const entry = { type: 'file', mtimeNs: 5n, mode: 0o4755, uid: 0, gid: 0, owner: '', group: '' };
        notices.push(...(await target.finish({ key: Buffer.from(name), ...entry })));
      }
      await target.close();
      process.stdout.write(JSON.stringify(notices.map((notice) => notice.reason)));`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    skip(/EACCES|ERR_MODULE_NOT_FOUND/.test(run.stderr.toString()), 'nobody cannot read the checkout');
    expect(run.stderr.toString()).toBe('');
    const reasons = JSON.parse(run.stdout.toString());
    expect(reasons).toEqual([expect.stringMatching(/only root/), expect.stringMatching(/setuid/)]);
    expect(lstatSync(join(folder, 'to/g')).mode & 0o7777).toBe(0o755);
  });

  it('restores to the microsecond, and says so, where the native library cannot be loaded', async () => {
    const folder = temporaryFolder();
    const script = `
      import { directoryRestoreTarget } from '${process.cwd()}/src/adapters/embedded/directory-restore-target.ts';
      const target = await directoryRestoreTarget('${folder}/to', { force: false });
      await (await target.file(Buffer.from('f'), 0)).close();
      const entry = { type: 'file', mtimeNs: 1709210096123456789n, mode: 0o640, uid: process.getuid(), gid: process.getgid(), owner: '', group: '' };
      const notices = await target.finish({ key: Buffer.from('f'), ...entry });
      await target.close();
      process.stdout.write(JSON.stringify(notices.map((notice) => notice.reason)));`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TENURE_NO_NATIVE: '1' },
    });
    expect(run.stderr.toString()).toBe('');
    expect(JSON.parse(run.stdout.toString())).toEqual([expect.stringMatching(/microsecond/)]);
    const restored = lstatSync(join(folder, 'to/f'), { bigint: true });
    expect(restored.mtimeNs / 1000n).toBe(1709210096123456n);
  });
});
