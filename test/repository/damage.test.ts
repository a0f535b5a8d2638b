import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRepository } from '../../src/repository/check.ts';
import { parseObjectKey } from '../../src/repository/object-names.ts';
import { restoreSnapshot } from '../../src/repository/restore.ts';
import { backUp, memoryRepository } from './engine.ts';
import { contentsOf, memorySource, memoryTarget } from './memory-source.ts';

async function twoSnapshots() {
  const repo = await memoryRepository();
  const source = memorySource();
  for (let i = 0; i < 40; i++) source.file(`small-${i}`, `text ${i} `.repeat(50 + i));
  for (let i = 0; i < 6; i++) source.file(`large-${i}`, randomBytes(40_000));
  const limits = { part: { entries: 20, chunks: 100, text: 10_000 }, packBytes: 60_000 };
  const first = await backUp(repo, source.driver, { limits });
  source.file('small-7', 'changed');
  const second = await backUp(repo, source.driver, { limits });
  return { repo, source, snapshots: [first.snapshot, second.snapshot] };
}

describe('damage', () => {
  test('of any one bit in any object is found by a full check, and only what needs it is lost', async () => {
    const { repo, source, snapshots } = await twoSnapshots();
    const contents = contentsOf(source);
    const keys = [...repo.objects.objects.keys()].sort();
    expect((await checkRepository(repo, { readData: 'all' })).problems).toEqual([]);
    await fc.assert(
      fc.asyncProperty(fc.nat(keys.length - 1), fc.nat(), fc.nat(7), async (at, byte, bit) => {
        const key = keys[at]!;
        const object = repo.objects.objects.get(key)!;
        const place = byte % object.length;
        object[place]! ^= 1 << bit;
        try {
          const report = await checkRepository(repo, { readData: 'all' });
          expect(report.problems.map((problem) => problem.object)).toEqual([key]);
          const [problem] = report.problems;
          const target = memoryTarget();
          const restored = await restoreSnapshot(repo, snapshots[1]!, target);
          const damaged = new Set(restored.damaged.map((found) => found.key));
          const whole = [...target.restored].filter(([name]) => !damaged.has(name));
          for (const [name, description] of whole) expect(description).toBe(contents.get(name));
          if (parseObjectKey(key)?.kind !== 'part') expect(whole.length + damaged.size).toBe(contents.size);
          const hit = problem!.affects
            .filter(({ snapshot }) => snapshot === snapshots[1]!.id)
            .map((found) => found.key);
          if (parseObjectKey(key)?.kind === 'pack') expect(hit.sort()).toEqual([...damaged].sort());
        } finally {
          object[place]! ^= 1 << bit;
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a missing pack is found without reading data, and names what needs it', async () => {
    const { repo, source, snapshots } = await twoSnapshots();
    const pack = [...repo.objects.objects.keys()].find((key) => parseObjectKey(key)?.kind === 'pack')!;
    repo.objects.objects.delete(pack);
    const { problems } = await checkRepository(repo, { readData: 'none' });
    expect(problems).toMatchObject([{ object: pack, kind: 'pack', reason: 'the pack is missing' }]);
    const target = memoryTarget();
    const { damaged } = await restoreSnapshot(repo, snapshots[1]!, target);
    const named = problems[0]!.affects.filter(({ snapshot }) => snapshot === snapshots[1]!.id).map(({ key }) => key);
    expect(named.sort()).toEqual(damaged.map(({ key }) => key).sort());
    expect(damaged.length).toBeGreaterThan(0);
    expect(target.restored.size).toBe(source.objects.size - damaged.length);
  });

  test('a pack that is cut short loses only what was beyond the cut', async () => {
    const { repo, source, snapshots } = await twoSnapshots();
    const pack = [...repo.objects.objects.keys()].find((key) => parseObjectKey(key)?.kind === 'pack')!;
    const bytes = repo.objects.objects.get(pack)!;
    repo.objects.objects.set(pack, bytes.subarray(0, bytes.length - 10));
    const { problems } = await checkRepository(repo, { readData: 'all' });
    expect(problems).toHaveLength(1);
    const { damaged, objects } = await restoreSnapshot(repo, snapshots[0]!, memoryTarget());
    expect(damaged.length).toBe(1);
    expect(objects).toBe(source.objects.size);
  });

  test('one bad copy of a root is found and does not matter; two do', async () => {
    const { repo, snapshots } = await twoSnapshots();
    const [one, other] = snapshots[0]!.root.objects as [string, string];
    repo.objects.objects.delete(one);
    const { problems } = await checkRepository(repo, { readData: 'none' });
    expect(problems).toMatchObject([{ object: one, kind: 'root', affectedCount: 0 }]);
    expect((await restoreSnapshot(repo, snapshots[0]!, memoryTarget())).damaged).toEqual([]);
    repo.objects.objects.delete(other);
    await expect(restoreSnapshot(repo, snapshots[0]!, memoryTarget())).rejects.toMatchObject({ code: 'corrupt' });
    expect((await checkRepository(repo, { readData: 'none' })).problems).toHaveLength(2);
  });

  test('shares of the packs make up the whole', async () => {
    const { repo } = await twoSnapshots();
    const all = await checkRepository(repo, { readData: 'all' });
    const read: string[] = [];
    for (let n = 1; n <= 3; n++) read.push(...(await checkRepository(repo, { readData: { n, t: 3 } })).packIdsRead);
    expect(read.sort()).toEqual([...all.packIdsRead].sort());
    expect(all.packsRead).toBe(all.packs);
    const chosen = await checkRepository(repo, { readData: { choose: (ids) => ids.slice(0, 1) } });
    expect(chosen.packsRead).toBe(1);
  });
});
