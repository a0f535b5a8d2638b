import { CorruptError, InvalidError } from '../domain/errors.ts';

/** Largest integer that fits a u53 varint: JavaScript's safe integers. */
const MAX_U53 = Number.MAX_SAFE_INTEGER;
const MAX_U64 = (1n << 64n) - 1n;

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

  /** Unsigned 64-bit integer. */
  varint64(value: bigint): void {
    if (value < 0n || value > MAX_U64) throw new RangeError(`not an unsigned 64-bit integer: ${value}`);
    let rest = value;
    while (rest > 0x7fn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  /** Signed integer whose zigzag form fits 53 bits: 0, −1, 1, −2 … become 0, 1, 2, 3 … */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** Signed 64-bit integer, zigzag. */
  zigzag64(value: bigint): void {
    this.varint64(value >= 0n ? value << 1n : (-value << 1n) - 1n);
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

/** Reads what a ByteWriter wrote. Every read that would pass the end, or finds a form no writer makes, throws CorruptError. */
export class ByteReader {
  readonly #buffer: Buffer;
  readonly #what: string;
  readonly #end: number;
  #at: number;

  /** `what` names the thing in errors ("part 3f…"). */
  constructor(buffer: Buffer, what: string, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#what = what;
    this.#at = start;
    this.#end = end;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  #fault(why: string): CorruptError {
    return new CorruptError(`${this.#what} cannot be read: ${why} at byte ${this.#at}`);
  }

  byte(): number {
    if (this.#at >= this.#end) throw this.#fault('it ends early');
    return this.#buffer[this.#at++] as number;
  }

  /** A view of the next bytes. */
  bytes(length: number): Buffer {
    if (length > this.#end - this.#at) throw this.#fault('it ends early');
    const start = this.#at;
    this.#at += length;
    return this.#buffer.subarray(start, this.#at);
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 128;
    do {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > MAX_U53 || scale > 2 ** 49) throw this.#fault('an integer is over 53 bits');
      scale *= 128;
    } while (byte >= 0x80);
    if (byte === 0) throw this.#fault('an integer is not in its shortest form');
    return value;
  }

  /** A varint that must not exceed `cap`; `name` says what it counts. */
  capped(cap: number, name: string): number {
    const value = this.varint();
    if (value > cap) throw this.#fault(`${name} is ${value}, over the cap of ${cap},`);
    return value;
  }

  varint64(): bigint {
    let value = 0n;
    let shift = 0n;
    let byte: number;
    do {
      byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (value > MAX_U64 || shift > 70n) throw this.#fault('an integer is over 64 bits');
    } while (byte >= 0x80);
    if (byte === 0 && shift > 7n) throw this.#fault('an integer is not in its shortest form');
    return value;
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  zigzag64(): bigint {
    const value = this.varint64();
    return value % 2n === 0n ? value / 2n : -(value + 1n) / 2n;
  }

  /** Length-prefixed bytes, at most `cap` of them. */
  prefixed(cap: number, name: string): Buffer {
    return this.bytes(this.capped(cap, name));
  }

  /** Length-prefixed UTF-8, at most `cap` bytes. */
  string(cap: number, name: string): string {
    return this.prefixed(cap, name).toString('utf8');
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.#at !== this.#end) throw this.#fault(`${this.remaining} bytes are left over`);
  }
}
