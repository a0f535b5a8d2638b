import type { Snapshot } from '../domain/snapshot.ts';
import type { RestoreTarget, ScanNotice } from '../ports/source-driver.ts';
import type { Repository } from './repository.ts';

/** Choices for a restore. */
export interface RestoreOptions {
  /** Which keys; a directory's key ends in `/`. Default: all. */
  include?: (key: Buffer) => boolean;
  progress?: (done: { objects: number; bytes: number }) => void;
  signal?: AbortSignal;
}

/** What a restore did. */
export interface RestoreReport {
  objects: number;
  bytes: number;
  /** Objects that could not be restored whole; `key` is UTF-8 with replacement characters where the name is not. */
  damaged: { key: string; reason: string }[];
  notices: ScanNotice[];
  durationMs: number;
}

/** Restores into a target. */
export async function restoreSnapshot(
  _repo: Repository,
  _snapshot: Snapshot,
  _target: RestoreTarget,
  _options: RestoreOptions = {},
): Promise<RestoreReport> {
  throw new Error('being written');
}
