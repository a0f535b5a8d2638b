import type { RemainderItem } from './case-events.ts';
import type { Leg } from './leg.ts';

/** Facts of an erasure that the certificate states, collected step by step. */
export interface ErasureRecord {
  caseId: string;
  startedAt: string;
  /** Of the scope as a whole; those of a source are with it. */
  steps: ErasureStep[];
  /** Merkle root over the inventories of all sources, hex. */
  inventoryRoot?: string;
  /** What could not go at first; `goneAt` since a sweep has seen that it is gone. */
  remainder: (RemainderItem & { goneAt?: string })[];
  sweptAt?: string;
  /** Of a sweep that ran out of time: where it goes on. */
  leg?: Leg;
  reportedAt?: string;
}

/** One operation on one place, with its result. */
export interface ErasureStep {
  place: string;
  operation: string;
  startedAt: string;
  endedAt: string;
  result: 'done' | 'verified' | 'attempted-not-verifiable' | 'attested' | 'failed';
  detail: string;
}

/** One source of an erasure. */
export interface ErasureItem {
  caseId: string;
  item: number;
  tenant: string;
  source: string;
  kind: string;
  location: string;
  stage: 'planned' | 'inventoried' | 'overwriting' | 'overwritten' | 'live-deleted' | 'copies-dropped';
  /** Overwriting passes that are finished. */
  passes: number;
  /** The attempt that goes through all steps once more, since live data were there again after they had been deleted. */
  againIn?: number;
  /** Objects and bytes of the live inventory. */
  objects: number;
  bytes: number;
  /** Copies that existed when the inventory was taken. */
  snapshots: number;
  /** Lines of the inventory: live objects, and those that only copies held. */
  listed?: number;
  /** Entries of copies whose manifests are damaged: erased like all others, and not in the inventory. */
  unlisted?: number;
  /** Where the sealed pieces of the inventory lie in the evidence store, until the customer has it. */
  inventory?: string;
  /** Merkle root of the source's inventory, hex. */
  inventoryRoot?: string;
  /** Names of the legs whose pieces make up the inventory; what others left under its prefix is not part of it. */
  inventoryLegs?: string[];
  /** What the driver tells of the place: file system or versioning, replication, whether writes were possible. */
  medium?: Record<string, string>;
  /** Of a step that ran out of time: where it goes on. */
  leg?: Leg;
  /** Of a source that Tenure cannot delete itself: who says since when that it is done, and what proves it. */
  attested?: { by: string; evidence: string; at: string };
  /** The first overwriting pass has begun: from now on the inventory stays as it is. */
  touchedAt?: string;
  /** What was done, in order. A tenant may have thousands of sources: their steps have no room in one row. */
  steps: ErasureStep[];
  reasons: string[];
}
