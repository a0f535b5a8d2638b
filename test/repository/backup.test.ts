import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { getSnapshot, listSnapshots } from '../../src/repository/chain.ts';
import { backUp, expire, memoryRepository, restored } from './engine.ts';
import { contentsOf, memorySource } from './memory-source.ts';

describe('a backup', () => {
  test('restores to exactly what was there, small, large and empty files, links and folders', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    source.directory('');
    source.directory('a/');
    source.directory('empty/');
    for (let i = 0; i < 300; i++) source.file(`a/small-${i}`, `content ${i % 40} `.repeat(i));
    source.file('a/large', randomBytes(5 * 1024 * 1024));
    source.file('a/text', 'all work and no play\n'.repeat(200_000));
    source.file('zero', '');
    source.file('name-\xff\xfe', 'not UTF-8');
    source.symlink('link', '../elsewhere');
    const { snapshot, notices } = await backUp(repo, source.driver);
    expect(notices).toEqual([]);
    expect(snapshot).toMatchObject({ seq: 1, status: 'live', totals: { objects: 307 - 1 + 1, files: 304 } });
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
  });

  test('of nothing new reads nothing and stores a root only', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 100; i++) source.file(`f${i}`, randomBytes(30_000));
    await backUp(repo, source.driver);
    const before = new Set(repo.objects.objects.keys());
    source.opened = [];
    const { snapshot } = await backUp(repo, source.driver);
    expect(source.opened).toEqual([]);
    const added = [...repo.objects.objects.keys()].filter((key) => !before.has(key));
    expect(added.map((key) => key.split('/')[3])).toEqual(['root', 'root']);
    expect(snapshot.totals.addedBytes).toBe(0);
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
  });

  test('reads only what changed, and keeps earlier snapshots as they were', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 200; i++) source.file(`f${i}`, `content ${i} `.repeat(100));
    const first = await backUp(repo, source.driver);
    const was = contentsOf(source);
    source.opened = [];
    source.file('f7', 'changed');
    source.remove('f8');
    source.file('new', 'new');
    const second = await backUp(repo, source.driver);
    expect(source.opened.sort()).toEqual(['f7', 'new']);
    expect(await restored(repo, first.snapshot)).toEqual(was);
    expect(await restored(repo, second.snapshot)).toEqual(contentsOf(source));
  });

  test('finds content of the parent under a new name', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    const content = randomBytes(3_000_000);
    source.file('z', content);
    await backUp(repo, source.driver);
    source.remove('z');
    source.file('a', content);
    const { snapshot } = await backUp(repo, source.driver);
    expect(snapshot.totals.addedBytes).toBeLessThan(5_000);
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
  });

  test('reads a racy file again next time', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    source.file('f', 'one');
    source.racy = true;
    await backUp(repo, source.driver);
    source.racy = false;
    source.opened = [];
    await backUp(repo, source.driver);
    await backUp(repo, source.driver);
    expect(source.opened).toEqual(['f']);
  });

  test('reports a file that changes each time, and one that vanishes', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    source.file('busy', 'x');
    source.file('gone', 'x');
    source.file('stays', 'x');
    const { driver } = source;
    const open = driver.open.bind(driver);
    let reads = 0;
    driver.open = async (entry) => {
      const name = entry.key.toString();
      if (name === 'gone') source.remove('gone');
      const opened = await open(entry);
      if (name === 'busy') source.file('busy', `changed ${reads++}`);
      return opened;
    };
    const { snapshot, notices } = await backUp(repo, driver);
    expect(notices.map(({ key, kind }) => [key.toString(), kind])).toEqual([
      ['busy', 'changed-while-read'],
      ['gone', 'vanished'],
    ]);
    expect(reads).toBe(3);
    expect([...(await restored(repo, snapshot)).keys()]).toEqual(['busy', 'stays']);
  });

  test('of an empty source is a snapshot of nothing', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    const { snapshot } = await backUp(repo, source.driver);
    expect(snapshot.totals).toMatchObject({ objects: 0, files: 0, bytes: 0 });
    expect(await restored(repo, snapshot)).toEqual(new Map());
    source.file('f', 'one');
    const second = await backUp(repo, source.driver);
    expect(await restored(repo, second.snapshot)).toEqual(contentsOf(source));
  });

  test('continues a very large object in segments', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    source.file('big', randomBytes(9_000_000));
    source.file('c', 'after');
    const limits = { segmentBytes: 2_500_000 };
    const first = await backUp(repo, source.driver, { limits });
    expect(await restored(repo, first.snapshot)).toEqual(contentsOf(source));
    source.opened = [];
    const second = await backUp(repo, source.driver, { limits });
    expect(source.opened).toEqual([]);
    expect(await restored(repo, second.snapshot)).toEqual(contentsOf(source));
  });
});

describe('snapshots', () => {
  test('are found by the beginning of their id', async () => {
    const repo = await memoryRepository();
    const { snapshot } = await backUp(repo, memorySource().driver);
    expect(await getSnapshot(repo, snapshot.id.slice(0, 8))).toEqual(snapshot);
    await expect(getSnapshot(repo, 'zz')).rejects.toMatchObject({ code: 'invalid' });
    await expect(getSnapshot(repo, snapshot.id === 'f'.repeat(20) ? '0000' : 'f'.repeat(20))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test('that expire take what they alone held, and nothing else', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 20; i++) source.file(`f${i}`, randomBytes(20_000));
    const first = await backUp(repo, source.driver);
    source.file('f3', randomBytes(20_000));
    const second = await backUp(repo, source.driver);
    source.file('f4', randomBytes(20_000));
    const third = await backUp(repo, source.driver);
    const now = contentsOf(source);
    await expire(repo, [second.snapshot.id]);
    await expect(restored(repo, second.snapshot)).rejects.toMatchObject({ code: 'not-found' });
    expect(await restored(repo, third.snapshot)).toEqual(now);
    expect((await restored(repo, first.snapshot)).size).toBe(20);
    await expire(repo, [first.snapshot.id, third.snapshot.id]);
    expect([...repo.objects.objects.keys()]).toEqual([]);
    expect([...repo.keys.keys.keys()]).toEqual(['tenant/acme', 'source/acme/files']);
    expect(await listSnapshots(repo)).toEqual([]);
  });
});
