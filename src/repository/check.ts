import type { Repository } from './repository.ts';

/** What a check looks at. */
export interface CheckOptions {
  tenant?: string;
  source?: string;
  /** `none`: structure and lengths; `all`: every byte; `{n, t}`: the n-th of t shares of the packs (1-based); `{percent}`: a random share. */
  readData: 'none' | 'all' | { n: number; t: number } | { percent: number };
  progress?: (done: { objects: number; bytes: number; of?: number }) => void;
  random?: () => number;
}

/** One stored object that is missing or not what was written. */
export interface CheckProblem {
  object: string;
  kind: 'pack' | 'part' | 'node' | 'root';
  reason: string;
  /** Objects of the source that it hits, the first hundred. */
  affects: { snapshot: string; key: string }[];
  affectedCount: number;
}

/** What a check found. */
export interface CheckReport {
  snapshots: number;
  /** Stored objects looked at. */
  objects: number;
  packsRead: number;
  packs: number;
  bytesRead: number;
  /** Ids of the packs that were read in full, for the coverage of restore tests. */
  packIdsRead: string[];
  problems: CheckProblem[];
}

/** Verifies what is stored. */
export async function checkRepository(_repo: Repository, _options: CheckOptions): Promise<CheckReport> {
  throw new Error('being written');
}
