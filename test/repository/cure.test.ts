import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { ShardOptions } from '../../src/repository/backup.ts';
import { checkRepository } from '../../src/repository/check.ts';
import { parseObjectKey } from '../../src/repository/object-names.ts';
import { readRoot } from '../../src/repository/read-root.ts';
import { openSnapshot } from '../../src/repository/read-snapshot.ts';
import { backUp, expire, memoryRepository, restored } from './engine.ts';
import { contentsOf, type MemorySource, memorySource } from './memory-source.ts';
import { noise } from './noise.ts';

const limits: NonNullable<ShardOptions['limits']> = {
  part: { entries: 12, chunks: 60, text: 10_000 },
  packBytes: 60_000,
  segmentBytes: 1_500_000,
};

type Repo = Awaited<ReturnType<typeof memoryRepository>>;

/** Small files in clusters, medium ones in frames of their own, one of several chunks and segments; two backups. */
async function twoSnapshots() {
  const repo = await memoryRepository();
  const source = memorySource();
  source.directory('');
  for (let i = 0; i < 40; i++) source.file(`small-${i}`, `text ${i} `.repeat(50 + i));
  for (let i = 0; i < 8; i++) source.file(`medium-${i}`, randomBytes(25_000));
  source.file('large', noise('large', 2_000_000));
  source.symlink('link', 'small-1');
  await backUp(repo, source.driver, { limits });
  source.file('small-7', 'changed');
  source.file('medium-1', randomBytes(30_000));
  const { snapshot } = await backUp(repo, source.driver, { limits });
  source.opened = [];
  return { repo, source, snapshot };
}

function stored(repo: Repo, ...kinds: string[]): string[] {
  return [...repo.objects.objects.keys()].filter((key) => kinds.includes(parseObjectKey(key)?.kind ?? '')).sort();
}

/** Flips a bit, cuts short or removes. */
function damage(repo: Repo, key: string, how: number): void {
  const bytes = repo.objects.objects.get(key);
  if (!bytes) return;
  if (how % 3 === 0) repo.objects.objects.delete(key);
  else if (how % 3 === 1) repo.objects.objects.set(key, bytes.subarray(0, how % bytes.length));
  else {
    const copy = Buffer.from(bytes);
    copy[how % copy.length]! ^= 1 << (how % 8);
    repo.objects.objects.set(key, copy);
  }
}

/** Ids of the packs that a full check finds bad, as they would be on record. */
async function foundBad(repo: Repo): Promise<Set<string>> {
  const { problems } = await checkRepository(repo, { readData: 'all' });
  return new Set(problems.flatMap(({ kind, object }) => (kind === 'pack' ? [parseObjectKey(object)?.id ?? ''] : [])));
}

/** A new copy is whole: it restores to what is there, and a full check finds nothing that hits it. */
async function expectWhole(repo: Repo, source: MemorySource, snapshot: Snapshot): Promise<void> {
  expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
  const { problems } = await checkRepository(repo, { readData: 'all' });
  expect(problems.filter(({ snapshots }) => snapshots.includes(snapshot.id))).toEqual([]);
}

/** Files of a snapshot that have content in one of these packs. */
async function filesIn(repo: Repo, snapshot: Snapshot, packs: ReadonlySet<string>): Promise<string[]> {
  const found = new Set<string>();
  // Every segment: a large object is read again whole, whichever of them is hit.
  for await (const { entries } of (await openSnapshot(repo, snapshot)).parts()) {
    for (const { key, chunks } of entries)
      if (chunks.some(({ frame }) => packs.has(frame.pack.id))) found.add(key.toString('latin1'));
  }
  return [...found].sort();
}

const change = fc.record({
  name: fc.oneof(
    fc.nat(45).map((i) => `small-${i}`),
    fc.nat(9).map((i) => `medium-${i}`),
    fc.constant('large'),
  ),
  size: fc.constantFrom(-1, 0, 300, 20_000),
});

