import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backUp } from '../repository/engine.ts';
import { memorySource } from '../repository/memory-source.ts';
import { openedHome } from '../use-cases/opened-home.ts';
import { simulatedHome, type TestHome } from './tenure.ts';

/** Objects of the repository of one kind, as files. */
function stored(home: TestHome, kind: string): string[] {
  const root = join(home.dir, 'repository');
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name));
  return all.filter((path) => path.includes(`/${kind}/`) && statSync(path).isFile()).sort();
}

/** A home with two copies: the first with `old.txt`, the second with more. */
async function twoCopies(): Promise<{ home: TestHome; data: string }> {
  const home = await simulatedHome((made) => made.folder('data'));
  const data = home.folder('data');
  writeFileSync(join(data, 'old.txt'), 'old');
  writeFileSync(join(data, 'report.pdf'), 'first');
  await home.ends(0, 'run', 'backup', '--now', '2026-11-23T02:00:00Z');
  rmSync(join(data, 'old.txt'));
  mkdirSync(join(data, 'sub'));
  writeFileSync(join(data, 'sub/report.pdf'), 'of the folder');
  writeFileSync(join(data, 'report.pdf'), 'second, longer');
  symlinkSync('report.pdf', join(data, 'link'));
  chmodSync(join(data, 'sub'), 0o1750);
  await home.ends(0, 'run', 'backup', '--now', '2026-11-24T02:00:00Z');
  return { home, data };
}

interface Snapshot {
  id: string;
}

describe('snapshots', () => {
  it('lists live copies, the oldest first, with when they expire', async () => {
    const { home } = await twoCopies();
    const found = await home.json<(Snapshot & Record<string, unknown>)[]>(0, 'snapshots');
    expect(found).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{20}$/),
        tenant: 'acme',
        source: 'files',
        cadence: 'manual',
        takenAt: '2026-11-23T02:00:00.000Z',
        expiresAt: '2027-02-21T02:00:00.000Z',
        objects: 2,
        bytes: 8,
      },
      expect.objectContaining({ takenAt: '2026-11-24T02:00:00.000Z', objects: 4 }),
    ]);
    expect(await home.json(0, 'snapshots', '--tenant', 'acme', '--source', 'files')).toEqual(found);
    await home.ends(3, 'snapshots', '--tenant', 'nobody');
    await home.ends(3, 'snapshots', '--source', 'nothing');
  });

  it('is empty in a new home', async () => {
    const home = await simulatedHome();
    expect(await home.json(0, 'snapshots')).toEqual([]);
    expect((await home.ends(0, 'snapshots')).stdout).toContain('No copies');
  });
});

describe('ls', () => {
  it('shows what lies in a folder, like ls -l', async () => {
    const { home } = await twoCopies();
    const { stdout } = await home.ends(0, 'ls', 'latest');
    expect(stdout).toMatch(/^lrwxrwxrwx .* link -> report\.pdf$/m);
    expect(stdout).toMatch(/^drwxr-x--T .* sub\/$/m);
    expect(stdout).not.toContain('old.txt');
    const below = await home.json<{ path: string }[]>(0, 'ls', 'latest', 'sub/');
    expect(below.map(({ path }) => path)).toEqual(['sub/report.pdf']);
    const all = await home.json<{ path: string }[]>(0, 'ls', 'latest', '-r');
    expect(all.map(({ path }) => path)).toEqual(['link', 'report.pdf', 'sub', 'sub/report.pdf']);
    const one = await home.json(0, 'ls', 'latest', './report.pdf');
    expect(one).toEqual([expect.objectContaining({ path: 'report.pdf', type: 'file', size: 14, mode: '0644' })]);
  });

  it('takes the first digits of an id, and says what it does not find', async () => {
    const { home } = await twoCopies();
    const [first] = await home.json<Snapshot[]>(0, 'snapshots');
    const listed = await home.json<{ path: string }[]>(0, 'ls', first?.id.slice(0, 8) ?? '');
    expect(listed.map(({ path }) => path)).toEqual(['old.txt', 'report.pdf']);
    await home.ends(3, 'ls', first?.id ?? '', 'nowhere');
    await home.ends(3, 'ls', '00000000000000000000');
    await home.ends(2, 'ls', 'xyz');
  });
});

describe('find', () => {
  it('tells each state of an object once, with the copies that hold it', async () => {
    const { home } = await twoCopies();
    const [first, second] = await home.json<Snapshot[]>(0, 'snapshots');
    const found = await home.json(0, 'find', '*.pdf', '--tenant', 'acme');
    expect(found).toEqual([
      expect.objectContaining({ path: 'report.pdf', size: 5, snapshots: [first?.id] }),
      expect.objectContaining({ path: 'report.pdf', size: 14, snapshots: [second?.id] }),
      expect.objectContaining({ path: 'sub/report.pdf', snapshots: [second?.id] }),
    ]);
    expect(await home.json(0, 'find', 'nothing*', '--tenant', 'acme')).toEqual([]);
    await home.ends(3, 'find', '*', '--tenant', 'nobody');
    await home.ends(2, 'find', '*');
  });
});

