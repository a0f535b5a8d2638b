import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** What a test tells two trees apart by: everything that a copy promises to bring back. */
interface Described {
  type: string;
  mode: string;
  owner: string;
  mtimeNs: bigint;
  /** SHA-256 of a file, target of a link. */
  content: string;
  /** Names of the same file, first one first. */
  names: string;
}

/** Describes a tree by its paths (latin1 of the bytes), the folder itself as the empty one. Knows nothing of the program. */
export function describeTree(folder: string): Map<string, Described> {
  const found = new Map<string, Described>();
  const inodes = new Map<string, string[]>();
  const visit = (path: Buffer, name: string): void => {
    const stat = lstatSync(path, { bigint: true });
    found.set(name, describe(path, stat));
    if (stat.isDirectory()) {
      for (const child of readdirSync(path, { encoding: 'buffer' })) {
        const below = `${name === '' ? '' : `${name}/`}${child.toString('latin1')}`;
        visit(Buffer.concat([path, Buffer.from('/'), child]), below);
      }
    } else if (stat.nlink > 1n) {
      const id = `${stat.dev}:${stat.ino}`;
      inodes.set(id, [...(inodes.get(id) ?? []), name]);
    }
  };
  visit(Buffer.from(folder), '');
  for (const names of inodes.values()) {
    const sorted = names.sort();
    for (const name of sorted) {
      const described = found.get(name);
      if (described !== undefined) described.names = sorted.join(' = ');
    }
  }
  return found;
}

function describe(path: Buffer, stat: BigIntStats): Described {
  const type = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : stat.isFile() ? 'file' : 'other';
  return {
    type,
    mode: (stat.mode & 0o7777n).toString(8),
    owner: `${stat.uid}:${stat.gid}`,
    mtimeNs: stat.mtimeNs,
    content:
      type === 'file'
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : type === 'link'
          ? readlinkSync(path, 'latin1')
          : '',
    names: '',
  };
}

/** In what two trees differ, in words; empty when they are the same. */
export function differences(expected: Map<string, Described>, actual: Map<string, Described>): string[] {
  const lines: string[] = [];
  for (const name of new Set([...expected.keys(), ...actual.keys()])) {
    const [before, after] = [expected.get(name), actual.get(name)];
    if (before === undefined || after === undefined) {
      lines.push(`${name}: ${before === undefined ? 'was not there' : 'is missing'}`);
      continue;
    }
    for (const property of Object.keys(before) as (keyof Described)[]) {
      if (before[property] !== after[property]) {
        lines.push(`${name}: ${property} is ${after[property]}, was ${before[property]}`);
      }
    }
  }
  return lines;
}

/** The same without what differs by the act of looking elsewhere: used where only contents count. */
export function contentsOf(tree: Map<string, Described>): Map<string, string> {
  return new Map([...tree].map(([name, { type, content }]) => [name, `${type} ${content}`]));
}

/** Bytes that are not UTF-8 (latin1 é), and a name with a newline. */
const oddNames = [Buffer.from([0x63, 0x61, 0x66, 0xe9]), Buffer.from('two\nlines'), Buffer.from([0xff, 0xfe, 0x80])];

const isRoot = process.getuid?.() === 0;

/**
 * Makes a tree of about 2,000 entries with everything that a copy must bring back: modes with setuid and sticky, foreign
 * owners (as root), times to the nanosecond, links that lead somewhere and nowhere, hard links, empty files and folders, names
 * that are not UTF-8, a file of several chunks, a sparse one, duplicates.
 */
