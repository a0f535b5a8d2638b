import { InvalidError } from '../domain/errors.ts';

/** Largest integer that fits a u53 varint: JavaScript's safe integers. */
const MAX_U53 = Number.MAX_SAFE_INTEGER;

/** Appends bytes to a growing buffer. Integers are LEB128: seven bits a byte, lowest first, shortest form only. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 4096) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }

  /** One byte, 0–255. */
  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** Bytes as they are, without their length. */
  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** Part of a buffer, as it is. */
  slice(value: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    value.copy(this.#buffer, this.#length, start, end);
    this.#length += end - start;
  }

  /** Unsigned integer up to 2^53 − 1. A value that is none throws RangeError: a fault of the caller. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned 53-bit integer: ${value}`);
    this.#reserve(8);
    const buffer = this.#buffer;
    let at = this.#length;
    let rest = value;
    // Above 2^31 the bit operators would cut the value: divide until they fit.
    while (rest > 0x7fffffff) {
      buffer[at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.#length = at;
  }

  /** Signed integer whose zigzag form fits 53 bits: 0, −1, 1, −2 … become 0, 1, 2, 3 … */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** Length as a varint, then the bytes. */
  prefixed(value: Uint8Array): void {
    this.varint(value.length);
    this.bytes(value);
  }

  /** Length-prefixed bytes that a reader caps: InvalidError when there are more, so that nothing is written that cannot be read. */
  capped(value: Uint8Array, cap: number, name: string): void {
    if (value.length > cap) throw new InvalidError(`${name} has ${value.length} bytes, over the cap of ${cap}`);
    this.prefixed(value);
  }

  /** UTF-8, length-prefixed; with `cap` and `name` as in `capped`. */
  string(value: string, cap = MAX_U53, name = 'a text'): void {
    this.capped(Buffer.from(value, 'utf8'), cap, name);
  }

  /** Signed 64-bit integer, eight bytes, lowest first. */
  int64(value: bigint): void {
    this.#reserve(8);
    this.#buffer.writeBigInt64LE(BigInt.asIntN(64, value), this.#length);
    this.#length += 8;
  }

  /** What was written, without copying: valid until the next write or `clear`. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  toBuffer(): Buffer {
    return Buffer.from(this.view());
  }

  /** Begins anew and keeps the memory. */
  clear(): void {
    this.#length = 0;
  }
}
