import type { Entry } from './model.ts';
import type { SourceSecrets } from './secrets.ts';
import { SipHash } from './siphash.ts';

/** Most entries of a part, erased ones included. */
export const MAX_PART_ENTRIES = 16_384;
/** Most chunk references of a part. */
export const MAX_PART_CHUNKS = 32_768;
/** A part is cut before its keys, link targets, headers and extensions pass this many bytes together. */
export const MAX_PART_TEXT = 8 * 1024 * 1024;

/** One key in 4,096 begins a part. */
const BOUNDARY_MASK = 0xfff;

// One hasher per secret: the same few secrets serve millions of keys.
const hashers = new WeakMap<Buffer, SipHash>();

function hasherOf(key: Buffer): SipHash {
  let hasher = hashers.get(key);
  if (!hasher) {
    hasher = new SipHash(key);
    hashers.set(key, hasher);
  }
  return hasher;
}

/**
 * True when a part begins at this key: the low 12 bits of its SipHash-2-4 under the source's boundary secret are zero. It depends on
 * the key alone, so an unchanged range of keys is cut as before, whatever changes around it.
 */
export function isPartBoundary(key: Buffer, secrets: SourceSecrets): boolean {
  const hasher = hasherOf(secrets.boundary);
  hasher.hash(key);
  return (hasher.low & BOUNDARY_MASK) === 0;
}

/** Shortened hash of a key as a PartRef states its bounds: SipHash-2-4 under the bounds secret, 8 bytes, lowest first. */
export function keyBound(key: Buffer, secrets: SourceSecrets): Buffer {
  const hasher = hasherOf(secrets.bounds);
  hasher.hash(key);
  const bound = Buffer.alloc(8);
  bound.writeInt32LE(hasher.low, 0);
  bound.writeInt32LE(hasher.high, 4);
  return bound;
}

/** Bound of a part that holds nothing but erased entries. */
export const NO_BOUND: Buffer = Buffer.alloc(8);

/** Limits of a part; smaller ones serve tests. */
export interface PartLimits {
  entries: number;
  chunks: number;
  text: number;
}

const standardLimits: PartLimits = { entries: MAX_PART_ENTRIES, chunks: MAX_PART_CHUNKS, text: MAX_PART_TEXT };

/** Bytes of an entry that have no small fixed size: they count towards the text of a part. */
export function textBytes(entry: Entry): number {
  let bytes = entry.key.length + (entry.linkTarget?.length ?? 0);
  if (entry.headers) for (const [name, value] of Object.entries(entry.headers)) bytes += name.length + value.length;
  if (entry.extensions) for (const value of entry.extensions.values()) bytes += value.length;
  return bytes;
}

/**
 * Decides where a stream of entries in key order is cut into parts: at boundary keys, and before a part would pass a limit. A key of
 * several segments counts as boundary at its first one only.
 */
export class PartCutter {
  readonly #secrets: SourceSecrets;
  readonly #limits: PartLimits;
  #entries = 0;
  #chunks = 0;
  #text = 0;

  constructor(secrets: SourceSecrets, limits: PartLimits = standardLimits) {
    this.#secrets = secrets;
    this.#limits = limits;
  }

  /** Takes the next entry; true when it begins a new part. Never true for the first one (there is nothing to close yet). */
  startsPart(entry: Entry): boolean {
    const text = textBytes(entry);
    const limits = this.#limits;
    const starts =
      this.#entries > 0 &&
      (this.#entries + 1 > limits.entries ||
        this.#chunks + entry.chunks.length > limits.chunks ||
        this.#text + text > limits.text ||
        (entry.segment === 0 && isPartBoundary(entry.key, this.#secrets)));
    if (starts) this.restart();
    this.#entries++;
    this.#chunks += entry.chunks.length;
    this.#text += text;
    return starts;
  }

  /** The part so far was closed by other means, for instance because a whole part of the parent follows. */
  restart(): void {
    this.#entries = 0;
    this.#chunks = 0;
    this.#text = 0;
  }
}
