import type { CasePolicy } from './case-policy.ts';

/** Why a case exists. */
export type CaseReason = 'customer-request' | 'non-payment' | 'obsolete';

/** Why Tenure may erase at all. Without it a case stays blocked. */
export interface Authority {
  /** The agreement's clause, the customer's instruction, or an order, in words. */
  clause: string;
  /** Where it can be found: contract number, file number, id of the confirmation. */
  reference: string;
  /** Who granted or recorded it. */
  by: string;
  at: string;
}

/** Whether an authority says everything that it must. */
export function isComplete(authority: Authority | undefined): authority is Authority {
  if (authority === undefined) return false;
  return [authority.clause, authority.reference, authority.by, authority.at].every((text) => text.trim() !== '');
}

/**
 * The authority that the plan's clause gives for non-payment and obsolete data; absent when the plan has no such clause, and
 * for customer requests, whose authority is the customer's confirmed instruction.
 */
export function authorityFromPlan(
  policy: CasePolicy,
  reason: CaseReason,
  source: { reference: string; by: string; at: string },
): Authority | undefined {
  const clause =
    reason === 'non-payment'
      ? policy.authority.nonPayment
      : reason === 'obsolete'
        ? policy.authority.obsolete
        : undefined;
  const authority = clause === undefined ? undefined : { clause, ...source };
  return isComplete(authority) ? authority : undefined;
}
