import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CheckData,
  filesBelow,
  Home,
  type RestoreData,
  type RunData,
  type SnapshotData,
  suiteFolder,
} from './program.ts';
import { contentsOf, describeTree } from './tree.ts';

type Contents = Map<string, string>;

const folder = suiteFolder();
const home = new Home(join(folder, 'home'));
/** Contents of the source at each snapshot. */
const truth = new Map<string, Contents>();
let oldest = '';
let newest = '';

beforeAll(async () => {
  await home.make();
  const files: Record<string, string | Buffer> = { 'big.bin': randomBytes(2_500_000) };
  for (let i = 0; i < 6; i++) files[`medium/${i}.bin`] = randomBytes(60_000);
  for (let i = 0; i < 30; i++) files[`small/${i}.txt`] = `${i} `.repeat(200);
  const data = home.data('data', files);
  await home.protect('files', data);
  const backUp = async () => {
    const { items } = await home.json<RunData>(0, 'run', 'backup');
    const id = items[0]?.snapshot ?? '';
    truth.set(id, contentsOf(describeTree(data)));
    return id;
  };
  oldest = await backUp();
  writeFileSync(join(data, 'medium/0.bin'), randomBytes(50_000));
  writeFileSync(join(data, 'small/0.txt'), 'changed');
  await backUp();
  writeFileSync(join(data, 'medium/1.bin'), randomBytes(50_000));
  newest = await backUp();
});

/** Its own copy of the home, for a test that damages it. */
function copyOfHome(): Home {
  const copy = new Home();
  cpSync(home.dir, copy.dir, { recursive: true });
  return copy;
}

/** Stored objects of a kind, those of the oldest snapshot first. */
function stored(of: Home, kind: 'pack' | 'part' | 'root', snapshot: string): string[] {
  return filesBelow(of.path('repository', 'v1', 'acme', 'files', kind, snapshot));
}

function flip(file: string, share: number): void {
  const bytes = readFileSync(file);
  const offset = Math.min(bytes.length - 1, Math.floor(bytes.length * share));
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x10;
  writeFileSync(file, bytes);
}

/** Both ways of looking find it, end as they should, and name the object that is bad. */
async function expectFound(copy: Home, object: string): Promise<CheckData['problems']> {
  const name = object.slice(object.indexOf('v1/acme'));
  const { problems } = await copy.json<CheckData>(6, 'check', '--read-data');
  expect(problems.map((problem) => problem.object)).toContain(name);
  const text = `${(await copy.ends(1, 'run', 'restore-test')).stdout}`;
  expect(text).toContain(name);
  for (const { affects } of problems) for (const { key } of affects.slice(0, 3)) expect(text).toContain(key);
  return problems;
}

/** Restores a snapshot of which some objects may be damaged: those are named, everything else is as it was. */
async function expectRestRestores(copy: Home, snapshot: string, code: number): Promise<string[]> {
  const to = join(copy.beside, `restored-${snapshot}`);
  const { damaged } = await copy.json<RestoreData>(code, 'restore', snapshot, '--to', to);
  const names = damaged.map(({ key }) => key);
  const back = contentsOf(describeTree(to));
  for (const [name, content] of truth.get(snapshot) ?? []) {
    if (names.includes(name)) expect(back.get(name)).not.toBe(content);
    else expect([name, back.get(name)]).toEqual([name, content]);
  }
  rmSync(to, { recursive: true });
  return names;
}

describe('whole copies', () => {
  it('pass both ways of looking, and restore', async () => {
    expect((await home.json<SnapshotData[]>(0, 'snapshots')).map(({ id }) => id)).toEqual([...truth.keys()]);
    const report = await home.json<CheckData>(0, 'check', '--read-data');
    expect(report).toMatchObject({ snapshots: 3, problems: [], packsRead: report.packs });
    await home.ends(0, 'run', 'restore-test');
    for (const id of truth.keys()) expect(await expectRestRestores(home, id, 0)).toEqual([]);
  });
});

