import type { Effect } from './case-decision.ts';
import type { ControlResult } from './controls.ts';
import type { DeliveryLevel } from './notice.ts';
import type { Finding } from './obsolescence.ts';
import type { Cadence } from './snapshot.ts';

/** One immutable version of a plan. */
export interface PlanVersion {
  name: string;
  /** 1, 2, 3 … */
  version: number;
  digest: string;
  author: string;
  /** The YAML as it was written. */
  text: string;
  since: string;
}

/** What somebody or a schedule asked a run to do. */
export interface RunRequest {
  run: string;
  /** When the run was due (a schedule) or asked for. */
  scheduledAt: string;
  requestedBy: string;
  cadence?: Cadence;
  tenant?: string;
  source?: string;
  /** Case of an erasure run. */
  caseId?: string;
  dryRun?: boolean;
  /** An operator has looked at a large removal and agreed. */
  confirmed?: boolean;
  /** Which attempt an erasure run is, as the case counts them. */
  attempt?: number;
}

/** One piece of a run's worklist, and what came of it. */
export interface RunItem {
  run: string;
  /** Ordinal in the worklist, from 0. */
  item: number;
  tenant: string;
  source?: string;
  status: 'planned' | 'running' | 'done' | 'failed' | 'busy' | 'blocked' | 'skipped';
  /** Why it failed, is busy or blocked. */
  reasons: string[];
  /** Snapshot or case that the item is about or has made. */
  subject?: string;
  /** Particulars that a later step or the report needs: counts, notices, verdicts. */
  facts: Record<string, unknown>;
}

/** How a run ended. */
export interface RunSummary {
  run: string;
  endedAt: string;
  outcome: 'ok' | 'failed' | 'blocked' | 'busy' | 'nothing-to-do';
  counts: Record<string, number>;
}

/** Exact bytes and fate of one notice, as evidence. */
export interface NoticeRecord {
  caseId: string;
  /** Delivery id. */
  id: string;
  template: string;
  /** A send intent is written first; `sent` once the mailer has answered. */
  status: 'intended' | 'sent' | 'failed';
  intendedAt: string;
  messageId?: string;
  level?: DeliveryLevel;
  response?: string;
  /** SHA-256 of the bytes that were sent. */
  digest?: string;
  /** Key of the bytes in the evidence store, sealed under the evidence key. */
  evidence?: string;
}

/** What a decision about a case asked for and what may not have been done yet. */
export interface PendingEffect {
  caseId: string;
  id: string;
  effect: Effect;
}

/** Something a person should look at. Alerts of the same kind and subject are one alert that counts. */
export interface Alert {
  id: string;
  kind: string;
  subject: string;
  tenant?: string;
  message: string;
  status: 'open' | 'acknowledged' | 'closed';
  count: number;
  openedAt: string;
  lastAt: string;
  acknowledgedBy?: string;
  closedAt?: string;
  cause?: string;
}

/** A dated proof that a copy restores. */
export interface RestoreTest {
  tenant: string;
  source: string;
  snapshot: string;
  testedAt: string;
  verdict: 'passed' | 'failed' | 'not-tested';
  reasons: string[];
  /** What differed, by key; at most 100. */
  differences: { key: string; reason: string }[];
  objects: number;
  bytes: number;
  durationMs: number;
}

/** A restore into a named folder that has begun and not ended: repeated, it goes on. */
export interface OpenRestore {
  /** SHA-256 of the folder's path, hex. */
  id: string;
  folder: string;
  /** Which folder it was: another one in its place is not gone on with. */
  identity: string;
  tenant: string;
  source: string;
  snapshot: string;
  /** Digest of the root and of what was chosen; the same command gives the same. */
  choice: string;
  holder: string;
  startedAt: string;
  /** Last part of the manifest that was restored whole and is on the device; -1: none. */
  part: number;
  /** What was damaged up to there: the first hundred, and how many. */
  damaged: { key: string; reason: string }[];
  damagedCount: number;
}

/** When a pack was last read in full. */
export interface PackReading {
  tenant: string;
  source: string;
  pack: string;
  readAt: string;
  ok: boolean;
}

/** How far the rotating read of a source's packs has come. */
export interface PackCoverage {
  tenant: string;
  source: string;
  at: string;
  total: number;
  /** Packs older than the plan's coverage days that were not read in full within them. */
  unread: number;
}

/** The customer knows that this copy is the last one and grows old. */
export interface ToldCustomer {
  snapshot: string;
  tenant: string;
  at: string;
}

/** A finding of an audit, waiting for an operator. */
export interface TriageItem extends Finding {
  id: string;
  foundAt: string;
  status: 'open' | 'case-opened' | 'dismissed';
  caseId?: string;
}

/** A certificate as it was issued. */
export interface CertificateRecord {
  caseId: string;
  id: string;
  tenant: string;
  issuedAt: string;
  /** Keys in the evidence store. */
  json: string;
  pdf: string;
  /** SHA-256 of the canonical content, hex. */
  digest: string;
}

/** Facts of an erasure that the certificate states, collected step by step. */
export interface ErasureRecord {
  caseId: string;
  startedAt: string;
  steps: ErasureStep[];
  /** Merkle root over the inventories of all sources, hex. */
  inventoryRoot?: string;
  /** What could not go yet. */
  remainder: { place: string; what: string; reason: string; until?: string }[];
  sweptAt?: string;
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
  /** Objects and bytes of the live inventory. */
  objects: number;
  bytes: number;
  /** Copies that existed when the inventory was taken. */
  snapshots: number;
  /** Lines of the inventory: live objects, and those that only copies held. */
  listed?: number;
  /** Where the sealed pieces of the inventory lie in the evidence store, until the customer has it. */
  inventory?: string;
  /** Merkle root of the source's inventory, hex. */
  inventoryRoot?: string;
  reasons: string[];
}

/** A time at which a backup was due, stored ahead. */
export interface Slot {
  tenant: string;
  source: string;
  cadence: Cadence;
  at: string;
  windowHours: number;
  /** Snapshot that met it. */
  snapshot?: string;
  metAt?: string;
}

/** The newest entry of a chain. */
export interface LedgerHead {
  chain: string;
  seq: number;
  hash: string;
  at: string;
}

/** A daily seal over all chains. */
export interface LedgerSealRecord {
  at: string;
  /** Merkle root over the heads, hex. */
  root: string;
  /** Key of the signed seal with its heads in the evidence store. */
  object: string;
}

/** Switches of the whole system: `stop`, `quarantine`, `clock`, and where a simulated clock stands. */
export interface SystemState {
  name: 'stop' | 'quarantine' | 'clock' | 'simulated-clock';
  /** For `clock`: the last instant that is trusted. For `simulated-clock`: the last one that was lived. */
  at: string;
  by: string;
  reason: string;
}

/** All controls at one time. */
export interface ControlReport {
  at: string;
  results: ControlResult[];
}
