import { createHash } from 'node:crypto';
import type { SourceDriver, SourceEntry } from '../ports/source-driver.ts';
import type { Pace } from './legs.ts';

/** Bytes of a file between two looks at the clock. */
const stretch = 64 * 1024 * 1024;
const most = 1024 * 1024;

/**
 * SHA-256 of a live file, hex; `undefined` where it cannot be read, which the inventory then leaves out.
 *
 * The state of a hash cannot be kept between legs (Node has no way to take it out), so a file is read in one of them. One for
 * which the rest of a leg is too short answers `no-time`, and is the first of the next one; where even a whole leg is too
 * short for it (some 50 GB in a function of 15 minutes), its hash is left out as well.
 *
 * @param isFirst nothing else was done in this leg
 */
export async function hashFile(
  entry: SourceEntry,
  driver: SourceDriver,
  pace: Pace,
  isFirst: boolean,
): Promise<string | 'no-time' | undefined> {
  try {
    const opened = await driver.open(entry);
    try {
      const digest = createHash('sha256');
      const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(most, entry.size)));
      for (let position = 0, asked = 0; ; ) {
        const read = await opened.read(buffer, position);
        if (read === 0) return digest.digest('hex');
        digest.update(buffer.subarray(0, read));
        position += read;
        if (position - asked < stretch) continue;
        asked = position;
        if (!pace.goOn()) return isFirst ? undefined : 'no-time';
      }
    } finally {
      await opened.close();
    }
  } catch {
    return undefined;
  }
}
