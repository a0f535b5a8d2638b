import type { Authority, CaseReason } from './authority.ts';
import type { Actor, CaseEventType, InvoiceDue, RemainderItem, SealedCode } from './case-events.ts';
import type { CasePolicy } from './case-policy.ts';
import type { Hold } from './hold.ts';
import { holdsOn } from './hold.ts';
import type { Delivery, ReminderSent } from './notice.ts';
import { isWholeTenant, type Scope } from './scope.ts';

/** One line of a case's life. */
export interface TimelineEntry {
  at: string;
  event: CaseEventType;
  actor: Actor;
  /** Status after the event. */
  status: Case['status'];
  note?: string;
}

/** A running clock. Days are the tenant's local days; a part of a day never counts as a day of notice. */
export interface RunningClock {
  startedAt: string;
  /** Local days that must pass in full after the day of `startedAt`. */
  days: number;
  /** Last millisecond of the tenant's local due day. */
  dueAt: string;
  /** First instant at which something may be destroyed: `settlementDays` whole local days after `dueAt`. */
  destroyFrom: string;
  /** What started it: the delivery that counts, or the customer's own confirmation, answered by the delivery named. */
  basis: { delivery: string } | { confirmation: true; delivery: string };
}

/** Why a clock stands still. */
export interface ClockStop {
  kind: 'dispute' | 'objection' | 'promise' | 'keep';
  at: string;
  /** End (last millisecond of a local day) of a promise or of a wish to keep; a dispute ends by being settled only. */
  until?: string;
  /** Local days of notice that were left; absent when no clock had started, or when the notice has to be given anew. */
  remainingDays?: number;
}

/** A second person's yes to the erasure as it stood then; gone when the clock stops or moves. */
export interface Approval {
  by: string;
  at: string;
}

/** A customer's identity, shown by a code that was mailed to the address on file. */
export interface Confirmation {
  contact: number;
  code?: SealedCode;
  /** Wrong codes since the last code was made; five end it. */
  tries: number;
  confirmedAt?: string;
}

/** An invoice of a non-payment case. Once settled it never comes back into this case. */
export interface CaseInvoice extends InvoiceDue {
  settledAt?: string;
}

/** What every case carries, whatever its status. */
export interface CaseFacts {
  /** `c-` + 10 lower-case hex digits. */
  id: string;
  tenant: string;
  scope: Scope;
  reason: CaseReason;
  note?: string;
  /** Plan version that the case is pinned to, and what it says about cases. */
  planDigest: string;
  policy: CasePolicy;
  authority?: Authority;
  openedBy: Actor;
  openedAt: string;
  deliveries: Delivery[];
  /** When the first notice was handed over. */
  noticeSentAt?: string;
  reminders: ReminderSent[];
  /** Calendar day before whose end the case never becomes due, however its clock starts again. */
  extendedTo?: string;
  approval?: Approval;
  confirmation?: Confirmation;
  invoices: CaseInvoice[];
  /** How often an erasure was begun. */
  attempts: number;
  timeline: TimelineEntry[];
}

/** What a case knows once destruction has begun. */
export interface Begun {
  clock: RunningClock;
  begunAt: string;
  /** Steps in the order in which they were first begun. */
  steps: { step: string; at: string }[];
}

/**
 * A case: one reason to erase one scope. A hold is not a status: it lies in its own record, on top of whatever the case is,
 * so that releasing it loses nothing; `shownStatus` says `held`.
 */
export type Case = CaseFacts &
  (
    | { status: 'opened' }
    | { status: 'undeliverable'; undeliverableAt: string }
    | { status: 'notified'; clock: RunningClock }
    | { status: 'disputed'; stop: ClockStop }
    | { status: 'awaiting-approval'; clock: RunningClock }
    | { status: 'due'; clock: RunningClock }
    | ({ status: 'erasing'; destroyedAnything: false } & Begun)
    | ({ status: 'erasing'; destroyedAnything: true; destroyedSince: string; remainder?: RemainderItem[] } & Begun)
    | ({ status: 'remainder'; destroyedSince: string; remainder: RemainderItem[]; nextCheckAt: string } & Begun)
    | ({ status: 'certified'; destroyedSince: string; certificate: CertificateRef } & Begun)
    | ({ status: 'closed'; destroyedSince: string; certificate: CertificateRef; closedAt: string } & Begun)
    | { status: 'cancelled'; cancelledAt: string; cancelledBy: Actor; cause: 'payment' | 'cancelled' | 'not-confirmed' }
  );

/** The certificate that ends a case. */
export interface CertificateRef {
  id: string;
  /** SHA-256 (hex) of the canonical content. */
  digest: string;
  at: string;
}

export type CaseStatus = Case['status'];

/** A case in one status. */
export type CaseIn<S extends CaseStatus> = Extract<Case, { status: S }>;

/** Whether nothing more will happen to the case. */
export function isOver(value: Case): boolean {
  return value.status === 'closed' || value.status === 'cancelled';
}

/** Whether something was destroyed: from then on there is no way back. */
export function isTooLate(value: Case): value is Extract<Case, { destroyedSince: string }> {
  return 'destroyedSince' in value;
}

/** End of the local due day, where a clock runs or ran. */
export function dueAtOf(value: Case): string | undefined {
  return 'clock' in value ? value.clock.dueAt : undefined;
}

/** The status as it is shown: `held` while an active hold overlaps a case that is neither over nor certified. */
export function shownStatus(value: Case, holds: readonly Hold[]): CaseStatus | 'held' {
  if (isOver(value) || value.status === 'certified') return value.status;
  return holdsOn(value.scope, holds).length > 0 ? 'held' : value.status;
}

/** What a line of the timeline is called where it is shown: a wrong code is an event of its own. */
export type ShownEventType = CaseEventType | 'wrong-code';

/** The event as it is shown. After a wrong code the case still waits; the right one moves it on. */
export function shownEvent({ event, status }: Pick<TimelineEntry, 'event' | 'status'>): ShownEventType {
  return event === 'confirm' && status === 'opened' ? 'wrong-code' : event;
}

/**
 * Whether the case lacks a second person: it is about a whole tenant, and the plan that it began under or the tenant's plan as it is
 * now asks for one. The stricter of the two decides, so that nobody gets around the second person by changing the plan for a moment.
 */
export function lacksApproval(facts: CaseFacts, now: { approval: CasePolicy['approval'] }): boolean {
  const isAsked = facts.policy.approval === 'required' || now.approval === 'required';
  return isAsked && isWholeTenant(facts.scope) && facts.approval === undefined;
}

/** The common facts alone, for going on to another status without dragging the old one's fields along. */
export function factsOf(value: Case): CaseFacts {
  const { id, tenant, scope, reason, note, planDigest, policy, authority, openedBy, openedAt } = value;
  const { deliveries, noticeSentAt, reminders, extendedTo, approval, confirmation, invoices, attempts, timeline } =
    value;
  return {
    ...{
      id,
      tenant,
      scope,
      reason,
      planDigest,
      policy,
      openedBy,
      openedAt,
      deliveries,
      reminders,
      invoices,
      attempts,
      timeline,
    },
    ...(note !== undefined && { note }),
    ...(authority !== undefined && { authority }),
    ...(noticeSentAt !== undefined && { noticeSentAt }),
    ...(extendedTo !== undefined && { extendedTo }),
    ...(approval !== undefined && { approval }),
    ...(confirmation !== undefined && { confirmation }),
  };
}

/** The same without an approval: it was given to an erasure that stood otherwise. */
export function unapproved(facts: CaseFacts): CaseFacts {
  const { approval: _gone, ...rest } = facts;
  return rest;
}
