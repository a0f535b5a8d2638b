import { describe, expect, test } from 'vitest';
import { backUpShard } from '../../src/repository/backup.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { commitBackup } from '../../src/repository/commit.ts';
import { condemnSnapshots } from '../../src/repository/condemn.ts';
import {
  destroyScopeKeys,
  forgetScope,
  inventoryCopies,
  purgeScopeObjects,
  sweepScope,
} from '../../src/repository/drop-source.ts';
import { beginBackup } from '../../src/repository/intent.ts';
import { recoverCatalog } from '../../src/repository/recover.ts';
import { sweepUnreferenced } from '../../src/repository/sweep-unreferenced.ts';
import { memoryTable } from '../memory-ports.ts';
import { backUp, expire, memoryRepository, restored } from './engine.ts';
import { Crash, mortal } from './faults.ts';
import { assertRestores, assertTidy, change, contentsOf, type Expected } from './life.ts';
import { memorySource } from './memory-source.ts';

async function history(days: number) {
  const repo = await memoryRepository();
  const source = memorySource();
  const expected: Expected = new Map();
  const ids: string[] = [];
  for (let day = 0; day < days; day++) {
    for (let i = 0; i < 20; i++) change(source, day * 100 + i * 7);
    const { snapshot } = await backUp(repo, source.driver);
    expected.set(snapshot.id, contentsOf(source));
    ids.push(snapshot.id);
  }
  return { repo, source, expected, ids };
}

describe('recovery of a lost catalog', () => {
  test('brings back live snapshots and no others, and life goes on', async () => {
    const { repo, source, expected, ids } = await history(6);
    const copy = new Map(repo.objects.objects);
    await expire(repo, [ids[0]!, ids[2]!, ids[3]!]);
    for (const id of [ids[0]!, ids[2]!, ids[3]!]) expected.delete(id);
    const lost = { ...repo, table: memoryTable() };
    // Objects of expired snapshots came back with a copy of the store; their keys did not.
    for (const [key, bytes] of copy) lost.objects.objects.set(key, bytes);
    const catalog = await recoverCatalog(lost);
    expect(catalog).toMatchObject({ erased: 3, discarded: 0, damaged: [] });
    expect(catalog.snapshots.map(({ seq }) => seq)).toEqual([2, 5, 6]);
    expect(catalog.sources).toEqual([{ tenant: 'acme', source: 'files', descriptor: { tenant: { id: 'acme' } } }]);
    await assertRestores(lost, expected);
    expect((await recoverCatalog(lost)).snapshots).toEqual(catalog.snapshots);
    source.file('new', 'after the loss');
    const { snapshot } = await backUp(lost, source.driver);
    expect(snapshot.seq).toBe(7);
    expected.set(snapshot.id, contentsOf(source));
    await expire(lost, [ids[4]!]);
    expected.delete(ids[4]!);
    await sweepUnreferenced(lost, 'acme', 'files');
    await assertTidy(lost);
    await assertRestores(lost, expected);
  });

  test('takes a root that was never committed for what it is', async () => {
    const { repo, source, expected } = await history(2);
    source.file('x', 'never committed');
    const begun = await beginBackup(repo, {
      tenant: 'acme',
      source: 'files',
      cadence: 'daily',
      planDigest: 'p',
      run: 'dies',
      takenAt: repo.clock.now(),
    });
    if (begun.outcome === 'busy') throw new Error('busy');
    await backUpShard(repo, begun.intent, source.driver);
    // Dies in every call of the commit in turn; the last of them has sealed and stored the root.
    for (let call = 1; call <= 13; call++) {
      await expect(commitBackup(mortal(repo, call, false), begun.intent, {})).rejects.toThrow(Crash);
    }
    const second = await backUp({ ...repo, holder: 'later', holderAlive: () => false }, source.driver);
    expected.set(second.snapshot.id, contentsOf(source));
    const lost = { ...repo, table: memoryTable() };
    await recoverCatalog(lost);
    await assertRestores(lost, expected);
  });

  test('names roots that cannot be read and takes their other copy', async () => {
    const { repo, expected } = await history(2);
    const [first] = await listSnapshots(repo);
    repo.objects.objects.get(first!.root.objects[0]!)![3]! ^= 1;
    const lost = { ...repo, table: memoryTable() };
    const catalog = await recoverCatalog(lost);
    expect(catalog.damaged).toMatchObject([{ object: first!.root.objects[0] }]);
    await assertRestores(lost, expected);
  });
});

