import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Home, type RestoreData, type RunData, type SnapshotData } from './program.ts';
import { describeTree, differences, makeTree } from './tree.ts';

interface Listed {
  path: string;
  type: string;
  size: number;
}

const runs = async (home: Home, ...args: string[]) => await home.json<RunData>(0, 'run', 'backup', ...args);

/** Restores into a fresh folder and describes what came. */
async function restored(home: Home, name: string, ...args: string[]) {
  const to = join(home.beside, name);
  const report = await home.json<RestoreData>(0, 'restore', ...args, '--to', to);
  expect(report.damaged).toEqual([]);
  return { report, tree: describeTree(to) };
}

/** Changes a bit of everything, as people do. */
function changeTree(folder: string): void {
  const at = (...path: string[]) => join(folder, ...path);
  writeFileSync(at('many/part-0/file 3.txt'), 'something else');
  appendFileSync(at('big.bin'), 'a longer end');
  rmSync(at('many/part-9'), { recursive: true });
  renameSync(at('many/part-10'), at('moved'));
  chmodSync(at('many/part-1/file 4.txt'), 0o600);
  utimesSync(at('many/part-1/file 5.txt'), 1_600_000_000, 1_600_000_000);
  rmSync(at('link'));
  symlinkSync('text.log', at('link'));
  rmSync(at('empty-5'));
  writeFileSync(at('empty-6'), 'not empty any more');
  rmSync(at('hard link'));
  linkSync(at('text.log'), at('hard link'));
  rmSync(Buffer.from(`${folder}/odd/caf\xe9`, 'latin1'));
  // A file becomes a folder, and a folder a file.
  rmSync(at('duplicate-0'));
  mkdirSync(at('duplicate-0'));
  writeFileSync(at('duplicate-0/within'), 'x');
  rmSync(at('deep/a/b'), { recursive: true });
  writeFileSync(at('deep/a/b'), 'a file now');
  // The same length and time, other bytes: only the time of the change tells.
  const { mtime, atime, size } = statSync(at('duplicate-9'));
  writeFileSync(at('duplicate-9'), 'X'.repeat(size));
  utimesSync(at('duplicate-9'), atime, mtime);
}

describe('a real tree', () => {
  it('restores as it was at each of two backups: bytes, modes, owners, times, links, names', async () => {
    const home = await new Home().make();
    const folder = home.folder('data');
    makeTree(folder);
    await home.protect('files', folder);
    const firstTree = describeTree(folder);
    expect(firstTree.size).toBeGreaterThan(1900);
    const first = (await runs(home)).items[0]?.snapshot ?? '';
    expect(differences(firstTree, describeTree(folder))).toEqual([]);

    changeTree(folder);
    const secondTree = describeTree(folder);
    expect(differences(firstTree, secondTree).length).toBeGreaterThan(50);
    const second = (await runs(home)).items[0]?.snapshot ?? '';
    const between = await home.json<SnapshotData[]>(0, 'snapshots');
    expect(between.map(({ id }) => id)).toEqual([first, second]);
    expect(between.map(({ objects }) => objects)).toEqual([firstTree.size - 1, secondTree.size - 1]);

    const one = await restored(home, 'one', first);
    expect(differences(firstTree, one.tree)).toEqual([]);
    expect(one.report.notices).toEqual([]);
    const two = await restored(home, 'two', 'latest');
    expect(two.report.snapshot.id).toBe(second);
    expect(differences(secondTree, two.tree)).toEqual([]);

    // A moment between the two shows the first; the day of both, its end.
    const [, { takenAt } = { takenAt: '' }] = between;
    const before = new Date(Date.parse(takenAt) - 1).toISOString();
    const scope = ['--tenant', 'acme', '--source', 'files'];
    const at = await restored(home, 'at', ...scope, '--at', before, '--path', 'many/part-0');
    expect(at.report.snapshot.id).toBe(first);
    expect(at.tree.get('many/part-0/file 3.txt')).toEqual(firstTree.get('many/part-0/file 3.txt'));
    expect(
      [...at.tree.keys()].filter((name) => !'many/part-0'.startsWith(name) && !name.startsWith('many/part-0/')),
    ).toEqual([]);
    const day = await restored(home, 'day', ...scope, '--at', takenAt.slice(0, 10), '--path', join(folder, 'link'));
    expect(day.report.snapshot.id).toBe(second);
    expect(day.tree.get('link')).toEqual(secondTree.get('link'));
    expect((await home.run('restore', ...scope, '--at', '2020-01-01', '--to', join(home.beside, 'never'))).code).toBe(
      3,
    );
  });
});

