import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOfNs, nameOf } from '../../src/use-cases/listed-entry.ts';

describe('instants in nanoseconds', () => {
  it.each([
    [0n, '1970-01-01T00:00:00.000000000Z'],
    [1n, '1970-01-01T00:00:00.000000001Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
    [-1_000_000_000n, '1969-12-31T23:59:59.000000000Z'],
    [1_700_000_000_123_456_789n, '2023-11-14T22:13:20.123456789Z'],
  ])('%s is %s', (ns, text) => {
    expect(instantOfNs(ns)).toBe(text);
  });

  it('keep the order of time', () => {
    const ns = fc.bigInt({ min: -(10n ** 18n), max: 4n * 10n ** 18n });
    fc.assert(fc.property(ns, ns, (a, b) => instantOfNs(a) < instantOfNs(b) === a < b));
  });
});

describe('names', () => {
  it('are text, with the bytes where the text does not tell them', () => {
    expect(nameOf(Buffer.from('docs/'))).toEqual({ path: 'docs' });
    expect(nameOf(Buffer.from([0x63, 0xe9]))).toEqual({ path: 'c�', pathBytes: 'Y-k' });
  });
});
