import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { extract, type Header } from 'tar-stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Entry } from '../../src/repository/model.ts';
import { tarOf, zipOf } from '../../src/use-cases/archive.ts';
import type { OpenedObject } from '../../src/use-cases/download.ts';

/** An object of a copy, of which the content is its key unless told otherwise. */
function object(key: string | Buffer, changed: Partial<Entry> = {}, content = Buffer.from(key)): OpenedObject {
  const folder = Buffer.from(key).at(-1) === 0x2f;
  const entry = {
    ...{ key: Buffer.from(key), type: folder ? 'directory' : 'file', mode: folder ? 0o755 : 0o644, uid: 0, gid: 0 },
    ...{ owner: '', group: '', size: folder ? 0 : content.length, mtimeNs: 1_000_000_000n },
    ...changed,
  } as Entry;
  return {
    entry,
    async *content() {
      yield content;
    },
  };
}

async function* all(objects: readonly OpenedObject[]): AsyncGenerator<OpenedObject> {
  yield* objects.toSorted((a, b) => Buffer.compare(a.entry.key, b.entry.key));
}

async function* numbered(count: number): AsyncGenerator<OpenedObject> {
  for (let i = 0; i < count; i++) yield object(`f${i}`, {}, Buffer.from('hello'));
}

async function bytesOf(archive: AsyncIterable<Buffer>, pauseMs = 0): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of archive) {
    pieces.push(piece);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return Buffer.concat(pieces);
}

/** What a reader finds in a tar. */
async function membersOf(objects: readonly OpenedObject[]): Promise<{ header: Header; content: string }[]> {
  const members: { header: Header; content: string }[] = [];
  const reader = extract();
  Readable.from([await bytesOf(tarOf(all(objects)))]).pipe(reader as unknown as NodeJS.WritableStream);
  for await (const member of reader) {
    members.push({ header: member.header, content: (await bytesOf(member as AsyncIterable<Buffer>)).toString() });
  }
  return members;
}