describe('a copy', () => {
  it('is listed, searched, and restored file by file or by pattern', async () => {
    const home = await new Home().make();
    const files = { 'a.txt': 'a', 'sub/b.txt': 'bb', 'sub/c.pdf': 'ccc', 'sub/deeper/d.txt': 'dddd' };
    await home.protect('files', home.data('data', files));
    const { items } = await runs(home);
    const id = items[0]?.snapshot ?? '';
    const listed = async (...args: string[]) => (await home.json<Listed[]>(0, 'ls', ...args)).map(({ path }) => path);
    expect(await listed(id.slice(0, 8))).toEqual(['a.txt', 'sub']);
    expect(await listed('latest', 'sub')).toEqual(['sub/b.txt', 'sub/c.pdf', 'sub/deeper']);
    expect(await home.json<Listed[]>(0, 'ls', id, 'a.txt')).toMatchObject([{ path: 'a.txt', type: 'file', size: 1 }]);
    await home.ends(3, 'ls', id, 'nothing');
    const found = await home.json<Listed[]>(0, 'find', '*.txt', '--tenant', 'acme');
    expect(found.map(({ path }) => path).sort()).toEqual(['a.txt', 'sub/b.txt', 'sub/deeper/d.txt']);

    const names = async (name: string, ...args: string[]) =>
      [...(await restored(home, name, id, ...args)).tree.keys()].sort();
    expect(await names('one-file', '--path', 'sub/c.pdf')).toEqual(['', 'sub', 'sub/c.pdf']);
    expect(readFileSync(join(home.beside, 'one-file/sub/c.pdf'), 'utf8')).toBe('ccc');
    expect(await names('pattern', '--include', '*.txt')).toEqual([
      '',
      'a.txt',
      'sub',
      'sub/b.txt',
      'sub/deeper',
      'sub/deeper/d.txt',
    ]);
    await home.ends(3, 'restore', id, '--path', 'nothing', '--to', join(home.beside, 'none'));
  });

  it('goes into a folder that holds something only by force, and leaves what is not its own', async () => {
    const home = await new Home().make();
    await home.protect('files', home.data('data', { 'a.txt': 'as it was' }));
    await runs(home);
    const to = home.data('target', { 'a.txt': 'in the way', 'mine.txt': 'mine' });
    await home.ends(2, 'restore', 'latest', '--to', to);
    expect(readFileSync(join(to, 'a.txt'), 'utf8')).toBe('in the way');
    await home.ends(0, 'restore', 'latest', '--to', to, '--force');
    expect(readFileSync(join(to, 'a.txt'), 'utf8')).toBe('as it was');
    expect(readFileSync(join(to, 'mine.txt'), 'utf8')).toBe('mine');
  });
});

describe('a backup', () => {
  it('fails for the source whose folder is gone or whose prepare command fails, and for no other', async () => {
    const home = await new Home().make();
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    await home.protect('gone', home.data('gone', { 'b.txt': 'b' }));
    await home.protect('sick', home.data('sick', { 'c.txt': 'c' }), '--prepare', 'echo no database here >&2; exit 7');
    const release = join(home.beside, 'released');
    const dump = home.folder('well');
    await home.protect(
      'well',
      dump,
      '--prepare',
      `echo dumped > ${dump}/dump.sql`,
      '--release',
      `echo done > ${release}`,
    );
    rmSync(join(home.beside, 'gone'), { recursive: true });
    const { outcome, items } = await home.json<RunData>(1, 'run', 'backup');
    expect(outcome).toBe('failed');
    expect(items.map(({ source, status }) => `${source} ${status}`)).toEqual([
      'files done',
      'gone failed',
      'sick failed',
      'well done',
    ]);
    expect(items[1]?.reasons.join()).toContain(join(home.beside, 'gone'));
    expect(items[2]?.reasons.join()).toContain('no database here');
    expect(existsSync(release)).toBe(true);
    expect((await home.json<SnapshotData[]>(0, 'snapshots')).map(({ source }) => source).sort()).toEqual([
      'files',
      'well',
    ]);
    expect(
      (await home.json<Listed[]>(0, 'ls', 'latest', '--source', 'well', '--tenant', 'acme')).map(({ path }) => path),
    ).toEqual(['dump.sql']);

    const told = (await home.mailsTo('operator@tenure.example'))
      .map((mail) => `${mail.subject} ${mail.text}`)
      .join('\n');
    expect(told).toContain('acme/gone');
    expect(told).toContain('acme/sick');
    expect(told).not.toContain('acme/files');
  });

  it('says what is no file, and copies what is', async () => {
    const home = await new Home().make();
    const folder = home.data('data', { 'a.txt': 'a' });

    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await home.protect('files', folder);
    const { stdout, stderr } = await home.ends(0, 'run', 'backup');
    expect(stdout + stderr).toContain('pipe');
    await home.ends(0, 'restore', 'latest', '--to', join(home.beside, 'back'));
    expect(readdirSync(join(home.beside, 'back'))).toEqual(['a.txt']);
  });
});