describe('restore', () => {
  it('writes what is chosen and nothing else', async () => {
    const { home } = await twoCopies();
    const to = (name: string) => join(home.beside, name);
    await home.ends(0, 'restore', 'latest', '--include', '*.pdf', '--to', to('a'));
    expect(readdirSync(to('a'), { recursive: true }).sort()).toEqual(['report.pdf', 'sub', 'sub/report.pdf']);
    await home.ends(0, 'restore', 'latest', '--path', 'sub', '--to', to('b'));
    expect(readdirSync(to('b'), { recursive: true }).sort()).toEqual(['sub', 'sub/report.pdf']);
    const absolute = join(home.folder('data'), 'report.pdf');
    const args = ['--tenant', 'acme', '--source', 'files', '--at', '2026-11-23', '--path', absolute];
    await home.ends(0, 'restore', ...args, '--to', to('c'));
    expect(readFileSync(join(to('c'), 'report.pdf'), 'utf8')).toBe('first');
    await home.ends(3, 'restore', 'latest', '--path', 'nowhere', '--to', to('d'));
  });

  it('refuses a folder that is not empty, a source and the home', async () => {
    const { home, data } = await twoCopies();
    const full = home.folder('full');
    writeFileSync(join(full, 'report.pdf'), 'mine');
    await home.ends(2, 'restore', 'latest', '--to', full);
    expect(readFileSync(join(full, 'report.pdf'), 'utf8')).toBe('mine');
    await home.ends(0, 'restore', 'latest', '--to', full, '--force');
    expect(readFileSync(join(full, 'report.pdf'), 'utf8')).toBe('second, longer');
    await home.ends(2, 'restore', 'latest', '--to', join(data, 'new'));
    expect(existsSync(join(data, 'new'))).toBe(false);
    await home.ends(2, 'restore', 'latest', '--to', join(home.dir, 'x'), '--force');
    await home.ends(2, 'restore', 'latest', '--to', home.beside, '--force');
    await home.ends(2, 'restore', 'latest', '--to', join(full, 'report.pdf'));
    rmSync(join(data, 'report.pdf'));
    await home.ends(0, 'restore', 'latest', '--to', data, '--force');
    expect(readFileSync(join(data, 'report.pdf'), 'utf8')).toBe('second, longer');
  });

  it('asks for a copy, and for the source where there are several', async () => {
    const { home } = await twoCopies();
    await home.ends(0, 'source', 'add', 'acme', 'more', '--directory', home.folder('more'));
    await home.ends(0, 'run', 'backup', '--source', 'more');
    const to = join(home.beside, 'out');
    await home.ends(2, 'restore', '--to', to);
    await home.ends(2, 'restore', 'latest', '--to', to);
    await home.ends(2, 'restore', 'latest', '--at', '2026-11-24', '--to', to);
    await home.ends(0, 'restore', 'latest', '--source', 'files', '--tenant', 'acme', '--to', to);
  });

  it('writes nothing outside for an entry that climbs out, names it, and restores the rest', async () => {
    const home = await simulatedHome((made) => made.folder('data'));
    const { deps } = await openedHome(home);
    const source = memorySource();
    source.file('../evil.txt', 'x');
    source.file('good.txt', 'good');
    await backUp(deps, source.driver);
    const to = home.folder('a', 'out');
    const { damaged } = await home.json<{ damaged: { key: string }[] }>(6, 'restore', 'latest', '--to', to);
    expect(damaged).toEqual([expect.objectContaining({ key: '../evil.txt' })]);
    expect(readdirSync(home.folder('a'))).toEqual(['out']);
    expect(readdirSync(to)).toEqual(['good.txt']);
  });
});

describe('check', () => {
  it('finds one flipped byte in a pack, and names the objects that it hits', async () => {
    const { home } = await twoCopies();
    await home.ends(0, 'check', '--read-data');
    const [pack = ''] = stored(home, 'pack');
    const bytes = readFileSync(pack);
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    chmodSync(pack, 0o600);
    writeFileSync(pack, bytes);
    await home.ends(0, 'check');
    interface Report {
      problems: { kind: string; affects: { snapshot: string; key: string }[] }[];
    }
    const { problems } = await home.json<Report>(6, 'check', '--read-data');
    expect(problems).toHaveLength(1);
    const names = new Set(problems[0]?.affects.map(({ key }) => key));
    expect(names.size).toBeGreaterThan(0);
    const shown = (await home.ends(6, 'check', '--read-data')).stdout;
    for (const name of names) expect(shown).toContain(name);
    // What the damage does not hit restores; what it hits is named again.
    const hit = problems[0]?.affects[0]?.snapshot ?? '';
    const args = ['restore', hit, '--to', join(home.beside, 'out')];
    const { damaged } = await home.json<{ damaged: { key: string }[] }>(6, ...args);
    const here = problems[0]?.affects.filter(({ snapshot }) => snapshot === hit).map(({ key }) => key);
    expect(damaged.map(({ key }) => key).sort()).toEqual(here?.sort());
  });

  it('finds a missing pack without reading data', async () => {
    const { home } = await twoCopies();
    for (const pack of stored(home, 'pack')) rmSync(pack);
    expect((await home.ends(6, 'check')).stdout).toContain('is missing');
  });

  it('takes a share of the packs, and refuses what is none', async () => {
    const { home } = await twoCopies();
    await home.ends(0, 'check', '--read-data-subset', '1/1');
    await home.ends(0, 'check', '--read-data-subset', '50%', '--tenant', 'acme');
    for (const share of ['0/3', '4/3', '0%', '101%', 'half']) await home.ends(2, 'check', '--read-data-subset', share);
    await home.ends(3, 'check', '--tenant', 'nobody');
  });
});

describe('stats', () => {
  it('adds up to what lies in the repository', async () => {
    const { home } = await twoCopies();
    interface Stats {
      sources: { snapshots: number; logicalBytes: number; storedBytes: number; unlistedBytes: number }[];
      total: { storedBytes: number };
    }
    const { sources, total } = await home.json<Stats>(0, 'stats');
    const files = ['node', 'pack', 'part', 'root', 'work'].flatMap((kind) => stored(home, kind));
    const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
    expect(sources).toEqual([
      expect.objectContaining({ snapshots: 2, logicalBytes: 8 + 27, storedBytes: bytes, unlistedBytes: 0 }),
    ]);
    expect(total.storedBytes).toBe(bytes);
  });
});