describe('a root that cannot be read', () => {
  test('of a snapshot that expires: its key goes, and what it alone held goes by a sweep', async () => {
    const { repo, expected, ids } = await history(3);
    const middle = (await listSnapshots(repo))[1]!;
    for (const object of middle.root.objects) repo.objects.objects.get(object)!.fill(1);
    await expire(repo, [ids[1]!]);
    expected.delete(ids[1]!);
    await assertTidy(repo);
    await assertRestores(repo, expected);
  });
});

describe('erasing a whole scope', () => {
  test('leaves no object, no key and no row, and nothing can begin meanwhile', async () => {
    const { repo, source } = await history(3);
    const inventory = await inventoryCopies(repo, { tenant: 'acme' });
    expect(inventory).toMatchObject({
      snapshots: [{ source: 'files' }, { source: 'files' }, { source: 'files' }],
      storedObjects: repo.objects.objects.size,
    });
    expect(inventory.keys).toContain('tenant/acme');
    const begun = await beginBackup(repo, {
      tenant: 'acme',
      source: 'files',
      cadence: 'daily',
      planDigest: 'p',
      run: 'running',
      takenAt: repo.clock.now(),
    });
    if (begun.outcome === 'busy') throw new Error('busy');
    const [snapshot] = await listSnapshots(repo);
    await purgeScopeObjects(repo, { tenant: 'acme', source: 'files' });
    await expect(backUpShard(repo, begun.intent, source.driver)).rejects.toMatchObject({ code: 'conflict' });
    await expect(backUp(repo, source.driver)).rejects.toMatchObject({ code: 'blocked' });
    await expect(restored(repo, snapshot!)).rejects.toMatchObject({ code: 'not-found' });
    for (let twice = 0; twice < 2; twice++) {
      expect(await destroyScopeKeys(repo, { tenant: 'acme' })).toMatchObject({ outcome: 'destroyed', refused: [] });
      await purgeScopeObjects(repo, { tenant: 'acme' });
    }
    expect(await sweepScope(repo, { tenant: 'acme' })).toEqual({ objects: [], keys: [] });
    await forgetScope(repo, { tenant: 'acme' });
    expect([...repo.table.rows.keys()]).toEqual([]);
    expect([...repo.keys.keys.keys()]).toEqual([]);
  });

  test('of one source leaves the other, whose name begins alike', async () => {
    const { repo, source, expected } = await history(2);
    const request = {
      tenant: 'acme',
      source: 'files-2',
      cadence: 'daily',
      planDigest: 'p',
      takenAt: repo.clock.now(),
    } as const;
    const begun = await beginBackup(repo, { ...request, run: 'other' });
    if (begun.outcome === 'busy') throw new Error('busy');
    await backUpShard(repo, begun.intent, source.driver);
    const other = await commitBackup(repo, begun.intent, {});
    await destroyScopeKeys(repo, { tenant: 'acme', source: 'files-2' });
    await purgeScopeObjects(repo, { tenant: 'acme', source: 'files-2' });
    expect(await sweepScope(repo, { tenant: 'acme', source: 'files-2' })).toEqual({ objects: [], keys: [] });
    await forgetScope(repo, { tenant: 'acme', source: 'files-2' });
    await expect(restored(repo, other)).rejects.toMatchObject({ code: 'not-found' });
    await assertRestores(repo, expected);
  });
});

describe('condemning', () => {
  test('tells an unknown id and may be repeated', async () => {
    const { repo, ids } = await history(1);
    await expect(condemnSnapshots(repo, 'acme', 'files', ['f'.repeat(20)], { reason: 'r' })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await condemnSnapshots(repo, 'acme', 'files', ids, { reason: 'r' })).toEqual({ outcome: 'condemned', ids });
    expect(await condemnSnapshots(repo, 'acme', 'files', ids, { reason: 'r' })).toEqual({
      outcome: 'condemned',
      ids: [],
    });
  });
});
