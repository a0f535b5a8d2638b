/** Objects of up to this many bytes are one chunk. */
export const ONE_CHUNK_BYTES = 1024 * 1024;
/** No chunk but the last of an object is shorter. */
export const MIN_CHUNK_BYTES = 512 * 1024;
/** No chunk is longer. */
export const MAX_CHUNK_BYTES = 8 * 1024 * 1024;

/** The gear hash forgets a byte after 32 further ones: each step shifts it one bit towards the end of the word. */
const WINDOW = 32;
/** Cut where the upper 19 bits are zero: on average every 512 KiB after the minimum, so chunks of about 1 MiB. */
const CUT_SHIFT = 13;

/**
 * End of the next chunk of `buffer`, which begins at `start`; `end` is the end of what was read so far, `isLast` says that nothing
 * follows. Returns −1 when more has to be read first: offer at least 8 MiB at a time and that does not happen.
 *
 * Content-defined chunking with a gear hash (as in FastCDC, Xia et al. 2016): with `gear[b]` a secret word per byte value,
 * `h = Σ gear[buffer[p − 1 − j]] << j` over j = 0 … 31, modulo 2^32. The chunk ends at the first p that is at least 512 KiB from its
 * start and has `h >>> 13 = 0`, at 8 MiB, or at the end of the object.
 */
export function findCut(buffer: Uint8Array, start: number, end: number, isLast: boolean, gear: Int32Array): number {
  if (end - start <= MIN_CHUNK_BYTES) return isLast ? end : -1;
  const limit = Math.min(end, start + MAX_CHUNK_BYTES);
  const cut = scan(buffer, start + MIN_CHUNK_BYTES, limit, gear);
  if (cut >= 0) return cut;
  return isLast || limit === start + MAX_CHUNK_BYTES ? limit : -1;
}

/** First p in [from, limit] at which the hash of the 32 bytes before it asks for a cut, or −1. */
function scan(buffer: Uint8Array, from: number, limit: number, gear: Int32Array): number {
  let h = 0;
  for (let p = from - WINDOW; p < from; p++) h = ((h << 1) + (gear[buffer[p] as number] as number)) | 0;
  if (h >>> CUT_SHIFT === 0) return from;
  let p = from;
  // Two bytes a turn: the second hash is computed from the one before the first, which halves the chain of dependent steps.
  for (const pairs = limit - 1; p < pairs; p += 2) {
    const first = gear[buffer[p] as number] as number;
    const second = gear[buffer[p + 1] as number] as number;
    if (((h << 1) + first) >>> CUT_SHIFT === 0) return p + 1;
    h = ((h << 2) + ((first << 1) + second)) | 0;
    if (h >>> CUT_SHIFT === 0) return p + 2;
  }
  if (p < limit) {
    h = ((h << 1) + (gear[buffer[p] as number] as number)) | 0;
    if (h >>> CUT_SHIFT === 0) return p + 1;
  }
  return -1;
}
