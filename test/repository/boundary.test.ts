import { describe, expect, it } from 'vitest';
import { isPartBoundary, keyBound, PartCutter } from '../../src/repository/boundary.ts';
import { deriveSourceSecrets } from '../../src/repository/secrets.ts';
import { SipHash } from '../../src/repository/siphash.ts';
import { fileEntry } from './arbitrary-entries.ts';

const secrets = deriveSourceSecrets(Buffer.alloc(32, 3));

describe('SipHash-2-4', () => {
  // Key 00 01 … 0f, input 00 01 … of growing length: vectors_sip64 of the authors' reference implementation.
  it.each([
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'],
    [63, '724506eb4c328a95'],
  ])('hashes %i bytes as its authors do', (length, expected) => {
    const sip = new SipHash(Buffer.from(Array.from({ length: 16 }, (_, i) => i)));
    sip.hash(Buffer.from(Array.from({ length }, (_, i) => i)));
    const out = Buffer.alloc(8);
    out.writeInt32LE(sip.low, 0);
    out.writeInt32LE(sip.high, 4);
    expect(out.toString('hex')).toBe(expected);
  });
});

describe('part boundaries', () => {
  const keys = Array.from({ length: 100_000 }, (_, i) => Buffer.from(`folder-${i % 100}/file-${i}`));

  it('come about once in 4,096 keys', () => {
    const found = keys.filter((key) => isPartBoundary(key, secrets)).length;
    expect(found).toBeGreaterThan(10);
    expect(found).toBeLessThan(45);
  });

  it('differ from source to source, as the bounds do', () => {
    const other = deriveSourceSecrets(Buffer.alloc(32, 4));
    const of = (of: typeof secrets): string[] => keys.filter((key) => isPartBoundary(key, of)).map(String);
    expect(of(other)).not.toEqual(of(secrets));
    expect(keyBound(keys[0]!, other)).not.toEqual(keyBound(keys[0]!, secrets));
  });

  it('are found again wherever the stream begins', () => {
    const sorted = keys.map(String).sort();
    const startsFrom = (from: number): string[] => {
      const cutter = new PartCutter(secrets);
      return sorted.slice(from).filter((key) => cutter.startsPart(fileEntry(key)));
    };
    const all = startsFrom(0);
    const later = startsFrom(sorted.indexOf(all[2]!) + 1);
    expect(later).toEqual(all.slice(3));
  });
});

describe('PartCutter', () => {
  const chunk = {
    hash: Buffer.alloc(32),
    length: 1,
    offset: 0,
    frame: {
      pack: { id: '', length: 0, sha256: Buffer.alloc(0) },
      offset: 0,
      length: 17,
      plainLength: 1,
      codec: 'raw' as const,
      key: Buffer.alloc(32),
      slots: 1,
    },
  };
  const plain = (i: number): string => `n${String(i).padStart(4, '0')}`;
  const starts = (limits: { entries: number; chunks: number; text: number }, chunks: number): number[] => {
    const cutter = new PartCutter(secrets, limits);
    const found: number[] = [];
    let n = 0;
    for (let i = 0; n < 30; i++) {
      if (isPartBoundary(Buffer.from(plain(i)), secrets)) continue;
      if (cutter.startsPart(fileEntry(plain(i), { chunks: Array(chunks).fill(chunk) }))) found.push(n);
      n++;
    }
    return found;
  };

  it('cuts before a part has too many entries, chunks or bytes of text', () => {
    expect(starts({ entries: 10, chunks: 1000, text: 100_000 }, 1)).toEqual([10, 20]);
    expect(starts({ entries: 1000, chunks: 21, text: 100_000 }, 3)).toEqual([7, 14, 21, 28]);
    expect(starts({ entries: 1000, chunks: 1000, text: 45 }, 0)).toEqual([9, 18, 27]);
  });

  it('takes one entry that passes a limit alone, and does not cut between segments for the key', () => {
    expect(starts({ entries: 1000, chunks: 2, text: 100_000 }, 3)).toEqual(Array.from({ length: 29 }, (_, i) => i + 1));
    const boundary = Array.from({ length: 20_000 }, (_, i) => plain(i)).find((key) =>
      isPartBoundary(Buffer.from(key), secrets),
    )!;
    const cutter = new PartCutter(secrets);
    expect(cutter.startsPart(fileEntry('a'))).toBe(false);
    expect(cutter.startsPart(fileEntry(boundary))).toBe(true);
    expect(cutter.startsPart(fileEntry(boundary, { segment: 1 }))).toBe(false);
  });
});