function apply(source: MemorySource, changes: { name: string; size: number }[]): void {
  for (const { name, size } of changes) {
    if (size < 0) source.remove(name);
    else source.file(name, randomBytes(size));
  }
}

describe('after damage', () => {
  test('that is on record, the next copy is whole, whatever is damaged and whatever changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 }),
        fc.array(change, { maxLength: 6 }),
        async (hits, changes) => {
          const { repo, source } = await twoSnapshots();
          const keys = stored(repo, 'pack', 'part', 'root');
          for (const [at, how] of hits) damage(repo, keys[at % keys.length]!, how);
          const damagedPacks = await foundBad(repo);
          apply(source, changes);
          const { snapshot } = await backUp(repo, source.driver, { limits, damagedPacks });
          await expectWhole(repo, source, snapshot);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('that nobody has recorded, no backup fails, and the one after the record is whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 }),
        fc.array(change, { maxLength: 10 }),
        async (hits, changes) => {
          const { repo, source } = await twoSnapshots();
          const keys = stored(repo, 'pack', 'part', 'root');
          for (const [at, how] of hits) damage(repo, keys[at % keys.length]!, how);
          apply(source, changes);
          await backUp(repo, source.driver, { limits });
          const { snapshot } = await backUp(repo, source.driver, { limits, damagedPacks: await foundBad(repo) });
          await expectWhole(repo, source, snapshot);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('of a pack, what lies in it is read again and nothing else, and the count says so', async () => {
    const { repo, source, snapshot: parent } = await twoSnapshots();
    for (const key of stored(repo, 'pack').slice(0, 2)) damage(repo, key, 0);
    const damagedPacks = await foundBad(repo);
    const lost = await filesIn(repo, parent, damagedPacks);
    expect(lost.length).toBeGreaterThan(0);
    const { snapshot, readAgain, damaged } = await backUp(repo, source.driver, { limits, damagedPacks });
    expect(source.opened.sort()).toEqual(lost);
    expect([readAgain, damaged]).toEqual([lost.length, []]);
    await expectWhole(repo, source, snapshot);
    expect((await readRoot(repo, snapshot)).packs.filter(({ id }) => damagedPacks.has(id))).toEqual([]);
    // With the damaged copies everything bad goes.
    await expire(repo, [parent.id]);
    source.opened = [];
    const next = await backUp(repo, source.driver, { limits, damagedPacks });
    expect([source.opened, next.readAgain, next.snapshot.totals.addedBytes]).toEqual([[], 0, 0]);
    await expectWhole(repo, source, next.snapshot);
  });

  test('a chunk is not found by its hash in a damaged pack', async () => {
    const { repo, source, snapshot: parent } = await twoSnapshots();
    const content = source.objects.get('medium-3')!.content;
    for (const key of stored(repo, 'pack')) damage(repo, key, 2);
    source.file('a-twin', content);
    const { snapshot } = await backUp(repo, source.driver, { limits, damagedPacks: await foundBad(repo) });
    await expectWhole(repo, source, snapshot);
    expect(parent.id).not.toBe(snapshot.id);
  });

  test('of a part, its range is read again, nothing else, and the damage is told', async () => {
    const { repo, source, snapshot: parent } = await twoSnapshots();
    const { parts } = await readRoot(repo, parent);
    const part = parts[Math.floor(parts.length / 2)]!;
    damage(repo, stored(repo, 'part').find((key) => key.endsWith(part.id))!, 0);
    const { snapshot, readAgain, damaged } = await backUp(repo, source.driver, { limits });
    expect(damaged).toMatchObject([{ kind: 'part', id: part.id }]);
    expect(readAgain).toBe(source.opened.length);
    expect(readAgain).toBeGreaterThan(0);
    expect(readAgain).toBeLessThanOrEqual(part.entries);
    await expectWhole(repo, source, snapshot);
  });

  test('of both copies of a root or the loss of its key, everything is read again', async () => {
    for (const hit of ['objects', 'key'] as const) {
      const { repo, source, snapshot: parent } = await twoSnapshots();
      if (hit === 'key') await repo.keys.destroy([parent.root.key]);
      else for (const object of parent.root.objects) damage(repo, object, 1);
      const { snapshot, readAgain, damaged } = await backUp(repo, source.driver, { limits });
      expect(damaged).toMatchObject([{ kind: 'root', id: parent.id }]);
      expect(readAgain).toBe(49);
      await expectWhole(repo, source, snapshot);
    }
  });

  test('of a list of parts, where there are so many, the copy is made all the same', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 1100; i++) source.file(`file-${i}`, `text ${i}`);
    const onePart = { part: { entries: 1, chunks: 1, text: 100 } };
    const { snapshot: parent } = await backUp(repo, source.driver, { limits: onePart });
    damage(repo, stored(repo, 'node')[0] ?? '', 0);
    const { snapshot, damaged, readAgain } = await backUp(repo, source.driver, { limits: onePart });
    expect(damaged).toMatchObject([{ kind: 'root', id: parent.id }]);
    expect(readAgain).toBe(1100);
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
  });

  test('survivors of a broken cluster come from the source, and the pack is told, so that the next copy is whole', async () => {
    const { repo, source } = await twoSnapshots();
    for (const key of stored(repo, 'pack')) damage(repo, key, 0);
    source.remove('small-20');
    const first = await backUp(repo, source.driver, { limits });
    expect(first.damaged.map(({ kind }) => kind)).toContain('pack');
    expect(first.readAgain).toBeGreaterThan(0);
    expect(first.notices).toEqual([]);
    const second = await backUp(repo, source.driver, { limits, damagedPacks: await foundBad(repo) });
    await expectWhole(repo, source, second.snapshot);
  });

  test('what the source does not let be read is taken from the earlier copy, as far as that is whole', async () => {
    const { repo, source, snapshot: parent } = await twoSnapshots();
    const lying = new Map<string, string[]>();
    for (const key of stored(repo, 'pack'))
      lying.set(key, await filesIn(repo, parent, new Set([parseObjectKey(key)?.id ?? ''])));
    const [pack = ''] = [...lying.keys()].sort((a, b) => lying.get(b)!.length - lying.get(a)!.length);
    const bytes = repo.objects.objects.get(pack)!;
    bytes[10]! ^= 1;
    const damagedPacks = await foundBad(repo);
    const before = await filesIn(repo, parent, damagedPacks);
    const { problems } = await checkRepository(repo, { readData: 'all' });
    const bad = new Set(problems.flatMap(({ affects }) => affects.map(({ key }) => key)));
    const whole = before.filter((name) => !bad.has(name));
    expect([bad.size > 0, whole.length > 0]).toEqual([true, true]);
    source.beforeRead = (name) => {
      throw new Error(`${name}: permission denied`);
    };
    const { snapshot, notices, readAgain } = await backUp(repo, source.driver, { limits, damagedPacks });
    expect(notices.map(({ key }) => key.toString()).sort()).toEqual(before.filter((name) => bad.has(name)));
    expect(readAgain).toBe(whole.length);
    const contents = contentsOf(source);
    for (const { key } of notices) contents.delete(key.toString());
    expect(await restored(repo, snapshot)).toEqual(contents);
  });

  test('that was undone, nothing is read again', async () => {
    const { repo, source } = await twoSnapshots();
    const [pack = ''] = stored(repo, 'pack');
    const bytes = repo.objects.objects.get(pack)!;
    repo.objects.objects.delete(pack);
    expect((await foundBad(repo)).size).toBe(1);
    repo.objects.objects.set(pack, bytes);
    const damagedPacks = await foundBad(repo);
    expect(damagedPacks.size).toBe(0);
    const { readAgain } = await backUp(repo, source.driver, { limits, damagedPacks });
    expect([source.opened, readAgain]).toEqual([[], 0]);
  });
});
