import type { KeyRef, ReplicaReceipt } from '../ports/key-store.ts';
import type { Survivor } from '../ports/object-store.ts';
import type { Busy, Repository } from './repository.ts';

/** A whole tenant, or one source of it. */
export interface DropScope {
  tenant: string;
  source?: string;
}

/** Every copy of a scope before it is erased. */
export interface CopyInventory {
  snapshots: {
    id: string;
    tenant: string;
    source: string;
    takenAt: string;
    merkleRoot: string;
    objects: number;
    bytes: number;
    key: KeyRef;
    places: string[];
  }[];
  /** Stored objects and their bytes in the object store. */
  storedObjects: number;
  storedBytes: number;
  keys: KeyRef[];
}

/** Lists every copy. */
export async function inventoryCopies(_repo: Repository, _scope: DropScope): Promise<CopyInventory> {
  throw new Error('being written');
}

/** Closes the chains, then destroys every key of the scope. */
export async function destroyScopeKeys(
  _repo: Repository,
  _scope: DropScope,
): Promise<{ outcome: 'destroyed'; receipts: Map<KeyRef, ReplicaReceipt[]>; refused: KeyRef[] } | Busy> {
  throw new Error('being written');
}

/** Purges every object of the scope. */
export async function purgeScopeObjects(
  _repo: Repository,
  _scope: DropScope,
): Promise<{ objects: number; survivors: Survivor[] }> {
  throw new Error('being written');
}

/** What of the scope is still there: objects and keys. */
export async function sweepScope(_repo: Repository, _scope: DropScope): Promise<{ objects: string[]; keys: KeyRef[] }> {
  throw new Error('being written');
}

/** Removes the engine's own rows of the scope; returns how many. Last of all. */
export async function forgetScope(_repo: Repository, _scope: DropScope): Promise<{ rows: number }> {
  throw new Error('being written');
}
