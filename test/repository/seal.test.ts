import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptError } from '../../src/domain/errors.ts';
import { frameContext, openFrame, sealFrame } from '../../src/repository/frame.ts';
import type { FrameRef } from '../../src/repository/model.ts';
import { aad, openMessage, randomKey, sealMessage } from '../../src/repository/seal.ts';
import { bytes } from './arbitrary-entries.ts';

describe('sealing', () => {
  it('opens to what was sealed, in one piece or in several', () => {
    fc.assert(
      fc.property(bytes(32), fc.array(bytes(0, 100), { minLength: 1 }), (key, pieces) => {
        const associated = aad('part', 'acme', 'files', 'x');
        const sealed = sealMessage(key, associated, pieces);
        expect(sealed).toEqual(sealMessage(key, associated, Buffer.concat(pieces)));
        expect(openMessage(key, associated, sealed)).toEqual(Buffer.concat(pieces));
      }),
    );
  });

  it('one flipped bit anywhere, another key or other associated data are found', () => {
    fc.assert(
      fc.property(bytes(0, 60), fc.nat(), fc.nat(7), (plain, at, bit) => {
        const key = Buffer.from(randomKey());
        const associated = aad('frame', 'acme', 'files');
        const sealed = sealMessage(key, associated, plain);
        const altered = Buffer.from(sealed);
        altered[at % altered.length]! ^= 1 << bit;
        expect(() => openMessage(key, associated, altered)).toThrow(CorruptError);
        expect(() => openMessage(randomKey(), associated, sealed)).toThrow(CorruptError);
        expect(() => openMessage(key, aad('part', 'acme', 'files'), sealed)).toThrow(CorruptError);
        expect(() => openMessage(key, associated, sealed.subarray(0, 15))).toThrow(CorruptError);
      }),
    );
  });

  it('no two keys are the same', () => {
    const keys = new Set(Array.from({ length: 5000 }, () => randomKey().toString('hex')));
    expect(keys.size).toBe(5000);
  });
});

describe('frames', () => {
  const context = frameContext({ tenant: 'acme', source: 'files' });
  const record = (plain: Buffer): { stored: Buffer; frame: FrameRef } => {
    const { bytes: pieces, ...sealed } = sealFrame(plain, context);
    const pack = { id: 'p', length: 0, sha256: Buffer.alloc(32) };
    return { stored: Buffer.concat(pieces), frame: { pack, offset: 0, slots: 1, ...sealed } };
  };

  it('open to their chunk, whether it shrinks or not', () => {
    const repetitive = fc
      .tuple(bytes(1, 20), fc.integer({ min: 1, max: 20_000 }))
      .map(([unit, times]) => Buffer.alloc(unit.length * times, unit));
    fc.assert(
      fc.property(fc.oneof(bytes(0, 2000), repetitive), (plain) => {
        const { stored, frame } = record(plain);
        expect(stored.length).toBe(frame.length);
        expect(stored.length).toBeLessThanOrEqual(plain.length + 16);
        expect(openFrame(stored, frame, context).equals(plain)).toBe(true);
      }),
    );
  });

  it('compress what shrinks and keep raw what does not', () => {
    expect(record(Buffer.alloc(300_000, 'text ')).frame.codec).toBe('zstd');
    expect(
      record(Buffer.from(Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 13))).frame.plainLength,
    ).toBe(300_000);
    const noise = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from(randomKey())));
    expect(record(noise).frame.codec).toBe('raw');
  });

  it('are refused when the record lies about their length, so that nothing swells without bound', () => {
    const { stored, frame } = record(Buffer.alloc(300_000));
    expect(() => openFrame(stored, { ...frame, plainLength: 299_999 }, context)).toThrow(CorruptError);
    expect(() => openFrame(stored, { ...frame, plainLength: 300_001 }, context)).toThrow(CorruptError);
    expect(() => openFrame(stored, { ...frame, plainLength: 2 ** 30 }, context)).toThrow('over the cap');
    expect(() => openFrame(stored, { ...frame, codec: 'raw' }, context)).toThrow(CorruptError);
    expect(() => openFrame(stored.subarray(1), frame, context)).toThrow(CorruptError);
    expect(() => openFrame(stored, frame, frameContext({ tenant: 'acme', source: 'other' }))).toThrow(CorruptError);
  });
});
