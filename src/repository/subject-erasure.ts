import type { Survivor } from '../ports/object-store.ts';
import type { Busy, LedgerHook, Repository } from './repository.ts';

/** What a subject erasure did. */
export interface SubjectErasure {
  outcome: 'erased';
  /** Snapshots that held something of the selection. */
  snapshots: string[];
  /** Distinct entries (key and leaf) that were replaced by their leaves. */
  entriesErased: number;
  /** Bytes of content of those entries, each counted once. */
  bytes: number;
  /** Leaf hashes that hold their places, hex. */
  leaves: string[];
  /** The same content under keys that were not chosen. */
  remainingUnderOtherKeys: { snapshot: string; key: Buffer }[];
  survivors: Survivor[];
}

/** Removes keys and prefixes (ending in `/`) from every snapshot of a source. */
export async function eraseSubject(
  _repo: Repository,
  _tenant: string,
  _source: string,
  _selection: readonly Buffer[],
  _options: { run: string; ledger?: LedgerHook<string[]> },
): Promise<SubjectErasure | Busy> {
  throw new Error('being written');
}
