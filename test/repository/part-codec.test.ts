import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptError, InvalidError } from '../../src/domain/errors.ts';
import { ByteWriter } from '../../src/repository/byte-writer.ts';
import { writeColumn } from '../../src/repository/columns.ts';
import type { Entry } from '../../src/repository/model.ts';
import { openPart, partMerkle, sealPart, verifyPartMerkle } from '../../src/repository/part.ts';
import { decodePart, encodePart } from '../../src/repository/part-codec.ts';
import { deriveSourceSecrets } from '../../src/repository/secrets.ts';
import { bytes, fileEntry, partEntries } from './arbitrary-entries.ts';

const context = {
  scope: { tenant: 'acme', source: 'files' },
  secrets: deriveSourceSecrets(Buffer.alloc(32, 5)),
  intent: '0123456789abcdef0123',
  attempt: '1',
};

/** A part's plaintext with one more column at its end. */
function withColumn(plaintext: Buffer, id: number, critical: boolean, content: Buffer): Buffer {
  const out = new ByteWriter();
  out.bytes(plaintext);
  writeColumn(out, id, critical, content);
  return out.toBuffer();
}

describe('part codec', () => {
  it('decodes to the entries that were encoded, and these encode to the same bytes', () => {
    fc.assert(
      fc.property(partEntries, (entries) => {
        const plaintext = encodePart(entries);
        const decoded = decodePart(plaintext);
        expect(decoded).toEqual(entries);
        expect(encodePart(decoded).equals(plaintext)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('chunks of one frame share its record after decoding, and frames of one pack the pack', () => {
    fc.assert(
      fc.property(partEntries, (entries) => {
        const frames = new Map<string, unknown>();
        const packs = new Map<string, unknown>();
        for (const entry of decodePart(encodePart(entries))) {
          if ('erased' in entry) continue;
          for (const { frame } of entry.chunks) {
            const place = `${frame.pack.id}:${frame.offset}`;
            expect(frames.get(place) ?? frame).toBe(frame);
            expect(packs.get(frame.pack.id) ?? frame.pack).toBe(frame.pack);
            frames.set(place, frame);
            packs.set(frame.pack.id, frame.pack);
          }
        }
      }),
    );
  });

  it('any altered plaintext is refused or gives a well-formed part, and never another fault', () => {
    fc.assert(
      fc.property(partEntries, fc.nat(), fc.nat(255), (entries, at, value) => {
        const plaintext = encodePart(entries);
        const altered = Buffer.from(plaintext);
        altered[at % altered.length] = value;
        try {
          encodePart(decodePart(altered));
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('any truncated plaintext is refused', () => {
    fc.assert(
      fc.property(partEntries, fc.double({ min: 0, max: 0.999, noNaN: true }), (entries, share) => {
        const plaintext = encodePart(entries);
        expect(() => decodePart(plaintext.subarray(0, Math.floor(plaintext.length * share)))).toThrow(CorruptError);
      }),
    );
  });

  it('holds a part without entries', () => {
    expect(decodePart(encodePart([]))).toEqual([]);
  });

  it('keeps an optional column of a later version through rewriting', () => {
    const plaintext = encodePart([fileEntry('a'), fileEntry('b'), fileEntry('c')]);
    const later = withColumn(plaintext, 99, false, Buffer.from([3, 0, 1, 0xca, 0xfe]));
    const decoded = decodePart(later) as Entry[];
    expect(decoded.map((entry) => entry.extensions?.get(99)?.toString('hex'))).toEqual(['cafe', undefined, '']);
    expect(encodePart(decoded).equals(later)).toBe(true);
  });

  it('refuses a column of a later version that must be understood, and says what to do', () => {
    const later = withColumn(encodePart([fileEntry('a')]), 99, true, Buffer.from([0]));
    expect(() => decodePart(later)).toThrow('column 99 that must be understood');
    try {
      decodePart(later);
    } catch (error) {
      expect((error as CorruptError).hint).toContain('later version');
    }
  });

  it('refuses another version', () => {
    const later = encodePart([]);
    later[0] = 2;
    expect(() => decodePart(later)).toThrow('version 2; this program knows 1');
  });

  it('refuses entries out of order, twice, too long, or in a pack that is still open', () => {
    expect(() => encodePart([fileEntry('b'), fileEntry('a')])).toThrow(InvalidError);
    expect(() => encodePart([fileEntry('a'), fileEntry('a')])).toThrow(InvalidError);
    expect(() => encodePart([fileEntry('ab'), fileEntry('a')])).toThrow(InvalidError);
    expect(() => encodePart([fileEntry('a', { segment: 1 }), fileEntry('a')])).toThrow(InvalidError);
    expect(() => encodePart([fileEntry('x'.repeat(70_000))])).toThrow('over the cap');
    const pack = { id: `${context.intent}/1/${context.intent}`, length: 99, sha256: Buffer.alloc(0) };
    const frame = {
      pack,
      offset: 0,
      length: 20,
      plainLength: 4,
      codec: 'raw' as const,
      key: Buffer.alloc(32),
      slots: 1,
    };
    const open = fileEntry('a', { chunks: [{ hash: Buffer.alloc(32), length: 4, frame, offset: 0 }] });
    expect(() => encodePart([open])).toThrow('not closed');
    pack.sha256 = Buffer.alloc(32);
    expect(decodePart(encodePart([open]))).toEqual([open]);
    expect(() => encodePart([{ ...open, chunks: [{ ...open.chunks[0]!, offset: 1 }] }])).toThrow(
      'passes the end of its frame',
    );
    frame.offset = 90;
    expect(() => encodePart([open])).toThrow('outside its pack');
  });

  it('refuses a frame outside its pack and a chunk outside its frame when reading too', () => {
    const pack = { id: `${context.intent}/1/${context.intent}`, length: 99, sha256: Buffer.alloc(32) };
    const frame = {
      pack,
      offset: 0,
      length: 70,
      plainLength: 4,
      codec: 'raw' as const,
      key: Buffer.alloc(32),
      slots: 1,
    };
    const plaintext = encodePart([
      fileEntry('a', { chunks: [{ hash: Buffer.alloc(32), length: 4, frame, offset: 0 }] }),
    ]);
    // The message ends with column 33 (39 bytes), the head of column 34 (3) and its content (4 numbers and a hash).
    const altered = (at: number, value: number): Buffer => Buffer.from(plaintext.with(at, value));
    expect(() => decodePart(altered(plaintext.length - 33, 1))).toThrow('passes the end of its frame');
    expect(() => decodePart(altered(plaintext.length - 34, 2))).toThrow('a frame that it does not list');
    expect(() => decodePart(altered(plaintext.length - 36 - 3 - 39 + 2, 60))).toThrow('outside its pack');
    expect(() => decodePart(altered(plaintext.length - 36 - 3 - 39 + 1, 2))).toThrow('outside its pack');
  });

  it.each<[string, Partial<Entry>]>([
    ['link target', { linkTarget: Buffer.alloc(65_536) }],
    ['extension', { extensions: new Map([[64, Buffer.alloc(65_536)]]) }],
    ['value of a header', { headers: { a: 'x'.repeat(65_536) } }],
    ['256 headers', { headers: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`h${i}`, ''])) }],
    ['owner', { owner: 'x'.repeat(1025) }],
    ['ETag', { etag: 'x'.repeat(1025) }],
    ['4095', { mode: 0o10000 }],
    ['64 bits', { mtimeNs: 1n << 63n }],
    ['salt', { salt: Buffer.alloc(15) }],
  ])('writes nothing that it could not read again: %s', (message, overrides) => {
    expect(() => encodePart([fileEntry('a', overrides)])).toThrow(InvalidError);
    expect(() => encodePart([fileEntry('a', overrides)])).toThrow(message.replace('256 headers', '257 headers'));
  });
});

describe('sealed parts', () => {
  it('open to what was sealed, with matching bounds and Merkle root', () => {
    fc.assert(
      fc.property(partEntries, (entries) => {
        const { ref, bytes: stored } = sealPart(entries, context);
        expect(ref.length).toBe(stored.length);
        expect(ref.entries).toBe(entries.length);
        const opened = openPart(stored, ref, context.scope);
        expect(opened).toEqual(entries);
        expect(verifyPartMerkle(opened, ref)).toBe(true);
      }),
    );
  });

  it('every flipped byte is found, also when the digest was made to fit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const { ref, bytes: stored } = sealPart([fileEntry('a'), fileEntry('b')], context);
        const altered = Buffer.from(stored);
        altered[at % altered.length]! ^= flip;
        expect(() => openPart(altered, ref, context.scope)).toThrow('does not match its digest');
      }),
    );
    const { ref, bytes: stored } = sealPart([fileEntry('a')], context);
    expect(() => openPart(stored, ref, { tenant: 'acme', source: 'other' })).toThrow(CorruptError);
    expect(() => openPart(stored, { ...ref, entries: 2 }, context.scope)).toThrow('1 entries instead of 2');
    expect(() => openPart(stored.subarray(1), ref, context.scope)).toThrow(CorruptError);
  });

  it('erasing entries leaves the Merkle root as it was and nothing of them but the leaf', () => {
    fc.assert(
      fc.property(partEntries, fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }), (entries, gone) => {
        const before = sealPart(entries, context);
        const rest = eraseSome(entries, gone);
        const after = sealPart(rest, context);
        expect(after.ref.merkle).toEqual(before.ref.merkle);
        expect(after.ref.entries).toBe(before.ref.entries);
        expect(openPart(after.bytes, after.ref, context.scope)).toEqual(rest);
      }),
    );
  });
});

describe('leaves', () => {
  const base = fileEntry('a', {
    linkTarget: Buffer.from('x'),
    headers: { a: 'b' },
    etag: 'e',
    extensions: new Map([[64, Buffer.from('y')]]),
  });
  const leaf = (overrides: Partial<Entry>): string => partMerkle([{ ...base, ...overrides }]).toString('hex');

  it.each<[string, Partial<Entry>]>([
    ['key', { key: Buffer.from('b') }],
    ['segment', { segment: 1 }],
    ['type', { type: 'symlink' }],
    ['size', { size: 1 }],
    ['mtime', { mtimeNs: base.mtimeNs + 1n }],
    ['ctime', { ctimeNs: base.ctimeNs + 1n }],
    ['inode', { inode: 43n }],
    ['device', { device: 2n }],
    ['links', { links: 2 }],
    ['mode', { mode: 0o600 }],
    ['uid', { uid: 1 }],
    ['gid', { gid: 1 }],
    ['owner', { owner: 'eva' }],
    ['group', { group: 'eva' }],
    ['link target', { linkTarget: Buffer.from('z') }],
    ['headers', { headers: { a: 'c' } }],
    ['etag', { etag: 'f' }],
    ['racy', { racy: true }],
    ['salt', { salt: Buffer.alloc(16, 8) }],
    ['extension', { extensions: new Map([[64, Buffer.from('z')]]) }],
  ])('another %s gives another leaf', (_name, overrides) => {
    expect(leaf(overrides)).not.toBe(leaf({}));
  });

  it('depend on the content of chunks, not on where their frames lie', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), fc.nat(1000), (hash, key, offset) => {
        const pack = (id: string) => ({ id, length: 5000, sha256: hash });
        const frame = { pack: pack('a'), offset, length: 99, plainLength: 80, codec: 'raw' as const, key, slots: 1 };
        const moved = { ...frame, pack: pack('b'), offset: offset + 1, key: hash, slots: 2, codec: 'zstd' as const };
        const of = (at: typeof frame | typeof moved, chunkHash: Buffer, inFrame: number): string =>
          leaf({ chunks: [{ hash: chunkHash, length: 10, frame: at, offset: inFrame }] });
        expect(of(moved, hash, 7)).toBe(of(frame, hash, 0));
        if (!hash.equals(key)) expect(of(frame, key, 0)).not.toBe(of(frame, hash, 0));
      }),
    );
  });
});

function eraseSome(entries: ReturnType<typeof decodePart>, gone: boolean[]): ReturnType<typeof decodePart> {
  return entries.map((entry, i) =>
    gone[i] && !('erased' in entry) ? { erased: true, leaf: partMerkle([entry]) } : entry,
  );
}
