import type { Reason } from './reason.ts';
import { describeScope, overlaps, type Scope } from './scope.ts';

/**
 * A legal hold: nothing in its scope may be destroyed while it is active, whatever a case, a plan or an age says.
 * It has no end of its own; `reviewOn` only reminds people to look at it.
 */
export interface Hold {
  /** `h-` + 10 lower-case hex digits. */
  id: string;
  scope: Scope;
  /** Why, as it may be shown to the customer. */
  reason: string;
  placedBy: string;
  placedAt: string;
  /** Calendar day (`2027-01-31`) on which somebody should look whether it is still needed. */
  reviewOn?: string;
  releasedAt?: string;
  releasedBy?: string;
  releaseReason?: string;
}

/**
 * Changes whenever a hold is placed on something of the tenant: a destructive step is put on record under the condition that
 * none was placed since the gate was asked.
 */
export interface HoldMark {
  tenant: string;
  /** The newest hold. */
  hold: string;
}

/** Whether the hold still blocks. A review date that has passed releases nothing. */
export function isActive(hold: Hold): boolean {
  return hold.releasedAt === undefined;
}

/** A hold without what was written into it, which may name people: that it was there, whom it protected and when, stays. */
export function withoutReasons({ releaseReason: _, ...hold }: Hold): Hold {
  return { ...hold, reason: '(erased)' };
}

/** The active holds that touch a scope, oldest first. */
export function holdsOn(scope: Scope, holds: readonly Hold[]): Hold[] {
  return holds
    .filter((hold) => isActive(hold) && overlaps(hold.scope, scope))
    .sort((a, b) => (a.placedAt < b.placedAt ? -1 : a.placedAt > b.placedAt ? 1 : a.id < b.id ? -1 : 1));
}

/** The reason with which one hold stands in the way. */
export function holdReason(hold: Hold): Reason<'hold'> {
  return {
    code: 'hold',
    message: `hold ${hold.id} (${hold.reason}) covers ${describeScope(hold.scope)} since ${hold.placedAt}`,
    hint: `Release it with \`tenure hold release ${hold.id} --reason …\` once it is no longer needed.`,
  };
}
