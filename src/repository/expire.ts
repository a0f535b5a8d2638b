import type { ReplicaReceipt } from '../ports/key-store.ts';
import type { Survivor } from '../ports/object-store.ts';
import type { CondemnedRecord } from './chain-rows.ts';
import type { Busy, LedgerHook, Repository } from './repository.ts';

/** What became of a wish to condemn. */
export type CondemnOutcome = { outcome: 'condemned'; ids: string[] } | Busy;

/** Condemned snapshots whose erasure is not finished, oldest first. */
export async function listCondemned(_repo: Repository, _tenant: string, _source: string): Promise<CondemnedRecord[]> {
  throw new Error('being written');
}

/** Decides that snapshots go. */
export async function condemnSnapshots(
  _repo: Repository,
  _tenant: string,
  _source: string,
  _ids: readonly string[],
  _options: { reason: string | ((id: string) => string); ledger?: LedgerHook<string[]> },
): Promise<CondemnOutcome> {
  throw new Error('being written');
}

/** Destroys the root keys of condemned snapshots. */
export async function destroyCondemnedKeys(
  _repo: Repository,
  _tenant: string,
  _source: string,
): Promise<{ destroyed: string[]; refused: { key: string; receipts: ReplicaReceipt[] }[] }> {
  throw new Error('being written');
}

/** Deletes what condemned snapshots alone held. */
export async function deleteCondemnedObjects(
  _repo: Repository,
  _tenant: string,
  _source: string,
): Promise<{ objects: number; survivors: Survivor[] }> {
  throw new Error('being written');
}

/** Marks as gone. Returns the ids. */
export async function finishCondemned(_repo: Repository, _tenant: string, _source: string): Promise<{ gone: string[] }> {
  throw new Error('being written');
}