describe('one flipped byte', () => {
  it.each([0, 0.3, 0.6, 0.97, 1])(
    'in a pack, at %d of it, hits what is named, and the rest restores',
    async (share) => {
      const copy = copyOfHome();
      const [pack = ''] = stored(copy, 'pack', oldest);
      flip(pack, share);
      const problems = await expectFound(copy, pack);
      const named = new Set(
        problems.flatMap(({ affects }) => affects.filter((hit) => hit.snapshot === newest).map(({ key }) => key)),
      );
      const everywhere = new Set(problems.flatMap(({ affects }) => affects.map(({ key }) => key)));
      expect(everywhere.size).toBeGreaterThan(0);
      const lost = await expectRestRestores(copy, newest, named.size > 0 ? 6 : 0);
      expect(new Set(lost)).toEqual(named);
      expect(lost.length).toBeLessThan(31);
    },
  );

  it.each([0, 0.5, 1])(
    'in a part, at %d of it, is found, and the snapshots that do not need it restore',
    async (share) => {
      const copy = copyOfHome();
      const [part = ''] = stored(copy, 'part', oldest);
      flip(part, share);
      const problems = await expectFound(copy, part);
      expect(problems.flatMap(({ affects }) => affects.map(({ snapshot }) => snapshot))).toContain(oldest);
      await copy.ends(6, 'restore', oldest, '--to', join(copy.beside, 'oldest'));
      expect(await expectRestRestores(copy, newest, 0)).toEqual([]);
    },
  );

  it('in one of the two copies of a root is found; the other copy serves', async () => {
    for (const [which, share] of [
      [0, 0],
      [0, 1],
      [1, 0.5],
    ] as const) {
      const copy = copyOfHome();
      const roots = stored(copy, 'root', newest);
      expect(roots).toHaveLength(2);
      flip(roots[which] ?? '', share);
      await expectFound(copy, roots[which] ?? '');
      expect(await expectRestRestores(copy, newest, 0)).toEqual([]);
    }
  });

  it('in both root copies costs that snapshot, and no other', async () => {
    const copy = copyOfHome();
    for (const root of stored(copy, 'root', newest)) flip(root, 0.7);
    await expectFound(copy, stored(copy, 'root', newest)[0] ?? '');
    await copy.ends(6, 'restore', newest, '--to', join(copy.beside, 'newest'));
    expect(await expectRestRestores(copy, oldest, 0)).toEqual([]);
  });
});

describe('a pack', () => {
  it('that is missing is found also without reading data, and what it held is named; the rest restores', async () => {
    const copy = copyOfHome();
    const [pack = ''] = stored(copy, 'pack', newest);
    rmSync(pack);
    const problems = await expectFound(copy, pack);
    const named = problems.flatMap(({ affects }) => affects.map(({ key }) => key));
    expect(named).toContain('medium/1.bin');
    expect(named).not.toContain('big.bin');
    expect((await copy.json<CheckData>(6, 'check')).problems).toMatchObject([
      { affectedCount: named.length, kind: 'pack' },
    ]);
    expect((await expectRestRestores(copy, newest, 6)).sort()).toEqual(named.sort());
    expect(await expectRestRestores(copy, oldest, 0)).toEqual([]);
  });

  it('that is cut short is found also without reading data; what lies before the cut restores', async () => {
    const copy = copyOfHome();
    const [pack = ''] = stored(copy, 'pack', oldest);
    truncateSync(pack, statSync(pack).size - 1);
    await copy.ends(6, 'check');
    await expectFound(copy, pack);
    const lost = await expectRestRestores(copy, oldest, 6);
    expect(lost.length).toBeLessThan(31);
  });

  it('that is gone with everything else leaves nothing, and says so', async () => {
    const copy = copyOfHome();
    for (const snapshot of truth.keys()) for (const pack of stored(copy, 'pack', snapshot)) rmSync(pack);
    const lost = await expectRestRestores(copy, newest, 6);
    expect(lost).toHaveLength(37);
    await copy.ends(1, 'run', 'restore-test');
  });
});

describe('a backup after damage', () => {
  it.each(['pack', 'part', 'root'] as const)(
    'reads again what a %s has lost, as soon as that is known: the new copy is whole',
    async (kind) => {
      const copy = copyOfHome();
      for (const snapshot of truth.keys()) for (const object of stored(copy, kind, snapshot)) flip(object, 0.4);
      await copy.ends(6, 'check', '--read-data');
      // The source is where it was; a copy of a home shares it.
      const { items } = await copy.json<RunData>(0, 'run', 'backup');
      const made = items[0]?.snapshot ?? '';
      truth.set(made, contentsOf(describeTree(join(folder, 'data'))));
      expect(await expectRestRestores(copy, made, 0)).toEqual([]);
      truth.delete(made);
      const { problems } = await copy.json<CheckData>(6, 'check', '--read-data');
      for (const { affects } of problems) for (const hit of affects) expect(hit.snapshot).not.toBe(made);
    },
  );
});

