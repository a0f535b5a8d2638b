import { parseInstant } from './calendar.ts';
import { type Case, type CaseStatus, isTooLate } from './case.ts';
import { eraseObstacles, type ObstacleCode, type ObstacleFacts } from './case-obstacles.ts';
import { clockReasons, quarantineReasons } from './gate-system.ts';
import { type Hold, holdReason, holdsOn } from './hold.ts';
import type { Reason } from './reason.ts';
import { covers, describeScope, isWholeTenant, type Scope } from './scope.ts';

/** An expiry that removes more copies than this before their cap, and over this share of them, is asked about first. */
export const expiryAskCopies = 5;
export const expiryAskPercent = 20;

/** What is about to be destroyed. */
export interface DestroyRequest {
  /** `expiry`: copies past their retention; `erasure`: a case's scope everywhere; `subject-erasure`: a case's paths within copies. */
  kind: 'expiry' | 'erasure' | 'subject-erasure';
  scope: Scope;
  /** Step that destroys something: the case must be erasing. Without it the question is whether the erasure may begin. */
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
  operatorStop?: { since: string; reason?: string };
  /** A recovered home, or a catalog behind its ledger, until an operator confirms. */
  quarantine?: { since: string; reason: string };
  holds: readonly Hold[];
  /** The case as stored; needed for `erasure` and `subject-erasure`. */
  case?: Case;
  /** Whether the plan of the case's tenant as it is now asks for a second person. */
  approval: ObstacleFacts['approval'];
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
export type DestroyAnswer = { allowed: true } | { allowed: false; reasons: Reason<GateCode>[] };

/** Why something may not be destroyed now. */
export type GateCode =
  | ObstacleCode
  | 'operator-stop'
  | 'quarantine'
  | 'clock-behind'
  | 'clock-ahead'
  | 'case-missing'
  | 'case-status'
  | 'scope-not-covered'
  | 'limit-erasures'
  | 'limit-notices'
  | 'expiry-share';

/**
 * The one gate before anything destructive. Expiry, erasure and subject erasure ask before each step, with facts read just
 * then. All reasons are given, not only the first. What is missing counts against: an erasure without its case, an expiry
 * without its counts.
 */
export function mayDestroy(request: DestroyRequest, known: DestroyFacts): DestroyAnswer {
  const facts = { ...known, now: parseInstant(known.now) };
  const reasons = [
    ...systemReasons(facts),
    ...(request.kind === 'expiry' ? expiryReasons(request, facts) : caseReasons(request, facts)),
  ];
  return reasons.length === 0 ? { allowed: true } : { allowed: false, reasons };
}

function systemReasons(facts: DestroyFacts): Reason<GateCode>[] {
  const reasons: Reason<GateCode>[] = [...quarantineReasons(facts), ...clockReasons(facts)];
  if (facts.operatorStop !== undefined) {
    const { since, reason } = facts.operatorStop;
    // Without the name of who did: the customer is told it as well.
    const message = `everything destructive was stopped at ${since}${reason === undefined ? '' : ` (${reason})`}`;
    reasons.unshift({ code: 'operator-stop', message, hint: 'Run `tenure resume` when it is clear.' });
  }
  return reasons;
}

function expiryReasons(request: DestroyRequest, facts: DestroyFacts): Reason<GateCode>[] {
  const reasons: Reason<GateCode>[] = holdsOn(request.scope, facts.holds).map(holdReason);
  const share = facts.expiry;
  if (share === undefined || !isSound(share)) {
    reasons.push({
      code: 'expiry-share',
      message: 'it is not known how much would be removed',
      hint: 'Count the copies first.',
    });
    return reasons;
  }
  const early = share.removing - share.overCap;
  const young = share.total - share.overCap;
  if (share.confirmed !== true && early > expiryAskCopies && early * 100 > young * expiryAskPercent) {
    const message = `${early} of ${young} copies would go before they are past the cap`;
    reasons.push({
      code: 'expiry-share',
      message,
      hint: 'Look at `tenure run expiry --dry-run`; confirm if it is meant.',
    });
  }
  return reasons;
}

/** Counts that contradict each other are no ground to destroy anything on. */
function isSound({ removing, overCap, total }: ExpiryShare): boolean {
  return (
    [removing, overCap, total].every(Number.isSafeInteger) && overCap >= 0 && overCap <= removing && removing <= total
  );
}

const mayBegin: readonly CaseStatus[] = ['due', 'erasing', 'remainder'];

function caseReasons(request: DestroyRequest, facts: DestroyFacts): Reason<GateCode>[] {
  const held = holdsOn(request.scope, facts.holds).map(holdReason);
  const value = facts.case;
  if (value === undefined) {
    const message = `no case allows to erase ${describeScope(request.scope)}`;
    return [...held, { code: 'case-missing', message, hint: 'Open one with `tenure case open`.' }];
  }
  const reasons: Reason<GateCode>[] = eraseObstacles(value, facts);
  if (!covers(value.scope, request.scope)) {
    const message = `case ${value.id} is about ${describeScope(value.scope)}, not about ${describeScope(request.scope)}`;
    reasons.push(...held, {
      code: 'scope-not-covered',
      message,
      hint: 'Open a case of its own; it needs a notice of its own.',
    });
  }
  const fits = request.caseStep === undefined ? mayBegin.includes(value.status) : value.status === 'erasing';
  if (!fits && reasons.length === 0) {
    const message = `case ${value.id} is ${value.status}${request.caseStep === undefined ? '' : `, so "${request.caseStep}" may not run`}`;
    reasons.push({ code: 'case-status', message, hint: 'The sweep moves it on: `tenure run notice`.' });
  }
  if (isWholeTenant(value.scope) && !isTooLate(value) && !(facts.erasuresToday < facts.limits.erasuresPerDay)) {
    const message = `the erasure of ${facts.erasuresToday} tenants began today; the limit is ${facts.limits.erasuresPerDay}`;
    reasons.push({
      code: 'limit-erasures',
      message,
      hint: 'It goes on tomorrow, or raise limits.erasuresPerDay in the plan.',
    });
  }
  return reasons;
}
