import { expect } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { checkRepository } from '../../src/repository/check.ts';
import { deleteCondemnedObjects, destroyCondemnedKeys, finishCondemned } from '../../src/repository/condemned.ts';
import { clearLeftovers } from '../../src/repository/leftovers.ts';
import type { FrameRef } from '../../src/repository/model.ts';
import { objectsOf, readRoot } from '../../src/repository/read-root.ts';
import { openSnapshot } from '../../src/repository/read-snapshot.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { finishRetired } from '../../src/repository/retired.ts';
import { type memoryRepository, restored } from './engine.ts';
import { contentsOf, type MemorySource } from './memory-source.ts';

export type Memory = Awaited<ReturnType<typeof memoryRepository>>;

/** What each live snapshot must restore to. */
export type Expected = Map<string, Map<string, string>>;

/** Changes a source by a number: adds, changes, moves and removes small and large files. */
export function change(source: MemorySource, seed: number): void {
  const key = `d${seed % 3}/f${(seed * 7) % 23}`;
  const name = (seed >> 3) % 6;
  if (name === 0) source.remove(key);
  else if (name === 1) source.file(key, Buffer.alloc(17_000 + (seed % 5), `large ${seed % 11}`));
  else if (name === 2) {
    const object = source.objects.get(key);
    if (object?.entry.type !== 'file') return;
    source.remove(key);
    source.file(`${key}-moved`, object.content);
  } else if (name === 3) source.symlink(`d${seed % 3}/link${seed % 4}`, `to ${seed}`);
  else source.file(key, `small ${seed % 29} `.repeat(seed % 50));
}

/** Takes note of what a backup that may have died has committed: its contents were those of the source. */
export async function noteNew(repo: Repository, expected: Expected, contents: Map<string, string>): Promise<void> {
  const live = await listSnapshots(repo);
  for (const { id } of live) if (!expected.has(id)) expected.set(id, contents);
  const ids = new Set(live.map(({ id }) => id));
  for (const id of expected.keys()) if (!ids.has(id)) expected.delete(id);
}

/** Every live snapshot restores to exactly what was there. */
export async function assertRestores(repo: Repository, expected: Expected): Promise<void> {
  const live = await listSnapshots(repo);
  expect(live.map(({ id }) => id).sort()).toEqual([...expected.keys()].sort());
  for (const snapshot of live)
    expect(await restored(repo, snapshot), `snapshot ${snapshot.seq}`).toEqual(expected.get(snapshot.id));
}

/** Finishes what was begun, then: nothing is there but what live snapshots list, and no key but theirs. */
export async function assertTidy(repo: Memory): Promise<void> {
  await destroyCondemnedKeys(repo, 'acme', 'files');
  await deleteCondemnedObjects(repo, 'acme', 'files');
  await finishCondemned(repo, 'acme', 'files');
  await finishRetired(repo, { tenant: 'acme', source: 'files' });
  await clearLeftovers(repo, 'acme', 'files');
  const live: Snapshot[] = await listSnapshots(repo);
  const wanted = new Set<string>();
  for (const snapshot of live) {
    for (const object of [...objectsOf(await readRoot(repo, snapshot)), ...snapshot.root.objects]) wanted.add(object);
  }
  expect([...repo.objects.objects.keys()].sort()).toEqual([...wanted].sort());
  for (const snapshot of live) await assertClusters(repo, snapshot);
  expect([...repo.keys.keys.keys()].filter((ref) => !/^(tenant|source)\//.test(ref)).sort()).toEqual(
    live.map(({ root }) => root.key).sort(),
  );
  expect((await checkRepository(repo, { readData: 'all' })).problems).toEqual([]);
  const listing = [...repo.table.rows.values()].filter(({ sk }) => /^(work|condemned|retired|remainder)#/.test(sk));
  expect(listing).toEqual([]);
}

/** A snapshot that lists a cluster lists every member of it: else a deleted member would live on. */
async function assertClusters(repo: Repository, snapshot: Snapshot): Promise<void> {
  for await (const { entries } of (await openSnapshot(repo, snapshot)).parts()) {
    const listed = new Map<FrameRef, Set<number>>();
    for (const { chunks } of entries) {
      for (const { frame, offset } of chunks) listed.set(frame, (listed.get(frame) ?? new Set()).add(offset));
    }
    for (const [frame, offsets] of listed) expect(offsets.size).toBe(frame.slots);
  }
}

export { contentsOf };
