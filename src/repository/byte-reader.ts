import { CorruptError } from '../domain/errors.ts';

/** Largest integer that fits a u53 varint: JavaScript's safe integers. */
const MAX_U53 = Number.MAX_SAFE_INTEGER;

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

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
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
