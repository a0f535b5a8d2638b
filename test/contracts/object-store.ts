import { describe, expect, it } from 'vitest';
import type { ObjectInfo, ObjectStore } from '../../src/ports/object-store.ts';

const all = async (listing: AsyncIterable<ObjectInfo>): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of listing) keys.push(key);
  return keys;
};

/**
 * What every `ObjectStore` must do.
 *
 * @param open gives an empty store each time
 * @param options `locks`: whether the store can lock objects (then until 2999 is still locked); `skip`: titles of cases that what
 *   stands behind an adapter cannot pass, each with the reason
 */
export function describeObjectStore(
  name: string,
  open: () => Promise<ObjectStore>,
  { locks = false, skip = {} }: { locks?: boolean; skip?: Record<string, string> } = {},
): void {
  const test = (title: string, run: () => Promise<void>) => {
    const reason = skip[title];
    if (reason === undefined) it(title, run);
    else it.skip(`${title} (${reason})`, run);
  };

  describe(`${name} keeps the contract of ObjectStore`, () => {
    test('answers absence as the port says', async () => {
      const store = await open();
      expect(await store.head('v1/none')).toBeUndefined();
      await expect(store.get('v1/none')).rejects.toMatchObject({ name: 'NotFoundError' });
      await expect(store.get('v1/none', { offset: 0, length: 0 })).rejects.toMatchObject({ name: 'NotFoundError' });
      expect(await all(store.list('v1/'))).toEqual([]);
      expect(await store.purge(['v1/none'])).toEqual([]);
    });

    test('gives back what was put, whole and by range', async () => {
      const store = await open();
      const data = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 251));
      await store.put('v1/t/s/pack/x', data);
      expect((await store.get('v1/t/s/pack/x')).equals(data)).toBe(true);
      expect(await store.get('v1/t/s/pack/x', { offset: 65_000, length: 5_000 })).toEqual(data.subarray(65_000));
      expect(await store.get('v1/t/s/pack/x', { offset: 70_000, length: 0 })).toEqual(Buffer.alloc(0));
      const info = await store.head('v1/t/s/pack/x');
      expect(info).toMatchObject({ key: 'v1/t/s/pack/x', size: 70_000 });
      expect(info?.storedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    test('puts a list of buffers in order, also very many and none', async () => {
      const store = await open();
      const pieces = Array.from({ length: 3_000 }, (_, i) => Buffer.alloc(i % 5, i));
      await store.put('many', pieces);
      expect((await store.get('many')).equals(Buffer.concat(pieces))).toBe(true);
      await store.put('none', []);
      expect(await store.get('none')).toHaveLength(0);
    });

    test('keeps its own copy of what was put', async () => {
      const store = await open();
      const data = Buffer.from('before');
      await store.put('copy', data);
      data.fill(0);
      (await store.get('copy')).fill(0);
      expect((await store.get('copy')).toString()).toBe('before');
    });

    test('calls an object shorter than its record corrupt', async () => {
      const store = await open();
      await store.put('short', Buffer.from('12345'));
      await expect(store.get('short', { offset: 3, length: 3 })).rejects.toMatchObject({ name: 'CorruptError' });
      await expect(store.get('short', { offset: 6, length: 0 })).rejects.toMatchObject({ name: 'CorruptError' });
      await expect(store.get('short', { offset: 0, length: 2 ** 50 })).rejects.toMatchObject({ name: 'CorruptError' });
      await expect(store.get('short', { offset: -1, length: 1 })).rejects.toMatchObject({ name: 'InvalidError' });
      await expect(store.get('short', { offset: 0, length: 0.5 })).rejects.toMatchObject({ name: 'InvalidError' });
    });

    test('takes the same put again and refuses another under the same key', async () => {
      const store = await open();
      await store.put('once', Buffer.from('first'));
      await store.put('once', [Buffer.from('fi'), Buffer.from('rst')]);
      await expect(store.put('once', Buffer.from('other'))).rejects.toMatchObject({ name: 'ConflictError' });
      await expect(store.put('once', Buffer.from('first!'))).rejects.toMatchObject({ name: 'ConflictError' });
      expect((await store.get('once')).toString()).toBe('first');
    });

    test('lets exactly one of many different puts win, and leaves its bytes whole', async () => {
      const store = await open();
      const puts = Array.from({ length: 12 }, (_, i) => store.put('race/x', Buffer.alloc(50_000, i)));
      const results = await Promise.allSettled(puts);
      const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i] : []));
      expect(winners).toHaveLength(1);
      expect((await store.get('race/x')).equals(Buffer.alloc(50_000, winners[0]))).toBe(true);
      expect(await all(store.list(''))).toEqual(['race/x']);
    });

    test('lets all of many equal puts succeed', async () => {
      const store = await open();
      await Promise.all(Array.from({ length: 12 }, () => store.put('race/y', Buffer.from('same'))));
      expect(await all(store.list(''))).toEqual(['race/y']);
    });

    test('lists in byte order, by prefix, from any point', async () => {
      const store = await open();
      // "-" and "." sort before "/", digits and letters after it: a folder is not where its name alone would put it.
      const keys = ['a-b/x', 'a.b', 'a/b', 'a/b-c', 'a/b.c/z', 'a/bc/d', 'a0', 'aB', 'a_', 'ab/c', 'b'];
      for (const key of [...keys].reverse()) await store.put(key, Buffer.from(key));
      const sorted = [...keys].sort();
      expect(await all(store.list(''))).toEqual(sorted);
      for (const prefix of ['a', 'a/', 'a/b', 'a/b.', 'a/b.c/', 'ab', 'b', 'z', 'a/zz/y']) {
        expect(await all(store.list(prefix)), prefix).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }
      for (const after of ['', 'a', 'a-b/x', 'a.b', 'a/', 'a/b', 'a/b.c', 'a/b.c/z', 'a0', 'b', 'c']) {
        expect(await all(store.list('', { after })), after).toEqual(sorted.filter((key) => key > after));
        const inside = sorted.filter((key) => key.startsWith('a/') && key > after);
        expect(await all(store.list('a/', { after })), after).toEqual(inside);
      }
    });

    test('survives a purge of what a listing is about to show', async () => {
      const store = await open();
      for (const key of ['p/1/a', 'p/2/a', 'p/3/a']) await store.put(key, Buffer.from(key));
      const seen: string[] = [];
      for await (const { key } of store.list('p/')) {
        seen.push(key);
        await store.purge(['p/2/a']);
      }
      expect(seen.filter((key) => key !== 'p/2/a')).toEqual(['p/1/a', 'p/3/a']);
    });

    test('purges, may purge again, and lets the key be used anew', async () => {
      const store = await open();
      for (const key of ['d/1', 'd/2', 'd/e/3']) await store.put(key, Buffer.from(key));
      expect(await store.purge(['d/1', 'd/e/3', 'd/none'])).toEqual([]);
      expect(await store.purge(['d/1', 'd/e/3'])).toEqual([]);
      expect(await all(store.list(''))).toEqual(['d/2']);
      await store.put('d/1', Buffer.from('new'));
      expect((await store.get('d/1')).toString()).toBe('new');
      expect(await store.purge([])).toEqual([]);
    });

    test('stores beside a purge of the same folder', async () => {
      const store = await open();
      for (let round = 0; round < 20; round++) {
        await store.put(`busy/${round}/old`, Buffer.from('old'));
        await Promise.all([
          store.purge([`busy/${round}/old`]),
          ...['a', 'b', 'c'].map((key) => store.put(`busy/${round}/${key}`, Buffer.from(key))),
        ]);
        expect(await all(store.list(`busy/${round}/`))).toEqual(['a', 'b', 'c'].map((key) => `busy/${round}/${key}`));
      }
    });

    it.each([
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      'a/..',
      '../a',
      'a/./b',
      'a b',
      'ä',
      'a\\b',
      'a\0b',
      'a~',
      'x'.repeat(256),
    ])('refuses the key %j', async (key) => {
      const store = await open();
      await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject({ name: 'InvalidError' });
      await expect(store.get(key)).rejects.toMatchObject({ name: 'InvalidError' });
      await expect(store.head(key)).rejects.toMatchObject({ name: 'InvalidError' });
      await expect(store.purge([key])).rejects.toMatchObject({ name: 'InvalidError' });
    });

    it.each(['..', 'a/../b', '../', 'a b', '~tmp'])('never lists outside itself (prefix %j)', async (prefix) => {
      const store = await open();
      await store.put('a/b', Buffer.from('x'));
      expect(await all(store.list(prefix)).catch((error: Error) => error.name)).toSatisfy(
        (result) => result === 'InvalidError' || (Array.isArray(result) && result.length === 0),
      );
    });

    if (locks) describeLocks(open, test);
    else {
      test('says that it has no locks', async () => {
        const store = await open();
        await store.put('locked', Buffer.from('x'));
        const refused = expect(store.extendLock('locked', '2999-01-01T00:00:00.000Z')).rejects;
        await refused.toMatchObject({ name: 'InvalidError' });
      });
    }
  });
}

function describeLocks(
  open: () => Promise<ObjectStore>,
  test: (title: string, run: () => Promise<void>) => void,
): void {
  test('keeps a locked object, says until when, and never shortens a lock', async () => {
    const store = await open();
    await store.put('l/locked', Buffer.from('x'));
    await store.put('l/free', Buffer.from('y'));
    await store.extendLock('l/locked', '2999-01-01T00:00:00.000Z');
    await store.extendLock('l/locked', '2998-01-01T00:00:00.000Z');
    const survivors = await store.purge(['l/locked', 'l/free']);
    expect(survivors).toMatchObject([{ key: 'l/locked', until: '2999-01-01T00:00:00.000Z' }]);
    expect((await store.get('l/locked')).toString()).toBe('x');
    expect(await store.head('l/free')).toBeUndefined();
    const absent = expect(store.extendLock('l/free', '2999-01-01T00:00:00.000Z')).rejects;
    await absent.toMatchObject({ name: 'NotFoundError' });
  });
}
