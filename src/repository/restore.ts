import { CorruptError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { RestoreTarget, ScanNotice } from '../ports/source-driver.ts';
import { frameContext } from './frame.ts';
import { FrameCache } from './frame-cache.ts';
import type { Entry, PartRef } from './model.ts';
import { openedPart } from './parent-cursor.ts';
import { releasePin, renewPin, takePin } from './pins.ts';
import { readPart, readRoot } from './read-root.ts';
import type { Repository } from './repository.ts';
import type { RestoreCursor } from './restore-cursor.ts';
import { Restorer } from './restorer.ts';

export type { RestoreCursor } from './restore-cursor.ts';

/** How far a restore has come. */
export interface RestoreProgress {
  objects: number;
  bytes: number;
  part: number;
  /** So far; the list grows up to ten thousand. */
  damaged: readonly { key: string; reason: string }[];
}

/** Choices for a restore. */
export interface RestoreOptions {
  /** Which keys; a directory's key ends in `/`. Folders above a chosen object come along. Default: all. */
  include?: (key: Buffer) => boolean;
  /** Called, and waited for, after each part; up to `part` every file is finished (-1: none yet). */
  progress?: (done: RestoreProgress) => void | Promise<void>;
  /** Files of parts up to this one were restored by an earlier try into the same target. */
  resumeAfterPart?: number;
  /** Where an earlier leg of the same restore has stopped. Only of everything: not together with `include`. */
  from?: RestoreCursor;
  /** Asked after each object and each chunk, never before the first; once it answers false the restore stops where it is. */
  goOn?: () => boolean;
  signal?: AbortSignal;
}

/** What a restore, or a leg of one, did. */
export interface RestoreReport {
  objects: number;
  bytes: number;
  /** Objects that could not be restored whole; names that are not UTF-8 are shown with replacement characters. The first ten thousand. */
  damaged: { key: string; reason: string }[];
  /** How many there are. */
  damagedCount: number;
  /** The first ten thousand. */
  notices: ScanNotice[];
  durationMs: number;
  /** Present when it was told to stop: the next leg goes on from here. */
  stoppedAt?: RestoreCursor;
}

/**
 * Restores a live snapshot into a target; it is pinned meanwhile. Tag and hash of everything that is written are verified.
 * What is damaged damages only the objects that need it: they are reported and the rest restores.
 *
 * @throws NotFoundError when the snapshot was erased, CorruptError when its root cannot be read, and what the target throws
 */
export async function restoreSnapshot(
  repo: Repository,
  wanted: Snapshot,
  target: RestoreTarget,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const startedAt = performance.now();
  const pin = await takePin(repo, wanted);
  try {
    const { snapshot } = pin;
    const { parts } = await readRoot(repo, snapshot);
    const cache = new FrameCache(repo, snapshot, frameContext(snapshot));
    const restorer = new Restorer(target, cache, options);
    const open = async (index: number): Promise<readonly Entry[] | CorruptError> => {
      options.signal?.throwIfAborted();
      await renewPin(repo, pin);
      const ref = parts[index];
      if (!ref) return [];
      return await readable(async () => openedPart(ref, await readPart(repo, snapshot, ref)).entries);
    };
    const stoppedAt = await restoreParts(restorer, parts, open, options);
    return { ...restorer.report, durationMs: performance.now() - startedAt, ...(stoppedAt && { stoppedAt }) };
  } finally {
    await releasePin(repo, pin);
  }
}

/** First the objects, part by part; then the attributes of folders, which every object put into them changes. */
async function restoreParts(
  restorer: Restorer,
  parts: readonly PartRef[],
  open: (index: number) => Promise<readonly Entry[] | CorruptError>,
  { from, goOn = () => true }: RestoreOptions,
): Promise<RestoreCursor | undefined> {
  if (from?.folders === undefined) {
    for (let index = from?.part ?? 0; index < parts.length; index++) {
      const entries = await open(index);
      if (entries instanceof CorruptError) restorer.lostPart(parts[index]?.entries ?? 0, entries.message);
      else {
        const stopped = await restorer.part(entries, index);
        if (stopped) return stopped;
      }
    }
    await restorer.end();
  }
  if (!restorer.foldersToRead) return undefined;
  // Their entries were too many to keep, or another leg has met them. Deepest first is the order of keys from the last one.
  for (let index = from?.folders ?? parts.length - 1; index >= 0; index--) {
    const entries = await open(index);
    if (!(entries instanceof CorruptError)) await restorer.finishFolders(entries);
    if (index > 0 && !goOn()) return { part: parts.length, folders: index - 1, metFolders: true };
  }
  return undefined;
}

async function readable<T>(read: () => Promise<T>): Promise<T | CorruptError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CorruptError) return error;
    throw error;
  }
}
