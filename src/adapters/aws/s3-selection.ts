import type { Selection } from '../../ports/source-driver.ts';
import type { S3Location } from './s3-location.ts';

/** One chosen stretch of a bucket: a key, or all keys with a prefix. */
export interface Chosen {
  /** Whole key or prefix in the bucket. */
  prefix: string;
  /** False: this one key. */
  below: boolean;
  /** As the selection has it: relative to the source; empty is everything. */
  key: Buffer;
}

/**
 * What is selected in byte order, without what a chosen prefix covers anyway. A key that ends in `/` is that prefix, with the
 * object of exactly that name. Every other key is a name as it stands: in S3 `..` and empty segments mean nothing.
 */
export function chosenOf(selection: Selection, { prefix }: S3Location): Chosen[] {
  if ('all' in selection) return [{ prefix, below: true, key: Buffer.alloc(0) }];
  const chosen: Chosen[] = [];
  for (const key of [...selection.keys].sort(Buffer.compare)) {
    const last = chosen.at(-1);
    const covered = last && (last.key.equals(key) || (last.below && last.key.equals(key.subarray(0, last.key.length))));
    if (covered) continue;
    const below = key.length === 0 || key.at(-1) === SLASH;
    chosen.push({ prefix: prefix + key.toString(), below, key });
  }
  return chosen;
}

const SLASH = 0x2f;

/** Whether a key of the bucket is meant. */
export function isMeant({ prefix, below }: Chosen, key: string): boolean {
  return below ? key.startsWith(prefix) : key === prefix;
}
