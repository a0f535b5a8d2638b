import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/repository/byte-reader.ts';
import { ByteWriter } from '../../src/repository/byte-writer.ts';

function written(write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter(1);
  write(out);
  return out.toBuffer();
}

describe('bytes', () => {
  it('varints are LEB128, as the specification shows them', () => {
    expect(written((out) => out.varint(0)).toString('hex')).toBe('00');
    expect(written((out) => out.varint(127)).toString('hex')).toBe('7f');
    expect(written((out) => out.varint(300)).toString('hex')).toBe('ac02');
    expect(written((out) => out.varint(2 ** 31)).toString('hex')).toBe('8080808008');
    expect(written((out) => out.varint(Number.MAX_SAFE_INTEGER)).toString('hex')).toBe('ffffffffffffff0f');
    expect(written((out) => out.zigzag(-1)).toString('hex')).toBe('01');
    expect(written((out) => out.zigzag(1)).toString('hex')).toBe('02');
  });

  it('every sequence of values reads back as it was written', () => {
    const value = fc.oneof(
      fc.record({ type: fc.constant('varint' as const), value: fc.oneof(fc.maxSafeNat(), fc.nat(300)) }),
      fc.record({ type: fc.constant('zigzag' as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }) }),
      fc.record({ type: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
    );
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const out = new ByteWriter(1);
        for (const item of values) {
          if (item.type === 'varint') out.varint(item.value);
          else if (item.type === 'zigzag') out.zigzag(item.value);
          else out.string(item.value);
        }
        const reader = new ByteReader(out.view(), 'the test');
        for (const item of values) {
          if (item.type === 'varint') expect(reader.varint()).toBe(item.value);
          else if (item.type === 'zigzag') expect(reader.zigzag()).toBe(item.value);
          else expect(reader.string(10_000, 'a text')).toBe(item.value);
        }
        reader.end();
      }),
    );
  });

  it.each([
    ['8000', 'an integer is not in its shortest form'],
    ['ffffffffffffff1f', 'an integer is over 53 bits'],
    ['ffffffffffffffffffff', 'an integer is over 53 bits'],
    ['80', 'it ends early'],
    ['', 'it ends early'],
  ])('varint %s is refused: %s', (hex, reason) => {
    expect(() => new ByteReader(Buffer.from(hex, 'hex'), 'it all').varint()).toThrow(reason);
  });

  it('refuses a passed cap and leftover bytes', () => {
    const count = new ByteReader(Buffer.from([100]), 'x');
    expect(() => count.capped(99, 'the count')).toThrow('the count is 100, over the cap of 99');
    expect(() => new ByteReader(Buffer.from('00', 'hex'), 'x').end()).toThrow('1 bytes are left over');
    expect(() => new ByteWriter().varint(-1)).toThrow(RangeError);
    expect(() => new ByteWriter().varint(1.5)).toThrow(RangeError);
  });
});
