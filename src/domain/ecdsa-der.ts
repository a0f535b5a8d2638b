import { CorruptError } from './errors.ts';

/** Bytes of r and of s on the curve P-256. */
const half = 32;

/**
 * A signature as KMS gives it, `ECDSA-Sig-Value` of RFC 3279 §2.2.3 in DER, as ES256 wants it: r‖s, 64 bytes (RFC 7518 §3.4).
 * DER integers are as short as can be and signed, so one begins with a zero byte where its first bit is set, and has fewer
 * than 32 bytes where the number is small.
 *
 * @throws CorruptError when it is no such signature
 */
export function ecdsaFromDer(der: Uint8Array): Buffer {
  const bytes = Buffer.from(der);
  if (bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) throw noSignature();
  const r = integerAt(bytes, 2);
  const s = integerAt(bytes, r.end);
  if (s.end !== bytes.length) throw noSignature();
  return Buffer.concat([r.value, s.value]);
}

/** The inverse: a signature of ES256 as X.509 and `openssl dgst -verify` have it. Takes the 64 bytes r‖s. */
export function ecdsaToDer(signature: Uint8Array): Buffer {
  const numbers = Buffer.concat([integerOf(signature.subarray(0, half)), integerOf(signature.subarray(half))]);
  return Buffer.concat([Buffer.from([0x30, numbers.length]), numbers]);
}

/** A number that is not negative: as short as can be, with a zero byte in front where its first bit is set. */
function integerOf(digits: Uint8Array): Buffer {
  const first = digits.findIndex((digit) => digit !== 0);
  const short = first < 0 ? Buffer.alloc(1) : Buffer.from(digits).subarray(first);
  const encoded = (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), short]) : short;
  return Buffer.concat([Buffer.from([0x02, encoded.length]), encoded]);
}

function integerAt(bytes: Buffer, at: number): { value: Buffer; end: number } {
  const length = bytes[at + 1];
  if (bytes[at] !== 0x02 || length === undefined || length === 0) throw noSignature();
  const end = at + 2 + length;
  const encoded = bytes.subarray(at + 2, end);
  const digits = encoded[0] === 0 ? encoded.subarray(1) : encoded;
  const negative = encoded[0] !== undefined && encoded[0] >= 0x80;
  if (encoded.length < length || negative || digits.length > half) throw noSignature();
  return { value: Buffer.concat([Buffer.alloc(half - digits.length), digits]), end };
}

function noSignature(): CorruptError {
  return new CorruptError('the signature is no ECDSA signature on P-256', {
    hint: 'The signing key must be of the kind ECC_NIST_P256 for SIGN_VERIFY.',
  });
}
