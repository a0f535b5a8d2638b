import type { DeliveryLevel } from './notice.ts';

/** What a case needs to know of its plan. It is copied into the case when it opens, so a new plan version changes nothing there. */
export interface CasePolicy {
  /** Whole local days between the notice and the due day; at least 30. */
  noticeDays: number;
  /** Days before the due day on which a reminder goes out. */
  reminders: number[];
  /** Level that a delivery must reach for the clock to start. */
  startLevel: DeliveryLevel;
  /** Whole local days after the due day before anything is destroyed. */
  settlementDays: number;
  /** Whole local days that a customer has to take a request of their own back. */
  coolingOffDays: number;
  /** `required`: erasing a whole tenant needs a second person. */
  approval: 'required' | 'none';
  /** The agreement's clauses that allow erasure. */
  authority: { nonPayment?: string; obsolete?: string };
}

/** The part of a plan that a case reads; a whole plan fits. */
export interface PlanForCases {
  notice: { noticeDays: number; reminders: readonly number[]; startLevel: DeliveryLevel };
  settlementDays: number;
  coolingOffDays: number;
  approval: 'required' | 'none';
  authority: { nonPayment?: string | undefined; obsolete?: string | undefined };
}

/** Takes from a plan what a case needs. */
export function casePolicy(plan: PlanForCases): CasePolicy {
  const { nonPayment, obsolete } = plan.authority;
  return {
    noticeDays: plan.notice.noticeDays,
    reminders: [...plan.notice.reminders],
    startLevel: plan.notice.startLevel,
    settlementDays: plan.settlementDays,
    coolingOffDays: plan.coolingOffDays,
    approval: plan.approval,
    authority: { ...(nonPayment !== undefined && { nonPayment }), ...(obsolete !== undefined && { obsolete }) },
  };
}
