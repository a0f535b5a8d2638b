import type { Authority, CaseReason } from './authority.ts';
import type { RemainderItem } from './case-events.ts';
import type { Channel, DeliveryLevel } from './notice.ts';
import type { Scope } from './scope.ts';

/** The sentence that every certificate carries. It claims what was done and seen, and nothing else. */
export const certificateWording =
  'In the places listed, at the times listed, the operations listed were performed and verified as stated. Places not listed were not examined.';

/** How a step's outcome is known. `attested`: a person said so; Tenure did not look. */
export type StepResult = 'done' | 'verified' | 'attempted-not-verifiable' | 'attested';

/** One operation on one place. */
export interface CertificateStep {
  /** "overwrite pass 1 of 2 (random)", "destroy keys", "sweep". */
  operation: string;
  startedAt: string;
  endedAt: string;
  result: StepResult;
  /** What it met: "46 files, 1 of them unlinked only", "3 keys in 2 replicas". */
  detail: string;
}

/** A place with what was done there, in order. */
export interface CertificatePlace {
  /** "live: directory /srv/acme", "copies: primary", "keys: replica a". */
  place: string;
  steps: CertificateStep[];
}

/** Inventory of one source at the beginning of the erasure. */
export interface CertificateSource {
  source: string;
  kind: string;
  location: string;
  /** Objects and bytes of the live data; the copies hold the same or older states of it. */
  objects: number;
  bytes: number;
  /** Recovery points that existed. */
  copies: number;
  /** Merkle root of the salted inventory, hex; absent when the source had nothing in scope. */
  merkleRoot?: string;
}

/** A delivery of the notice. */
export interface CertificateNotice {
  delivery: string;
  recipient: string;
  channel: Channel;
  levels: { level: DeliveryLevel; at: string; evidence: string }[];
  bounced?: { at: string; reason: string };
}

/**
 * What a certificate says. The fields follow the certificate of media sanitization of NIST SP 800-88 (Rev. 1 appendix G; Rev. 2
 * keeps its contents and leaves techniques to IEEE 2883), mapped from a medium in the hand to cloud and file storage:
 *
 * | NIST | here |
 * |---|---|
 * | person performing: name, title, organization, location, contact | `operator` (organisation, role that performed, contact) |
 * | media: make, model, serial, property number, type | `places`, `inventory.sources` (kind, location) |
 * | media source | `customer`, `case.scope` |
 * | pre-sanitization classification; data backed up | `case.reason`; `inventory.copies` (every copy is part of the erasure) |
 * | method: clear, purge, destroy | `sanitization.method` as the plan orders it |
 * | technique: overwrite, block erase, cryptographic erase; details | `sanitization.techniques`, `places[].steps[]` |
 * | tool with version | `tool` |
 * | verification: full, sampled; by whom, when | `verification`, `places[].steps[].result` |
 * | post-sanitization classification, destination | nothing remains: `remainder`; what was left alone: `exclusions` |
 * | validation: name, date, signature | `approval`, and the ES256 signature around this content |
 *
 * All numbers are integers, all instants ISO UTC, so that the canonical JSON is unique.
 */
export interface CertificateContent {
  format: 'tenure-certificate/1';
  /** `cert-` + the case's hex digits: one case, one certificate. */
  id: string;
  /** Made in a home with a simulated clock: proves nothing. */
  simulation: boolean;
  issuedAt: string;
  customer: { tenant: string; name: string; timezone: string };
  operator: { organisation: string; performedBy: string; contact?: string };
  tool: { name: string; version: string };
  case: { id: string; reason: CaseReason; scope: Scope; planDigest: string; openedBy: string };
  authority: Authority;
  approval?: { by: string; at: string };
  notices: CertificateNotice[];
  /** Holds are absent by rule; these are the dates that the rules compare. */
  dates: {
    openedAt: string;
    noticeSentAt?: string;
    clockStartedAt: string;
    dueAt: string;
    destroyFrom: string;
    begunAt: string;
    completedAt: string;
  };
  inventory: {
    objects: number;
    bytes: number;
    copies: number;
    /** Merkle root over the sources' inventories, hex. */
    merkleRoot?: string;
    sources: CertificateSource[];
  };
  sanitization: { method: 'clear' | 'purge'; techniques: string[] };
  places: CertificatePlace[];
  verification: { method: string; sweptAt: string; survivors: 0 };
  /** What could not go at first, and since when it is gone. */
  remainder: (RemainderItem & { goneAt: string })[];
  /** What was in reach and was left alone, and why. */
  exclusions: { what: string; why: string }[];
  wording: string;
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
