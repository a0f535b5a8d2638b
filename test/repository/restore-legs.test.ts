import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { type RestoreCursor, type RestoreReport, restoreSnapshot } from '../../src/repository/restore.ts';
import { backUp, memoryRepository, restored } from './engine.ts';
import { type MemorySource, type MemoryTarget, memorySource, memoryTarget } from './memory-source.ts';

/** Restores in legs, each told to stop when it asks for the n-th time, with another cursor's journey through JSON between them. */
async function inLegs(
  repo: Repository,
  snapshot: Snapshot,
  target: MemoryTarget,
  asks: () => number,
): Promise<{ legs: RestoreReport[]; total: { objects: number; bytes: number; damaged: number } }> {
  const legs: RestoreReport[] = [];
  const total = { objects: 0, bytes: 0, damaged: 0 };
  for (let from: RestoreCursor | undefined; ; ) {
    let left = asks();
    const report = await restoreSnapshot(repo, snapshot, target, { goOn: () => --left > 0, ...(from && { from }) });
    legs.push(report);
    total.objects += report.objects;
    total.bytes += report.bytes;
    total.damaged += report.damagedCount;
    if (report.stoppedAt === undefined) return { legs, total };
    from = JSON.parse(JSON.stringify(report.stoppedAt)) as RestoreCursor;
    if (legs.length > 20_000) throw new Error('it goes round in circles');
  }
}

function sourceOf(names: readonly string[]): MemorySource {
  const source = memorySource();
  source.directory('', { mode: 0o700 });
  for (const name of names) {
    if (name.endsWith('/')) source.directory(name, { mode: 0o750 });
    else if (name.endsWith('@')) source.symlink(name, 'a');
    else source.file(name, Buffer.from(`content of ${name}`));
  }
  return source;
}

/** Names in which one is often the beginning of another. */
const names = fc.uniqueArray(
  fc
    .array(fc.constantFrom('a', 'b', '-', '.', '/', 'ab', 'x'), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('').replaceAll(/\/+/g, '/').replace(/^\//, '')),
  { minLength: 1, maxLength: 60 },
);

/** Without names below what is a file here. */
function consistent(all: readonly string[]): string[] {
  const files = new Set(all.filter((name) => !name.endsWith('/')));
  return all.filter(
    (name) => name !== '' && !name.split('/').some((_, at, parts) => at > 0 && files.has(parts.slice(0, at).join('/'))),
  );
}

describe('a restore in legs', () => {
  test('ends as one in a single leg does, whatever each of them has time for', async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (drawn, paces) => {
        const source = sourceOf(consistent(drawn));
        const repo = await memoryRepository();
        const { snapshot } = await backUp(repo, source.driver);
        const target = memoryTarget();
        let leg = 0;
        const { legs, total } = await inLegs(repo, snapshot, target, () => paces[leg++ % paces.length] ?? 1);
        expect(target.restored).toEqual(await restored(repo, snapshot));
        expect(total).toMatchObject({ objects: source.objects.size - 1, damaged: 0 });
        expect(legs.length).toBeLessThanOrEqual(2 * source.objects.size + 2);
      }),
      { numRuns: 60 },
    );
  });

  test('crosses the parts of a manifest', async () => {
    const source = sourceOf(
      Array.from({ length: 12_000 }, (_, n) => (n % 40 === 0 ? `${n % 7}/${n}/` : `${n % 7}/${n - (n % 40)}/f${n}`)),
    );
    const repo = await memoryRepository();
    const { snapshot } = await backUp(repo, source.driver, {
      limits: { part: { entries: 1500, chunks: 100_000, text: 10_000_000 } },
    });
    const target = memoryTarget();
    const { legs, total } = await inLegs(repo, snapshot, target, () => 1700);
    expect(new Set(legs.map(({ stoppedAt }) => stoppedAt?.part)).size).toBeGreaterThan(2);
    expect(total).toMatchObject({ objects: 12_000, damaged: 0 });
    expect(target.restored).toEqual(await restored(repo, snapshot));
  });

  test('keeps files with several names together across legs', async () => {
    const source = memorySource();
    for (const key of ['a', 'b/1', 'c']) source.file(key, 'the same', { inode: 77n, links: 3 });
    const repo = await memoryRepository();
    const { snapshot } = await backUp(repo, source.driver);
    const links: string[] = [];
    const target = memoryTarget();
    const counted: MemoryTarget = {
      ...target,
      hardLink: async (key, existing) => {
        links.push(`${key} ${existing}`);
        await target.hardLink(key, existing);
      },
    };
    await inLegs(repo, snapshot, counted, () => 1);
    expect(links).toEqual(['b/1 a', 'c a']);
  });

  test('goes on within a file that is too large for one of them', async () => {
    const source = memorySource();
    const content = randomBytes(150 * 1024 * 1024 + 17);
    source.file('a', 'small');
    source.file('big', content);
    source.file('c', 'after it');
    const repo = await memoryRepository();
    const { snapshot } = await backUp(repo, source.driver);
    const target = memoryTarget();
    const { legs, total } = await inLegs(repo, snapshot, target, () => 1);
    expect(legs.filter(({ stoppedAt }) => stoppedAt?.file !== undefined).length).toBe(2);
    expect(total).toEqual({ objects: 3, bytes: content.length + 13, damaged: 0 });
    const [, restoredContent] = target.restored.get('big')?.split('|') ?? [];
    expect(Buffer.from(restoredContent ?? '', 'base64').equals(content)).toBe(true);
    expect(target.restored.size).toBe(3);
  });

  test('reports damage once, in whichever leg it is met', async () => {
    const source = sourceOf(['a', 'b', 'c', 'd/', 'd/e']);
    const repo = await memoryRepository();
    const { snapshot } = await backUp(repo, source.driver);
    for (const [key, bytes] of repo.objects.objects) if (key.includes('/pack/')) bytes[40] = (bytes[40] ?? 0) ^ 1;
    const whole = await restoreSnapshot(repo, snapshot, memoryTarget());
    const { total } = await inLegs(repo, snapshot, memoryTarget(), () => 1);
    expect(whole.damagedCount).toBeGreaterThan(0);
    expect(total.damaged).toBe(whole.damagedCount);
  });
});

test('a name that is also the beginning of another is restored into a bucket, and refused by a folder', async () => {
  const source = sourceOf(['a', 'a/b', 'a/b/c']);
  const repo = await memoryRepository();
  const { snapshot } = await backUp(repo, source.driver);
  const into = async (target: MemoryTarget) =>
    (await restoreSnapshot(repo, snapshot, target)).damaged.map(({ key }) => key);
  expect(await into({ ...memoryTarget(), flat: true })).toEqual([]);
  expect(await into(memoryTarget())).toEqual(['a/b', 'a/b/c']);
});
