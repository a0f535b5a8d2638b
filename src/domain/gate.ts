import type { Case } from './case.ts';
import type { Hold } from './hold.ts';
import type { Reason } from './reason.ts';
import type { Scope } from './scope.ts';

/** What is about to be destroyed. */
export interface DestroyRequest {
  /** `expiry`: copies past their retention; `erasure`: a case's scope everywhere; `subject-erasure`: a case's paths within copies. */
  kind: 'expiry' | 'erasure' | 'subject-erasure';
  scope: Scope;
  /** Which step of the erasure; for the reasons. */
  caseStep?: string;
}

/** The limits of the plan or of the home. */
export interface DestroyLimits {
  /** Whole tenants whose erasure may begin on one day. */
  erasuresPerDay: number;
}

/** Everything that the gate looks at, read consistently just before the step. */
export interface DestroyFacts {
  now: string;
  /** A home made with a simulated clock is exempt from the clock check. */
  simulated: boolean;
  /** `tenure stop`. */
  operatorStop?: { since: string; by: string; reason?: string };
  /** A recovered home, or a catalog behind its ledger, until an operator confirms. */
  quarantine?: { since: string; reason: string };
  holds: readonly Hold[];
  /** The case as stored; needed for `erasure` and `subject-erasure`. */
  case?: Case;
  limits: DestroyLimits;
  /** Other cases of whole tenants whose destruction began on this day. */
  erasuresToday: number;
  /** Instant of the ledger's newest entry; absent in an empty home. */
  ledgerHeadAt?: string;
  /** An operator confirmed the clock; counts up to this instant. */
  clockConfirmedUntil?: string;
  /** Needed for `expiry`, counted over one tenant. */
  expiry?: ExpiryShare;
}

/** What one expiry run would remove of one tenant. */
export interface ExpiryShare {
  /** Copies that the run removes. */
  removing: number;
  /** Those of them that are past the plan's cap. */
  overCap: number;
  /** All copies of the tenant. */
  total: number;
  /** An operator has looked at this removal and agreed. */
  confirmed?: boolean;
}

/** The gate's answer. */
export type DestroyAnswer = { allowed: true } | { allowed: false; reasons: Reason[] };