/** Unpacks with a common tool into a folder of its own; answers files found there, in order, and what else lies beside it. */
async function unpacked(archive: AsyncIterable<Buffer>, command: (file: string, to: string) => string[]) {
  const place = mkdtempSync(join(tmpdir(), 'tenure-archive-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const [file, to] = [join(place, 'archive'), join(place, 'deep', 'er')];
  writeFileSync(file, await bytesOf(archive));
  mkdirSync(to, { recursive: true });
  const [program = '', ...args] = command(file, to);
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  expect(readdirSync(place).sort()).toEqual(['archive', 'deep']);
  expect(readdirSync(join(place, 'deep'))).toEqual(['er']);
  const paths = readdirSync(to, { recursive: true }) as string[];
  return { to, files: paths.filter((path) => lstatSync(join(to, path)).isFile()).sort() };
}

const tools: [string, typeof tarOf, (file: string, to: string) => string[]][] = [
  ['tar', tarOf, (file, to) => ['tar', '-xf', file, '-C', to]],
  [
    'Python’s tarfile',
    tarOf,
    (file, to) => [
      'python3',
      '-c',
      'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2], filter="data")',
      ...[file, to],
    ],
  ],
  ['Python’s zipfile', zipOf, (file, to) => ['python3', '-m', 'zipfile', '-e', file, to]],
  ['unzip', zipOf, (file, to) => ['unzip', '-q', file, '-d', to]],
];

const present = tools.filter(([, , command]) => spawnSync(command('', '')[0] ?? '', ['--help']).error === undefined);

const hostile = [
  '../../home/op/.ssh/authorized_keys',
  '/etc/cron.d/x',
  '..\\evil.txt',
  'C:\\Windows\\x',
  'C:/x',
  'a//b',
  'a/b',
  'a/../../c',
  '..',
  'x\nrm -rf',
  'ordinary/ñ.txt',
  'x',
  'x/y',
  Buffer.from([0x66, 0xff]),
  Buffer.from([0x66, 0xfe]),
];

it('a zip arrives whole at whoever reads slowly', async () => {
  const zip = await bytesOf(zipOf(numbered(10)), 2);
  // End of central directory record (APPNOTE.TXT 6.3.10, section 4.3.16).
  expect(zip.readUInt32LE(zip.length - 22)).toBe(0x06054b50);
  expect(zip.readUInt16LE(zip.length - 22 + 10)).toBe(10);
});

it('a tar arrives whole at whoever reads slowly', async () => {
  const tar = await bytesOf(tarOf(numbered(10)), 2);
  // Two blank blocks at the end (POSIX.1-2001, pax).
  expect(tar.subarray(-1024).equals(Buffer.alloc(1024))).toBe(true);
  expect(tar.length).toBe(10 * 1024 + 1024);
});

describe.each(present)('unpacked by %s', (_, archiveOf, command) => {
  it('every object lies below the folder, whatever its name is, with its own content', async () => {
    const { to, files } = await unpacked(archiveOf(all(hostile.map((key) => object(key)))), command);
    expect(files).toEqual(expect.arrayContaining(['ordinary/ñ.txt', 'a/b', 'x']));
    const contents = files.map((file) => readFileSync(join(to, file)).toString('latin1')).sort();
    expect(contents).toEqual(hostile.map((key) => Buffer.from(key).toString('latin1')).sort());
  });

  it('objects of a bucket have modes, and its empty objects that show folders are folders', async () => {
    const bucket = { type: 'file', mode: 0 } as const;
    const { to, files } = await unpacked(
      archiveOf(all([object('a/', { ...bucket, size: 0 }, Buffer.alloc(0)), object('a/b', bucket)])),
      command,
    );
    expect(files).toEqual(['a/b']);
    expect([statSync(join(to, 'a')).isDirectory(), statSync(join(to, 'a/b')).mode & 0o600]).toEqual([true, 0o600]);
  });
});

describe('a tar', () => {
  it('has a member of its own for each key, and ordinary names', async () => {
    const name = fc.constantFrom('a', 'b', '..', '', '.', 'ñ', 'C:', 'x\\y', 'long'.repeat(30));
    const keys = fc
      .uniqueArray(
        fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/')),
        { maxLength: 8 },
      )
      .map((found) => found.filter((each) => each !== ''));
    await fc.assert(
      fc.asyncProperty(keys, async (given) => {
        const files = given.map((key) => object(key, { type: 'file', size: key.length }, Buffer.from(key, 'latin1')));
        const members = await membersOf(files);
        expect(new Set(members.map(({ header }) => header.name)).size).toBe(given.length);
        for (const { header } of members) {
          expect(header.name).toMatch(/^[^/\\]/);
          expect(header.name.split('/')).not.toContain('..');
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keeps links that stay in it; one that leads out is a file that holds its target', async () => {
    const link = (key: string, target: string) =>
      object(key, { type: 'symlink', mode: 0o777, size: 0, linkTarget: Buffer.from(target) });
    const members = await membersOf([
      link('current', 'releases/5'),
      link('deep/up', '../current'),
      link('etc', '/etc'),
      link('out', '../../x'),
    ]);
    expect(members.map(({ header, content }) => [header.name, header.type, header.linkname ?? content])).toEqual([
      ['current', 'symlink', 'releases/5'],
      ['deep/up', 'symlink', '../current'],
      ['etc', 'file', '/etc'],
      ['out', 'file', '../../x'],
    ]);
  });

  it('has nothing below a link', async () => {
    const members = await membersOf([
      object('a', { type: 'symlink', linkTarget: Buffer.from('b') }),
      object('a/authorized_keys'),
    ]);
    expect(members.map(({ header }) => header.name)).toEqual([
      'a',
      expect.stringMatching(/^a~[0-9a-f]{16}\/authorized_keys$/),
    ]);
  });

  it('leaves out a name of an owner that would run into other fields', async () => {
    const group = `${'g'.repeat(48)}../../etc`;
    const [member] = await membersOf([object('passwd', { owner: 'ann', group })]);
    expect(member?.header).toMatchObject({ name: 'passwd', uname: 'ann', gname: '' });
  });
});

describe.each([
  ['tar', tarOf],
  ['zip', zipOf],
])('a %s', (_, archiveOf) => {
  it('of content that cannot be read fails at its reader, and nowhere else', async () => {
    const broken = object('a', { size: 10 });
    const content = async function* () {
      yield Buffer.from('12345');
      throw new Error('damaged');
    };
    await expect(bytesOf(archiveOf(all([{ ...broken, content }, object('b')])))).rejects.toThrow('damaged');
    // An error that nobody takes would come now, and end the process.
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('that its reader leaves stops reading', async () => {
    const size = 64 * 1024 * 1024;
    const left = Promise.withResolvers<void>();
    const content = async function* () {
      try {
        for (let n = 0; n < 1024; n++) yield Buffer.alloc(64 * 1024, String(Math.random()));
      } finally {
        left.resolve();
      }
    };
    const opened = Promise.withResolvers<void>();
    const objects = async function* () {
      try {
        yield { ...object('a', { size }), content };
      } finally {
        opened.resolve();
      }
    };
    for await (const piece of archiveOf(objects())) if (piece.length > 0) break;
    await left.promise;
    await opened.promise;
  });
});
