import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostRequests, splitKeys } from '../../src/adapters/aws/s3-splits.ts';

/** A bucket's listing: pages of keys after any text, and how many were asked for. */
function keySpace(all: readonly string[], page = 1000) {
  const sorted = [...new Set(all)].map((key) => Buffer.from(key)).sort(Buffer.compare);
  const space = {
    keys: sorted.map((key) => key.toString()),
    requests: 0,
    list: async (after: string) => {
      space.requests++;
      const from = Buffer.from(after);
      let [low, high] = [0, sorted.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (Buffer.compare(sorted[middle]!, from) <= 0) low = middle + 1;
        else high = middle;
      }
      return { keys: space.keys.slice(low, low + page), more: low + page < sorted.length };
    },
  };
  return space;
}

/** Cuts, as the sizes of the pieces. */
async function sizes(space: ReturnType<typeof keySpace>, pieces: number): Promise<number[]> {
  const cuts = await splitKeys(space.list, pieces);
  const places = cuts.map((cut) => space.keys.indexOf(cut));
  expect(places.every((place) => place > 0)).toBe(true);
  expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
  expect(cuts.length).toBeLessThan(pieces);
  expect(space.requests).toBeLessThanOrEqual(mostRequests(pieces));
  return [...places, space.keys.length].map((place, index) => place - (places[index - 1] ?? 0));
}

const count = (n: number, keyOf: (n: number) => string): string[] =>
  Array.from({ length: n }, (_, each) => keyOf(each));
const hash = (n: number): string => createHash('md5').update(String(n)).digest('hex');

const spaces: Record<string, string[]> = {
  'a counter': count(200_000, (n) => `img/${String(n).padStart(8, '0')}.jpg`),
  hashes: count(200_000, hash),
  'one prefix that has nearly everything': [
    ...count(3000, (n) => `aaa/${n}`),
    ...count(200_000, (n) => `logs/2024/${String(1 + (n % 12)).padStart(2, '0')}/${n}`),
    ...count(20, (n) => `zzz/${n}`),
  ],
  'names of all alphabets': count(150_000, (n) => `${['ñandú', '日本', '😀x', '\uffee', 'plain'][n % 5]}/${n}`),
  'prefixes that double': count(150_000, (n) => `${'x'.repeat(Math.log2(n + 1))}/${n}`),
};

describe('cuts of a key space', () => {
  it.each(Object.keys(spaces))('makes pieces of about the same size of %s', async (name) => {
    const space = keySpace(spaces[name] ?? []);
    const found = await sizes(space, 8);
    expect(found).toHaveLength(8);
    expect(Math.max(...found)).toBeLessThan((3 * space.keys.length) / 8);
  });

  it('asks for a small part of a source that is far larger than its requests', async () => {
    const space = keySpace(spaces['a counter'] ?? [], 20);
    const found = await sizes(space, 16);
    expect(space.requests * 20).toBeLessThan(space.keys.length / 10);
    expect(Math.max(...found)).toBeLessThan((3 * space.keys.length) / 16);
  });

  it('cuts nothing of what is empty, asked for one piece, or a single key', async () => {
    expect(await splitKeys(keySpace([]).list, 8)).toEqual([]);
    const one = keySpace(['a']);
    expect(await splitKeys(one.list, 1)).toEqual([]);
    expect(one.requests).toBe(0);
    expect(await splitKeys(one.list, 8)).toEqual([]);
  });

  it('keeps to keys that are there, in order, and to its requests, whatever the keys are', async () => {
    const key = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });
    const cluster = fc
      .tuple(fc.string({ maxLength: 20, unit: 'binary' }), fc.integer({ min: 1, max: 900 }))
      .map(([prefix, n]) => count(n, (each) => `${prefix}${each}`));
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { maxLength: 50 }),
        fc.array(cluster, { maxLength: 6 }),
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 1, max: 40 }),
        async (loose, clusters, pieces, page) => {
          const wellFormed = [...loose, ...clusters.flat()].filter((each) => each.isWellFormed());
          await sizes(keySpace(wellFormed, page), pieces);
        },
      ),
      { numRuns: 60 },
    );
  });
});
