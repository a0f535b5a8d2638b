import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ecdsaFromDer, ecdsaToDer } from '../../src/domain/ecdsa-der.ts';

/** DER as RFC 3279 has it, of two numbers. */
function der(r: bigint, s: bigint): Buffer {
  const integer = (value: bigint) => {
    let hex = value.toString(16);
    if (hex.length % 2 === 1) hex = `0${hex}`;
    const digits = Buffer.from(hex, 'hex');
    const bytes = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
    return Buffer.concat([Buffer.from([0x02, bytes.length]), bytes]);
  };
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

const raw = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');

describe('a DER signature as r‖s', () => {
  it('is what the public key verifies, for whatever is signed', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = createPublicKey(privateKey);
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        const signature = ecdsaFromDer(sign('sha256', data, { key: privateKey, dsaEncoding: 'der' }));
        expect(signature).toHaveLength(64);
        expect(verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps both numbers, small ones and ones with the first bit set', () => {
    const edges = fc.constantFrom(1n, 127n, 128n, 255n, 256n, 2n ** 247n, 2n ** 248n - 1n, 2n ** 255n, 2n ** 256n - 1n);
    const number = fc.oneof(edges, fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }));
    fc.assert(
      fc.property(number, number, (r, s) => {
        expect(ecdsaFromDer(der(r, s))).toEqual(Buffer.concat([raw(r), raw(s)]));
        expect(ecdsaToDer(Buffer.concat([raw(r), raw(s)]))).toEqual(der(r, s));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what is no signature on this curve', () => {
    const good = der(2n ** 255n, 5n);
    const bad = [
      Buffer.alloc(0),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.alloc(1)]),
      Buffer.concat([Buffer.from([0x31]), good.subarray(1)]),
      der(2n ** 256n, 1n),
      Buffer.from('3006020180020101', 'hex'),
      Buffer.from('30050200020101', 'hex'),
      Buffer.from('3006020101030101', 'hex'),
    ];
    for (const bytes of bad) expect(() => ecdsaFromDer(bytes), bytes.toString('hex')).toThrow('no ECDSA signature');
  });
});
