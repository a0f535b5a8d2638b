import { createCipheriv, randomBytes } from 'node:crypto';
import type { OverwritePass } from '../../ports/source-driver.ts';

/** Bytes written or compared at a time. */
export const PATTERN_BLOCK = 1024 * 1024;

const zeros = Buffer.alloc(PATTERN_BLOCK);
const ones = Buffer.alloc(PATTERN_BLOCK, 0xff);

/** The bytes of one pass over one file, from its beginning; `start` gives the same bytes every time. */
export interface Pattern {
  /** Answers the next `length` bytes (at most PATTERN_BLOCK), valid until the next call. */
  start(): (length: number) => Buffer;
}

/**
 * Random bytes come from AES-256-CTR under a key of their own, so that they need not be kept to be compared. The key is
 * never stored.
 */
export function makePattern(pattern: OverwritePass['pattern']): Pattern {
  if (pattern !== 'random') {
    const block = pattern === 'zeros' ? zeros : ones;
    return { start: () => (length) => block.subarray(0, length) };
  }
  const key = randomBytes(32);
  return {
    start: () => {
      const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
      return (length) => stream.update(zeros.subarray(0, length));
    },
  };
}
