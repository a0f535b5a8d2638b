import { CorruptError, InvalidError } from '../domain/errors.ts';
import { MAX_PART_TEXT } from './boundary.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MAX_TEXT } from './leaf.ts';
import type { Entry } from './model.ts';

/** Keys of a part may take this much together; the last entry before a cut may pass the cutter's limit once. */
const MAX_KEY_BYTES = MAX_PART_TEXT + 1024 * 1024;

/** The three columns of keys: bytes shared with the previous key, length of the rest, the rest. */
export interface KeyColumns {
  shared: ByteReader;
  lengths: ByteReader;
  suffixes: ByteReader;
}

/** Writes the keys, each without what it shares with the one before. InvalidError unless (key, segment) ascends. */
export function writeKeys(
  entries: readonly Entry[],
  shared: ByteWriter,
  lengths: ByteWriter,
  suffixes: ByteWriter,
): void {
  let previous: Buffer | undefined;
  let segment = 0;
  let total = 0;
  for (const entry of entries) {
    const key = entry.key;
    total += key.length;
    if (key.length > MAX_TEXT) throw new InvalidError(`a key has ${key.length} bytes, over the cap of ${MAX_TEXT}`);
    if (total > MAX_KEY_BYTES) throw new InvalidError(`the keys of a part have over ${MAX_KEY_BYTES} bytes`);
    let common = 0;
    if (previous) {
      const most = Math.min(key.length, previous.length);
      while (common < most && key[common] === previous[common]) common++;
      if (!follows(previous, segment, common, key.length, key[common], entry.segment)) {
        throw new InvalidError('entries of a part must be in ascending order of key and segment');
      }
    }
    shared.varint(common);
    lengths.varint(key.length - common);
    suffixes.slice(key, common, key.length);
    previous = key;
    segment = entry.segment;
  }
}

/** Whether a key that shares exactly `common` bytes with `previous` comes after it. */
function follows(
  previous: Buffer,
  previousSegment: number,
  common: number,
  length: number,
  next: number | undefined,
  segment: number,
): boolean {
  if (common < previous.length) return common < length && (next as number) > (previous[common] as number);
  return length > common || segment > previousSegment;
}

/** Reads the keys into `entries`, whose segments are set already. CorruptError when order, sharing or caps are violated. */
export function readKeys(entries: Entry[], columns: KeyColumns, what: string): void {
  const count = entries.length;
  const shared = new Int32Array(count);
  const ends = new Int32Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const common = columns.shared.capped(MAX_TEXT, 'a shared length');
    const length = common + columns.lengths.capped(MAX_TEXT, 'a key length');
    if (length > MAX_TEXT) throw new CorruptError(`${what} has a key of ${length} bytes, over the cap of ${MAX_TEXT}`);
    shared[i] = common;
    total += length;
    if (total > MAX_KEY_BYTES) throw new CorruptError(`${what} has keys of over ${MAX_KEY_BYTES} bytes`);
    ends[i] = total;
  }
  // All keys of the part share one piece of memory.
  const memory = Buffer.allocUnsafeSlow(total);
  let previous: Buffer | undefined;
  let segment = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const entry = entries[i] as Entry;
    const common = shared[i] as number;
    const end = ends[i] as number;
    const suffix = columns.suffixes.bytes(end - at - common);
    if (common > (previous?.length ?? 0)) throw new CorruptError(`${what} has a key that shares more than there is`);
    if (previous && !follows(previous, segment, common, end - at, suffix[0], entry.segment)) {
      throw new CorruptError(`${what} has its keys out of order`);
    }
    if (previous) memory.set(previous.subarray(0, common), at);
    memory.set(suffix, at + common);
    entry.key = memory.subarray(at, end);
    previous = entry.key;
    segment = entry.segment;
    at = end;
  }
  columns.shared.end();
  columns.lengths.end();
  columns.suffixes.end();
}
