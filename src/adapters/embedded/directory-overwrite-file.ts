import { closeSync, fsyncSync, readSync, writeSync } from 'node:fs';
import type { LiveResult, OverwritePass } from '../../ports/source-driver.ts';
import { libc } from './directory-libc.ts';
import { makePattern, PATTERN_BLOCK, type Pattern } from './directory-pattern.ts';
import { openWritable } from './directory-pinned.ts';
import { type Stat, statOpen } from './directory-stat.ts';
import { turn } from './directory-turn.ts';

/** Bytes after which others have their turn. */
const TURN_BYTES = 64 * PATTERN_BLOCK;

/** A file whose pass is written but not yet known to be on the device. */
export interface WrittenFile {
  fd: number;
  before: Stat;
  pattern: Pattern;
}

/**
 * Writes one pass over a file and leaves it open. Throws the system's error, and an Error when the file has more than
 * `names` names by now.
 */
export async function writePass(path: Buffer, pass: OverwritePass, names: number): Promise<WrittenFile> {
  const fd = openWritable(path);
  try {
    const before = statOpen(fd);
    if (before.links > names) throw new Error('it got another name meanwhile');
    const pattern = makePattern(pass.pattern);
    const next = pattern.start();
    for (let at = 0; at < before.size; ) {
      const block = next(Math.min(PATTERN_BLOCK, before.size - at));
      for (let done = 0; done < block.length; ) done += writeSync(fd, block, done, block.length - done, at + done);
      at += block.length;
      if (at % TURN_BYTES === 0) await turn();
    }
    return { fd, before, pattern };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Brings a pass to the device and, where the pass asks for it, reads it back around the page cache and compares. Does not
 * close the file.
 *
 * @param doubt Why the medium lets nothing be proven, if so.
 * @param synced The content is on the device already.
 */
export async function concludePass(
  { fd, before, pattern }: WrittenFile,
  pass: OverwritePass,
  doubt: string | undefined,
  synced: boolean,
): Promise<Omit<LiveResult, 'key'>> {
  const bytes = before.size;
  if (!synced) fsyncSync(fd);
  if (statOpen(fd).size !== bytes) return failed(bytes, 'somebody wrote to it while it was overwritten');
  const why = doubt ?? sparseDoubt(before);
  if (!pass.verify) return { result: 'overwritten', bytes, verification: 'not-requested', ...(why && { note: why }) };
  const around = libc()?.dropPageCache(fd) === true;
  if (!(await readsBack(fd, bytes, pattern))) return failed(bytes, 'what was read back differs from what was written');
  const note = why ?? (around ? undefined : 'read back from the page cache only: attempted, not verifiable');
  if (note === undefined) return { result: 'overwritten', bytes, verification: 'verified' };
  return { result: 'overwritten', bytes, verification: 'attempted-not-verifiable', note };
}

const failed = (bytes: number, note: string): Omit<LiveResult, 'key'> => ({
  result: 'failed',
  bytes,
  verification: 'failed',
  note,
});

/** A file with fewer blocks than bytes has holes or is compressed: its old bytes may lie where a write does not reach. */
const sparseDoubt = (before: Stat): string | undefined =>
  before.blocks * 512 < before.size ? 'sparse or compressed file: attempted, not verifiable' : undefined;

async function readsBack(fd: number, size: number, pattern: Pattern): Promise<boolean> {
  const next = pattern.start();
  const buffer = Buffer.allocUnsafe(Math.min(PATTERN_BLOCK, size));
  for (let at = 0; at < size; ) {
    const length = Math.min(buffer.length, size - at);
    for (let got = 0; got < length; ) {
      const read = readSync(fd, buffer, got, length - got, at + got);
      if (read === 0) return false;
      got += read;
    }
    if (!buffer.subarray(0, length).equals(next(length))) return false;
    at += length;
    if (at % TURN_BYTES === 0) await turn();
  }
  return true;
}