describe('damaged copies', () => {
  const firstDay = '2026-11-22T20:00:00.000Z';

  /** A home with three copies, of which one has lost its pack, one its part, and one both copies of its root. */
  async function damagedHome(): Promise<Home> {
    const damaged = await new Home().make({ now: firstDay, plan: 'unattended' });
    const data = damaged.data('data', { 'a.txt': 'a' });
    await damaged.protect('files', data);
    const ids: string[] = [];
    for (const minute of [10, 20, 30]) {
      writeFileSync(join(data, `${minute}.bin`), randomBytes(100_000));
      const { items } = await damaged.json<RunData>(0, 'run', 'backup', '--now', `2026-11-22T20:${minute}:00.000Z`);
      ids.push(items[0]?.snapshot ?? '');
    }
    for (const pack of stored(damaged, 'pack', ids[0] ?? '')) rmSync(pack);
    for (const part of stored(damaged, 'part', ids[1] ?? '')) flip(part, 0.5);
    for (const root of stored(damaged, 'root', ids[2] ?? '')) flip(root, 0.5);
    await damaged.ends(6, 'check');
    return damaged;
  }

  it('expire like all others', async () => {
    const damaged = await damagedHome();
    expect(await damaged.json(0, 'run', 'expiry', '--now', '2027-02-25T00:00:00.000Z')).toMatchObject({
      items: [{ status: 'done', removed: 3 }],
    });
    expect(filesBelow(damaged.path('repository'))).toEqual([]);
    await damaged.ends(0, 'run', 'backup');
    await damaged.ends(0, 'check', '--read-data');
  });

  it('are erased like all others; the certificate says what could not be listed', async () => {
    const damaged = await damagedHome();
    await damaged.ends(0, 'finance', 'unpaid', 'acme');
    await damaged.ends(0, 'run', 'notice');
    await damaged.ends(0, 'run', 'notice', '--now', '2026-12-24T00:00:00.000Z');
    expect(filesBelow(damaged.path('repository'))).toEqual([]);
    const [issued] = await damaged.json<{ case: string }[]>(0, 'certificate', 'list');
    const { stdout } = await damaged.ends(0, 'certificate', 'show', issued?.case ?? '');
    expect(stdout).toMatch(/the inventory of \d+ entries of copies: their manifests were damaged/);
  });
});

describe('a new copy after damage', () => {
  it('is whole in spite of a damaged pack, a missing one and a damaged part; older ones stay damaged and are told', async () => {
    const copy = copyOfHome();
    const [pack = ''] = stored(copy, 'pack', oldest);
    flip(pack, 0.4);
    await expectFound(copy, pack);
    const [missing = ''] = stored(copy, 'pack', newest);
    rmSync(missing);
    await copy.ends(6, 'check');
    flip(stored(copy, 'part', newest)[0] ?? '', 0.5);
    const alerts = async () => (await copy.json<{ kind: string }[]>(0, 'alert', 'list')).map(({ kind }) => kind);
    expect(await alerts()).toContain('restore-test-failed');
    const { items } = await copy.json<RunData>(0, 'run', 'backup');
    const mended = items[0]?.snapshot ?? '';
    expect(items[0]?.readAgain).toBeGreaterThan(0);
    truth.set(mended, truth.get(newest) ?? new Map());
    expect(await expectRestRestores(copy, mended, 0)).toEqual([]);
    truth.delete(mended);
    const { problems } = await copy.json<CheckData>(6, 'check', '--read-data');
    const hit = new Set(problems.flatMap(({ affects }) => affects.map(({ snapshot }) => snapshot)));
    expect(hit.has(oldest)).toBe(true);
    expect(hit.has(mended)).toBe(false);
    await copy.ends(1, 'run', 'restore-test');
    expect(await alerts()).not.toContain('restore-test-failed');
  });
});
