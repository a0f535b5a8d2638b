import { isComplete } from './authority.ts';
import { type Case, type CaseFacts, isTooLate, lacksApproval } from './case.ts';
import { basisHolds } from './case-clock.ts';
import type { CasePolicy } from './case-policy.ts';
import { type Hold, holdReason, holdsOn } from './hold.ts';
import type { Reason } from './reason.ts';
import { describeScope } from './scope.ts';

/** What can stand between a case and its erasure. */
export type ObstacleCode =
  | 'hold'
  | 'authority-missing'
  | 'not-confirmed'
  | 'notice-not-delivered'
  | 'notice-not-elapsed'
  | 'settlement'
  | 'approval-missing'
  | 'disputed'
  | 'paid'
  | 'cancelled'
  | 'finished';

/** What an obstacle may lie in beside the case. */
export interface ObstacleFacts {
  now: string;
  holds: readonly Hold[];
  /** Whether the tenant's plan as it is now asks for a second person; the case has what it began under. */
  approval: CasePolicy['approval'];
}

/**
 * Everything that forbids to destroy anything for the case now; empty when nothing does. It looks at the facts themselves
 * and not only at the status, so that one wrong transition would not be enough to destroy something.
 */
export function eraseObstacles(value: Case, at: ObstacleFacts): Reason<ObstacleCode>[] {
  const ended = endReason(value);
  if (ended !== undefined) return [ended];
  const reasons: Reason<ObstacleCode>[] = holdsOn(value.scope, at.holds).map(holdReason);
  if (!isComplete(value.authority) && !isUnconfirmed(value)) reasons.push(authorityReason(value));
  reasons.push(...clockReasons(value, at.now));
  if (value.reason === 'non-payment' && value.invoices.every((invoice) => invoice.settledAt !== undefined)) {
    reasons.push({ code: 'paid', message: 'every invoice of the case is paid', hint: 'Cancel the case.' });
  }
  if (lacksApproval(value, at)) reasons.push(approvalReason(value));
  return reasons;
}

/** The reason that a missing second person is. Without a name: the customer is told it as well. */
export function approvalReason(value: CaseFacts): Reason<'approval-missing'> {
  return {
    code: 'approval-missing',
    message: `erasing the whole tenant ${value.tenant} needs the approval of a second person, who has not opened the case`,
    hint: `Another operator runs \`tenure case approve ${value.id}\`.`,
  };
}

/** The reason that an opener's own approval is none, whether the scope needs one or not. */
export function openerReason(value: CaseFacts): Reason<'approval-missing'> {
  return {
    ...approvalReason(value),
    message: `the erasure of ${describeScope(value.scope)} is approved by a second person, not by who opened the case`,
  };
}

/** The reason that a missing authority is. */
export function authorityReason(value: CaseFacts): Reason<'authority-missing'> {
  return {
    code: 'authority-missing',
    message: 'the case names no authority (clause and reference) that allows to erase',
    hint: `Give the plan an authority clause for ${value.reason}, or record the authority of case ${value.id}.`,
  };
}

/** Whether the customer's request still waits for its code. */
export function isUnconfirmed(value: Case): boolean {
  return value.reason === 'customer-request' && value.confirmation?.confirmedAt === undefined;
}

function endReason(value: Case): Reason<ObstacleCode> | undefined {
  const hint = 'Nothing is to be done.';
  if (value.status === 'cancelled')
    return { code: 'cancelled', message: `the case was cancelled at ${value.cancelledAt}`, hint };
  if (value.status === 'certified' || value.status === 'closed')
    return { code: 'finished', message: 'the erasure is finished and certified', hint };
  return undefined;
}

/** Reasons of notice and time; a case without a running clock has none to show. */
function clockReasons(value: Case, now: string): Reason<ObstacleCode>[] {
  if (isUnconfirmed(value)) {
    const message = 'the customer has not confirmed the request';
    return [
      {
        code: 'not-confirmed',
        message,
        hint: `Enter the code from the mail: \`tenure case confirm ${value.id} CODE\`.`,
      },
    ];
  }
  if (value.status === 'disputed') {
    const until = value.stop.until === undefined ? 'until it is settled' : `until ${value.stop.until}`;
    return [
      {
        code: 'disputed',
        message: `the clock stands still (${value.stop.kind}) ${until}`,
        hint: 'Wait, or settle it.',
      },
    ];
  }
  if (!('clock' in value) || !basisHolds(value.clock, value)) {
    const message = 'the notice has not been delivered at the level that the plan asks for';
    return [
      { code: 'notice-not-delivered', message, hint: 'Try another contact, or record a delivery with its evidence.' },
    ];
  }
  const { dueAt, destroyFrom } = value.clock;
  if (now <= dueAt) {
    const message = `the notice runs until ${dueAt}`;
    return [{ code: 'notice-not-elapsed', message, hint: 'Wait; a notice is never shortened.' }];
  }
  if (now < destroyFrom) {
    const message = `settlement runs until ${destroyFrom}`;
    return [{ code: 'settlement', message, hint: 'Wait: payments on their way still arrive.' }];
  }
  return [];
}

/** Words for an answer that comes too late; undefined while there is a way back. */
export function tooLate(value: Case): Reason<'too-late'> | undefined {
  if (!isTooLate(value)) return undefined;
  return {
    code: 'too-late',
    message: `too late: destruction began at ${value.destroyedSince}`,
    hint: 'What is gone cannot be brought back; the customer gets the report and the certificate.',
  };
}
