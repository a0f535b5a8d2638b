import type { Snapshot } from '../domain/snapshot.ts';
import type { Entry } from './model.ts';
import type { Repository } from './repository.ts';

/** A snapshot opened for reading. */
export interface SnapshotReader {
  snapshot: Snapshot;
  /** Entries in key order (segment 0 of each object only unless `segments`), in batches. */
  entries(options?: { prefix?: Buffer }): AsyncIterable<Entry[]>;
  /** Content of a file, all its segments, in pieces. */
  readObject(entry: Entry): AsyncIterable<Buffer>;
}

/** Opens a snapshot. */
export async function openSnapshot(_repo: Repository, _snapshot: Snapshot): Promise<SnapshotReader> {
  throw new Error('being written');
}
