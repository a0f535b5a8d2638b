/*
 * DER (ITU-T X.690), as much of it as a certificate request needs. What reads DER from elsewhere is the platform's.
 */

/** One element: tag, length in its shortest form, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const digits = body.length < 0x100 ? [body.length] : [body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length, ...digits]), body]);
}

export const derSequence = (...items: readonly Uint8Array[]): Buffer => der(0x30, ...items);
export const derSet = (...items: readonly Uint8Array[]): Buffer => der(0x31, ...items);
export const derOctets = (content: Uint8Array): Buffer => der(0x04, content);
export const derTrue: Buffer = der(0x01, Buffer.from([0xff]));

/** A number that is not negative, big-endian: as short as can be, with a zero byte in front where its first bit is set. */
export function derInteger(digits: Uint8Array): Buffer {
  const first = digits.findIndex((digit) => digit !== 0);
  const short = first < 0 ? Buffer.alloc(1) : Buffer.from(digits).subarray(first);
  return der(0x02, ...((short[0] ?? 0) >= 0x80 ? [Buffer.alloc(1), short] : [short]));
}

/** Bits, the last `unused` of them not counted. */
export function derBits(content: Uint8Array, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), content);
}

/** An object identifier such as `1.2.840.10045.4.3.2`. */
export function derOid(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f));
  return digits;
}

/** Seconds in UTC: UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
export function derTime(at: string): Buffer {
  const digits = `${at.slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return Number(at.slice(0, 4)) < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}
