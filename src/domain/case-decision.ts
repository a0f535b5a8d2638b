import type { Case } from './case.ts';
import type { CasePolicy } from './case-policy.ts';
import type { Hold } from './hold.ts';
import type { Reason } from './reason.ts';

/** What an operator is told about. */
export type CaseAlert = 'approval-wanted' | 'undeliverable' | 'late-bounce' | 'authority-missing' | 'disputed';

/** Alerts whose subject is a case, and which it closes when their cause has gone. */
export type CaseAlertKind = `case-${CaseAlert}` | 'erasure-blocked' | 'erasure-remainder';

/**
 * What is to be done after a decision, as data. Every mail has a stable `mailId`, so sending it twice is harmless.
 * - `send-notice`: send the planned delivery, then report `notice-sent` (or `bounce` when it was refused for good).
 * - `mail`: `reminder` is reported back with `reminder-sent`; the others need no report.
 * - `start-erasure`: start the machine with this attempt; repeated by every sweep until the case has moved on.
 * - `freeze`, `unfreeze`: the tenant's status; before `unfreeze`, look whether another case still wants it frozen.
 * - `abandon-erasure`: nothing was destroyed and nothing will be; what was prepared for it goes.
 * - `settle-alerts`: the causes of these alerts have gone, whether or not they were raised.
 * - `blocked`: a sweep would have gone on, and these reasons stand in the way.
 */
export type Effect =
  | { type: 'send-notice'; delivery: string; contact: number; mailId: string }
  | { type: 'mail'; template: 'reminder'; contact: number; mailId: string; daysBefore: number; dueAt: string }
  | {
      type: 'mail';
      template: 'confirm-code' | 'cancellation' | 'interim-report' | 'deletion-report';
      contact: number;
      mailId: string;
    }
  | { type: 'start-erasure'; attempt: number }
  | { type: 'freeze' }
  | { type: 'unfreeze' }
  | { type: 'abandon-erasure' }
  | { type: 'alert'; about: CaseAlert; message: string }
  | { type: 'settle-alerts'; settled: { kind: CaseAlertKind; cause: string }[] }
  | { type: 'blocked'; reasons: Reason[] };

/** Facts beside the case. */
export interface DecisionContext {
  now: string;
  /** Read when the case opens, which pins it; afterwards the case's own copy counts, but see `approval`. */
  plan: CasePolicy;
  /** The tenant's holds; released ones and others' do no harm. */
  holds: readonly Hold[];
  /** Of the tenant's plan as it is now: the stricter of it and the case's own copy counts. */
  approval: CasePolicy['approval'];
  /** IANA name, and how many contacts the tenant has. */
  tenant: { timezone: string; contacts: number };
}

/** A refusal. `case`, where present, must be stored all the same: a wrong code counts as a try. */
export interface Refusal {
  ok: false;
  code: 'conflict' | 'blocked' | 'invalid';
  /** What stands in the way, in one sentence. */
  reason: string;
  hint: string;
  /** The field of the event that is wrong, where it is one. */
  field?: string;
  /** All reasons, where there are several (holds, notice, approval). */
  reasons?: Reason[];
  case?: Case;
}

/** `changed` is false when the event had been applied before: nothing has to be stored. */
export interface Acceptance {
  ok: true;
  case: Case;
  changed: boolean;
  effects: Effect[];
}

export type Decision = Acceptance | Refusal;

/** The event was applied: store the case, then carry out the effects. */
export function accept(value: Case, effects: Effect[] = []): Acceptance {
  return { ok: true, case: value, changed: true, effects };
}

/** The event had been applied before, or means nothing here. Effects may still be repeated. */
export function unchanged(value: Case, effects: Effect[] = []): Acceptance {
  return { ok: true, case: value, changed: false, effects };
}

/** The event does not apply, and why; `field` of the event where it is one that is wrong. */
export function refuse(code: Refusal['code'], reason: string, hint: string, field?: string): Refusal {
  return { ok: false, code, reason, hint, ...(field === undefined ? {} : { field }) };
}

/** Rules forbid it now; the first reason speaks, all are listed. */
export function refuseFor(reasons: readonly [Reason, ...Reason[]]): Refusal {
  return {
    ok: false,
    code: 'blocked',
    reason: reasons.map((r) => r.message).join('; '),
    hint: reasons[0].hint,
    reasons: [...reasons],
  };
}

/** What a decision about a case asked for and what may not have been done yet. */
export interface PendingEffect {
  caseId: string;
  id: string;
  effect: Effect;
}