export function makeTree(folder: string): void {
  for (let i = 0; i < 40; i++) {
    const sub = join(folder, 'many', `part-${i}`);
    mkdirSync(sub, { recursive: true });
    for (let j = 0; j < 45; j++) writeFileSync(join(sub, `file ${j}.txt`), noise((i * 45 + j) * 7));
  }
  for (let i = 0; i < 30; i++)
    mkdirSync(join(folder, 'deep', ...'abcdefgh'.slice(0, 1 + (i % 8)), `${i}`), { recursive: true });
  mkdirSync(join(folder, 'odd'));
  writeFileSync(join(folder, 'big.bin'), randomBytes(9 * 1024 * 1024 + 17));
  writeFileSync(join(folder, 'medium.bin'), randomBytes(1_300_000));
  writeFileSync(join(folder, 'medium again.bin'), readFileSync(join(folder, 'medium.bin')));
  writeFileSync(join(folder, 'text.log'), 'the same line once more\n'.repeat(40_000));
  makeSparse(join(folder, 'sparse.img'));
  for (let i = 0; i < 20; i++) {
    writeFileSync(join(folder, `empty-${i}`), '');
    writeFileSync(join(folder, `duplicate-${i}`), 'one content, many names');
  }
  for (const name of oddNames) {
    const path = Buffer.concat([Buffer.from(join(folder, 'odd/')), name]);
    writeFileSync(path, `content of ${name.toString('hex')}`);
    mkdirSync(Buffer.concat([path, Buffer.from('.d')]));
    writeFileSync(Buffer.concat([path, Buffer.from('.d/inside')]), name);
  }
  writeFileSync(join(folder, 'odd', 'ünïcödé 文件 🎈'), 'names of any script');
  writeFileSync(join(folder, 'odd', '-rf *'), 'names that a shell would trip over');
  makeLinks(folder);
  makeAttributes(folder);
}

function makeLinks(folder: string): void {
  symlinkSync('many/part-0/file 1.txt', join(folder, 'link'));
  symlinkSync('../nowhere/at all', join(folder, 'dangling'));
  symlinkSync('many', join(folder, 'link to a folder'));
  symlinkSync('/etc/hostname', join(folder, 'absolute'));
  symlinkSync(Buffer.from([0x78, 0xe9]), join(folder, 'to bytes'));
  linkSync(join(folder, 'many/part-1/file 2.txt'), join(folder, 'hard link'));
  linkSync(join(folder, 'many/part-1/file 2.txt'), join(folder, 'deep/a/hard link'));
  linkSync(join(folder, 'medium.bin'), join(folder, 'odd/medium hard.bin'));
}

function makeAttributes(folder: string): void {
  const modes = { 'empty-0': 0o4755, 'empty-1': 0o2750, 'empty-2': 0o000, 'duplicate-3': 0o600, 'text.log': 0o444 };
  for (const [name, mode] of Object.entries(modes)) chmodSync(join(folder, name), mode);
  chmodSync(join(folder, 'many/part-3'), 0o1777);
  chmodSync(join(folder, 'many/part-4'), 0o555);
  if (isRoot) {
    lchownSync(join(folder, 'duplicate-5'), 12345, 54321);
    lchownSync(join(folder, 'dangling'), 1, 2);
    lchownSync(join(folder, 'many/part-5'), 33, 33);
    lchownSync(join(folder, 'empty-4'), 1000, 1000);
    chmodSync(join(folder, 'empty-4'), 0o6711);
  }
  lutimesSync(join(folder, 'link'), 1_000_000_000.5, 1_234_567_890.25);
  // Beyond what Node can set: nanoseconds, a time before 1970, one after 2038.
  const touch = (time: string, ...names: string[]) =>
    execFileSync('touch', ['-h', '-d', time, ...names.map((name) => join(folder, name))]);
  touch('2021-03-04 05:06:07.123456789', 'big.bin', 'absolute', 'many/part-7/file 3.txt');
  touch('2000-01-01 00:00:00.000000001', 'medium.bin', 'many/part-8');
  touch('1969-12-31 23:59:58.999999999', 'duplicate-7');
  touch('2100-06-07 08:09:10.987654321', 'duplicate-8', 'odd');
}

/** A megabyte of hole between two short contents. */
function makeSparse(path: string): void {
  const file = openSync(path, 'w');
  writeSync(file, 'begin', 0);
  writeSync(file, 'end', 3 * 1024 * 1024);
  ftruncateSync(file, 4 * 1024 * 1024);
  closeSync(file);
}

/** Text that is the same for the same number, and of a length that varies with it. */
function noise(seed: number): string {
  return createHash('sha256')
    .update(String(seed))
    .digest('hex')
    .repeat(1 + (seed % 97));
}
