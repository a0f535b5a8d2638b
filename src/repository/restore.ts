import { CorruptError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { RestoreTarget, ScanNotice } from '../ports/source-driver.ts';
import { frameContext } from './frame.ts';
import { FrameCache } from './frame-cache.ts';
import { openedPart } from './parent-cursor.ts';
import { releasePin, renewPin, takePin } from './pins.ts';
import { readPart, readRoot } from './read-root.ts';
import type { Repository } from './repository.ts';
import { Restorer } from './restorer.ts';

/** How far a restore has come. */
export interface RestoreProgress {
  objects: number;
  bytes: number;
  part: number;
  /** So far; the list grows. */
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
  signal?: AbortSignal;
}

/** What a restore did. */
export interface RestoreReport {
  objects: number;
  bytes: number;
  /** Objects that could not be restored whole; names that are not UTF-8 are shown with replacement characters. */
  damaged: { key: string; reason: string }[];
  notices: ScanNotice[];
  durationMs: number;
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
    const root = await readRoot(repo, snapshot);
    const cache = new FrameCache(repo, snapshot, frameContext(snapshot));
    const restorer = new Restorer(target, cache, options);
    for (const [index, ref] of root.parts.entries()) {
      options.signal?.throwIfAborted();
      await renewPin(repo, pin);
      const opened = await readable(async () => openedPart(ref, await readPart(repo, snapshot, ref)));
      if (opened instanceof CorruptError) restorer.lostPart(ref.entries, opened.message);
      else await restorer.part(opened.entries, index);
    }
    await restorer.end();
    return { ...restorer.report, durationMs: performance.now() - startedAt };
  } finally {
    await releasePin(repo, pin);
  }
}

async function readable<T>(read: () => Promise<T>): Promise<T | CorruptError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CorruptError) return error;
    throw error;
  }
}
