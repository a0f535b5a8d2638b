import type { Snapshot } from '../domain/snapshot.ts';
import type { Json } from '../ports/table.ts';
import type { Repository } from './repository.ts';

/** What was found among the objects whose keys still exist. */
export interface RecoveredCatalog {
  snapshots: Snapshot[];
  /** Newest descriptor of each source, as it was given to `commitBackup`. */
  sources: { tenant: string; source: string; descriptor: { [name: string]: Json } }[];
  /** Snapshots whose roots exist without a key: erased, not brought back. */
  erased: number;
  /** Roots that exist with a key but cannot be read. */
  damaged: { object: string; reason: string }[];
}

/** Rebuilds the engine's rows from objects and keys alone. */
export async function recoverCatalog(_repo: Repository): Promise<RecoveredCatalog> {
  throw new Error('being written');
}
