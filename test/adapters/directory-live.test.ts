import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overwrite, remove, scanAll, select, survivors } from '../contracts/source-driver.ts';
import { directoryFixture, tool } from './directory-fixture.ts';

const zeros = { pattern: 'zeros', verify: true } as const;

describe('live data of a directory source', () => {
  it('overwrites in place: the same inode, the same length, other bytes', async () => {
    const { root, driver } = await directoryFixture();
    const content = Buffer.alloc(2_500_001, 'secret');
    writeFileSync(join(root, 'f'), content, { mode: 0o400 });
    const before = lstatSync(join(root, 'f'));
    const fd = openSync(join(root, 'f'), 'r');
    const results = await overwrite(driver, { all: true }, { pattern: 'random', verify: true });
    const seen = Buffer.alloc(content.length);
    readSync(fd, seen, 0, seen.length, 0);
    closeSync(fd);
    expect(results).toMatchObject([{ result: 'overwritten', bytes: content.length }]);
    expect(lstatSync(join(root, 'f'))).toMatchObject({ ino: before.ino, size: before.size });
    expect(seen.equals(content)).toBe(false);
    expect(seen.indexOf('secret')).toBe(-1);
    await overwrite(driver, { all: true }, { pattern: 'ones', verify: false });
    expect(readFileSync(join(root, 'f')).every((byte) => byte === 0xff)).toBe(true);
  });

  it('takes many files through one sync and tells of each', async () => {
    const { driver, write, content } = await directoryFixture();
    for (let i = 0; i < 600; i++) await write(`d/f${i}`, Buffer.from(`secret ${i}`));
    const results = await overwrite(driver, { all: true }, zeros);
    expect(results).toHaveLength(600);
    expect(new Set(results.map(({ result }) => result))).toEqual(new Set(['overwritten']));
    for (let i = 0; i < 600; i++) expect((await content(`d/f${i}`))?.every((byte) => byte === 0)).toBe(true);
  });

  it('leaves a file that has a name outside the scope as it is, and takes only the name away', async () => {
    const { root, outside, driver } = await directoryFixture();
    writeFileSync(join(root, 'shared'), 'shared content');
    linkSync(join(root, 'shared'), join(outside, 'theirs'));
    writeFileSync(join(root, 'two'), 'own content');
    linkSync(join(root, 'two'), join(root, 'two-again'));
    const passes = await overwrite(driver, { all: true }, zeros);
    expect(passes.map(({ key, result }) => `${key} ${result}`)).toEqual(
      expect.arrayContaining(['shared unlinked-only', 'two overwritten', 'two-again overwritten']),
    );
    expect(readFileSync(join(root, 'two-again')).every((byte) => byte === 0)).toBe(true);
    expect((await overwrite(driver, select('two'), zeros))[0]).toMatchObject({ result: 'unlinked-only' });
    const results = await remove(driver, { all: true });
    expect(results.map(({ key, result }) => `${key} ${result}`)).toEqual([
      'shared unlinked-only',
      'two deleted',
      'two-again deleted',
      ' deleted',
    ]);
    expect(readFileSync(join(outside, 'theirs'), 'utf8')).toBe('shared content');
    expect(existsSync(root)).toBe(false);
  });

  it('never follows a link, neither to overwrite nor to delete', async () => {
    const { root, outside, driver } = await directoryFixture();
    mkdirSync(join(outside, 'theirs'));
    writeFileSync(join(outside, 'theirs/f'), 'theirs');
    symlinkSync('../theirs', join(root, 'folder'));
    symlinkSync('../theirs/f', join(root, 'file'));
    expect(await overwrite(driver, { all: true }, zeros)).toEqual([]);
    expect(await overwrite(driver, select('file', 'folder/f'), zeros)).toMatchObject([{ result: 'absent' }]);
    expect(await remove(driver, select('folder/', 'folder/f'))).toMatchObject([{ result: 'absent' }]);
    await remove(driver, { all: true });
    expect(existsSync(root)).toBe(false);
    expect(readFileSync(join(outside, 'theirs/f'), 'utf8')).toBe('theirs');
  });

  it('says that a sparse file cannot be verified', async () => {
    const { root, driver } = await directoryFixture();
    writeFileSync(join(root, 'sparse'), 'x');
    truncateSync(join(root, 'sparse'), 4_000_000);
    const [result] = await overwrite(driver, { all: true }, zeros);
    expect(result).toMatchObject({ result: 'overwritten', verification: 'attempted-not-verifiable' });
    expect(result?.note).toMatch(/not verifiable/);
  });

  it('removes links, pipes and empty folders too, deepest first', async () => {
    const { root, driver } = await directoryFixture();
    mkdirSync(join(root, 'a/b/c'), { recursive: true });
    symlinkSync('nowhere', join(root, 'a/link'));
    tool('mkfifo', join(root, 'a/b/pipe'));
    const results = await remove(driver, { all: true });
    expect(results.map(({ key, result }) => `${key} ${result}`)).toEqual([
      'a/b/pipe deleted',
      'a/link deleted',
      'a/b/c/ deleted',
      'a/b/ deleted',
      'a/ deleted',
      ' deleted',
    ]);
    expect(await survivors(driver, { all: true })).toEqual([]);
  });

  it('clears what a killed deletion left under a name of its own', async () => {
    const { root, driver, write } = await directoryFixture();
    await write('d/f', Buffer.from('x'));
    writeFileSync(join(root, 'd/.tenure-erased-0123456789abcdef'), '');
    writeFileSync(join(root, 'd/.tenure-erased-fedcba9876543210'), 'not empty, so not ours');
    await remove(driver, select('d/f'));
    expect(readdirSync(join(root, 'd'))).toEqual(['.tenure-erased-fedcba9876543210']);
  });

  it('reports what cannot be deleted and goes on with the rest', async ({ skip }) => {
    const { root, driver, write } = await directoryFixture();
    for (const key of ['a', 'locked', 'z']) await write(key, Buffer.from(key));
    skip(tool('chattr', '+i', join(root, 'locked')) !== 0, 'no immutable files here');
    try {
      expect(
        (await overwrite(driver, { all: true }, zeros)).map(({ key, result }) => `${key} ${result}`).sort(),
      ).toEqual(['a overwritten', 'locked failed', 'z overwritten']);
      const results = await remove(driver, { all: true });
      expect(results.filter(({ result }) => result === 'failed').map(({ key }) => key.toString())).toEqual([
        'locked',
        '',
      ]);
      expect(await survivors(driver, { all: true })).toEqual(['', 'locked']);
    } finally {
      tool('chattr', '-i', join(root, 'locked'));
    }
  });

  it('reaches the same end however often and in whatever pieces it is told to', async () => {
    const names = ['a', 'a/x', 'a/y/z', 'b', 'b-c', 'b/q', 'c'];
    const selections = fc.array(fc.subarray(['a/', 'a/x', 'a/y/', 'b', 'b/', 'c', 'none']), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.subarray(names), selections, async (present, steps) => {
        const { driver, write, root } = await directoryFixture();
        const made: string[] = [];
        for (const name of present) {
          await write(name, Buffer.from(name)).then(
            () => made.push(name),
            () => undefined,
          );
        }
        const gone = (name: string): boolean =>
          steps.flat().some((key) => key === name || (key.endsWith('/') && name.startsWith(key)));
        for (const step of [...steps, ...steps]) await remove(driver, select(...step));
        const left = (await scanAll(driver)).entries
          .filter(({ type }) => type === 'file')
          .map(({ key }) => key.toString());
        expect(left).toEqual(made.filter((name) => !gone(name)).sort());
        for (const name of left) expect(readFileSync(join(root, name), 'utf8')).toBe(name);
      }),
      { numRuns: 60 },
    );
  });
});
