import type { Case } from './case.ts';
import type { DecisionContext } from './case-decision.ts';
import type { CaseEvent, SealedCode } from './case-events.ts';
import { maxTries } from './confirmation.ts';
import { decide } from './decide.ts';

/** What a customer can do about a case by itself. */
export const customerWays = ['confirm', 'new-code', 'object', 'keep-until', 'extend', 'cancel'] as const;

export type CustomerWay = (typeof customerWays)[number];

/**
 * What is offered for each reason; what is allowed now is for {@link decide} to say. A request of the customer's own is not objected
 * to but taken back, and obsolete data are kept rather than put off.
 */
const offered: Record<Case['reason'], readonly CustomerWay[]> = {
  'customer-request': ['confirm', 'new-code', 'extend', 'cancel'],
  'non-payment': ['object'],
  obsolete: ['object', 'keep-until', 'cancel'],
};

/** What the customer can do now: each way is tried on the case as it is, and nothing comes of the trial. */
export function waysNow(value: Case, ctx: DecisionContext, lateDay: string): CustomerWay[] {
  return offered[value.reason].filter((way) => {
    if (way === 'confirm') return waitsForCode(value, ctx.now);
    // What stands still until somebody decides is not stopped twice.
    if (way === 'object' && value.status === 'disputed' && value.stop.until === undefined) return false;
    const decision = decide(value, trial(way, value.tenant, ctx.now, lateDay), ctx);
    return decision.ok && decision.changed;
  });
}

/** Whether a code that was mailed can still be entered. */
function waitsForCode({ status, confirmation }: Case, now: string): boolean {
  if (status !== 'opened' || confirmation?.code === undefined || confirmation.confirmedAt !== undefined) return false;
  return confirmation.tries < maxTries && now <= confirmation.code.expiresAt;
}

const noCode: SealedCode = { salt: '00', hash: '', expiresAt: '' };

function trial(way: Exclude<CustomerWay, 'confirm'>, tenant: string, now: string, until: string): CaseEvent {
  const base = { actor: { kind: 'customer' as const, id: tenant }, at: now };
  if (way === 'new-code') return { ...base, type: way, code: noCode };
  if (way === 'keep-until' || way === 'extend') return { ...base, type: way, until };
  return { ...base, type: way };
}
