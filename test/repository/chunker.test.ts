import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCut, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from '../../src/repository/chunker.ts';
import { deriveSourceSecrets } from '../../src/repository/secrets.ts';
import { noise } from './noise.ts';

const { gear } = deriveSourceSecrets(Buffer.alloc(32, 1));

function cuts(data: Buffer, table = gear): number[] {
  const ends: number[] = [];
  for (let at = 0; at < data.length; ) {
    at = findCut(data, at, data.length, true, table);
    ends.push(at);
  }
  return ends;
}

/** The rule of docs/format.md, byte by byte and without any shortcut. */
function plainCut(data: Buffer, start: number): number {
  const limit = Math.min(data.length, start + MAX_CHUNK_BYTES);
  for (let p = start + MIN_CHUNK_BYTES; p < limit; p++) {
    let h = 0;
    for (let j = 0; j < 32; j++) h = (h + ((gear[data[p - 1 - j]!] as number) << j)) | 0;
    if (h >>> 13 === 0) return p;
  }
  return limit;
}

describe('chunker', () => {
  const data = noise('chunker', 24 * 1024 * 1024);

  it('cuts where the written rule says', () => {
    let start = 0;
    for (const end of cuts(data.subarray(0, 4 * 1024 * 1024))) {
      expect(end).toBe(plainCut(data.subarray(0, 4 * 1024 * 1024), start));
      start = end;
    }
  });

  it('keeps every chunk within its bounds, about 1 MiB long on average', () => {
    let start = 0;
    const ends = cuts(data);
    for (const end of ends) {
      if (end !== data.length) expect(end - start).toBeGreaterThanOrEqual(MIN_CHUNK_BYTES);
      expect(end - start).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
      start = end;
    }
    expect(data.length / ends.length).toBeGreaterThan(700 * 1024);
    expect(data.length / ends.length).toBeLessThan(1500 * 1024);
  });

  it('finds its old cuts again after an insertion at the beginning', () => {
    const hashes = (bytes: Buffer): Set<string> => {
      let start = 0;
      return new Set(
        cuts(bytes).map((end) => {
          const digest = createHash('sha256').update(bytes.subarray(start, end)).digest('hex');
          start = end;
          return digest;
        }),
      );
    };
    const before = hashes(data);
    const after = hashes(Buffer.concat([noise('inserted', 777), data]));
    const kept = [...before].filter((digest) => after.has(digest)).length;
    expect(kept).toBeGreaterThan(before.size * 0.8);
  });

  it('asks for more bytes rather than deciding early, and then decides the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: data.length }), (end) => {
        const [whole] = cuts(data) as [number];
        const early = findCut(data, 0, end, false, gear);
        expect(early).toBe(end >= whole ? whole : -1);
      }),
      { numRuns: 20 },
    );
  });

  it('a run of equal bytes ends at the largest chunk, short remains stay whole', () => {
    expect(cuts(Buffer.alloc(20 * 1024 * 1024))).toEqual([8, 16, 20].map((mib) => mib * 1024 * 1024));
    expect(cuts(data.subarray(0, MIN_CHUNK_BYTES))).toEqual([MIN_CHUNK_BYTES]);
    expect(findCut(data, 0, MIN_CHUNK_BYTES, false, gear)).toBe(-1);
  });

  it('cuts elsewhere for another source', () => {
    const other = deriveSourceSecrets(Buffer.alloc(32, 2)).gear;
    expect(cuts(data, other)).not.toEqual(cuts(data));
  });
});
