import fc from 'fast-check';
import type { ChunkRef, Entry, FrameRef, PackRef, PartEntry } from '../../src/repository/model.ts';

/** Bytes of random content and fixed or bounded length. */
export const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((value) => Buffer.from(value));

const hex = (digits: number): fc.Arbitrary<string> => bytes(digits / 2).map((value) => value.toString('hex'));

export const objectId: fc.Arbitrary<string> = fc
  .tuple(hex(20), hex(20))
  .map(([intent, random]) => `${intent}/1/${random}`);

const pack: fc.Arbitrary<PackRef> = fc.record({ id: objectId, length: fc.constant(2 ** 24), sha256: bytes(32) });

/** Frames that lie in their packs, each at a place of its own. */
const frames: fc.Arbitrary<FrameRef[]> = fc
  .tuple(
    fc.uniqueArray(pack, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
    fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 23 }), { minLength: 1, maxLength: 6 }),
    bytes(32),
  )
  .map(([packs, offsets, key]) =>
    offsets.map((offset, i) => ({
      pack: packs[i % packs.length]!,
      offset,
      length: 16 + ((offset * 31) % 100_000),
      plainLength: 65_536,
      codec: i % 2 === 0 ? 'raw' : 'zstd',
      key: Buffer.from(key.map((byte) => byte ^ i)),
      slots: 1 + (i % 3),
    })),
  );

const chunk = (from: FrameRef[]): fc.Arbitrary<ChunkRef> =>
  fc.record({
    hash: bytes(32),
    length: fc.integer({ min: 0, max: 32_768 }),
    frame: fc.constantFrom(...from),
    offset: fc.integer({ min: 0, max: 32_768 }),
  });

const i64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const u53 = fc.maxSafeNat();
const name = fc.constantFrom('', 'root', 'josé', 'nobody');

/** An entry without regard to its neighbours. */
const entry = (from: FrameRef[]): fc.Arbitrary<Entry> =>
  fc
    .record(
      {
        key: fc.oneof(
          bytes(0, 12),
          fc
            .array(fc.constantFrom('a', 'b/', 'ñ', '\xff'), { maxLength: 9 })
            .map((parts) => Buffer.from(parts.join(''), 'latin1')),
        ),
        segment: fc.constantFrom(0, 0, 0, 1, 300),
        type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const),
        size: u53,
        mtimeNs: i64,
        ctimeNs: i64,
        inode: u64,
        device: u64,
        links: u53,
        mode: fc.integer({ min: 0, max: 0o7777 }),
        uid: u53,
        gid: u53,
        owner: name,
        group: name,
        linkTarget: bytes(0, 20),
        headers: fc.dictionary(
          fc.string({ unit: 'grapheme', maxLength: 8 }),
          fc.string({ unit: 'grapheme', maxLength: 8 }),
          { maxKeys: 3 },
        ),
        etag: fc.string({ unit: 'grapheme', maxLength: 10 }),
        racy: fc.boolean(),
        chunks: fc.array(chunk(from), { maxLength: 4 }),
        salt: bytes(16),
        extensions: fc.uniqueArray(fc.tuple(fc.integer({ min: 64, max: 70 }), bytes(0, 9)), {
          minLength: 1,
          maxLength: 3,
          selector: ([id]) => id,
        }),
      },
      {
        requiredKeys: [
          ...(['key', 'segment', 'type', 'size', 'mtimeNs', 'ctimeNs', 'inode', 'device', 'links', 'mode'] as const),
          ...(['uid', 'gid', 'owner', 'group', 'racy', 'chunks', 'salt'] as const),
        ],
      },
    )
    .map(({ headers, extensions, ...rest }) => ({
      ...rest,
      ...(headers && { headers: { ...headers } }),
      ...(extensions && { extensions: new Map(extensions.sort(([a], [b]) => a - b)) }),
    }));

const place = (item: Entry): string => `${item.key.toString('hex')}.${item.segment}`;

/** Entries of a part in key order, erased ones among them, sharing frames and packs. */
export const partEntries: fc.Arbitrary<PartEntry[]> = frames.chain((from) =>
  fc
    .tuple(
      fc.uniqueArray(entry(from), { maxLength: 12, selector: place }),
      fc.array(fc.tuple(fc.nat(12), bytes(32)), { maxLength: 3 }),
    )
    .map(([live, erased]) => {
      live.sort((a, b) => Buffer.compare(a.key, b.key) || a.segment - b.segment);
      const all: PartEntry[] = [...live];
      for (const [at, leaf] of erased) all.splice(Math.min(at, all.length), 0, { erased: true, leaf });
      return all;
    }),
);

/** A plain file entry, for tests by example. */
export function fileEntry(key: string, overrides: Partial<Entry> = {}): Entry {
  return {
    key: Buffer.from(key),
    segment: 0,
    type: 'file',
    size: 0,
    mtimeNs: 1_763_800_000_123_456_789n,
    ctimeNs: 1_763_800_000_987_654_321n,
    inode: 42n,
    device: 2049n,
    links: 1,
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    owner: 'ana',
    group: 'staff',
    racy: false,
    chunks: [],
    salt: Buffer.alloc(16, 7),
    ...overrides,
  };
}
