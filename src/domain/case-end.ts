import { type Case, type CaseIn, factsOf, isOver, lacksApproval } from './case.ts';
import {
  accept,
  type Decision,
  type DecisionContext,
  type Effect,
  refuse,
  refuseFor,
  unchanged,
} from './case-decision.ts';
import type { EventOf } from './case-events.ts';
import { mailContact } from './case-notify.ts';
import { openerReason, tooLate } from './case-obstacles.ts';

/**
 * A payment arrived. When nothing of the case is open any more it is cancelled, up to the first destructive step; storing the
 * case under its version makes payment and first step exclude each other.
 */
export function paid(value: Case, event: EventOf<'paid'>, ctx: DecisionContext): Decision {
  if (value.reason !== 'non-payment')
    return refuse('invalid', `nothing is to be paid in a ${value.reason} case`, 'Look at the case first.');
  if (value.status === 'cancelled') return unchanged(value);
  const late = tooLate(value);
  if (late !== undefined) return refuse('conflict', late.message, late.hint);
  const { invoice } = event;
  if (invoice !== undefined && !value.invoices.some((due) => due.invoice === invoice)) {
    return refuse('invalid', `case ${value.id} is not about invoice ${invoice}`, 'Look at the case first.', 'invoice');
  }
  const hit = (due: { invoice: string; settledAt?: string }) =>
    due.settledAt === undefined && (invoice === undefined || due.invoice === invoice);
  if (!value.invoices.some(hit)) return unchanged(value);
  const invoices = value.invoices.map((due) => (hit(due) ? { ...due, settledAt: ctx.now } : due));
  const next: Case = { ...value, invoices };
  if (invoices.some((due) => due.settledAt === undefined)) return accept(next);
  return end(next, event, ctx, 'payment');
}

/**
 * A part was paid, or taken back: less is asked for from now on, or more again, and nothing else changes. The account says when the
 * whole is paid, and opens another case for what was settled and is taken back.
 */
export function outstandingChanged(value: Case, event: EventOf<'part-paid' | 'reversed'>): Decision {
  if (!value.invoices.some((due) => due.invoice === event.invoice)) {
    return refuse(
      'invalid',
      `case ${value.id} is not about invoice ${event.invoice}`,
      'Look at the case first.',
      'invoice',
    );
  }
  return isOver(value) ? unchanged(value) : accept(withOutstanding(value, event));
}

/** Taken back by who may: the customer their own request or what is obsolete, finance what is unpaid, an operator anything. */
export function cancel(value: Case, event: EventOf<'cancel'>, ctx: DecisionContext): Decision {
  if (value.status === 'cancelled') return unchanged(value);
  const late = tooLate(value);
  if (late !== undefined) return refuse('conflict', late.message, late.hint);
  if (event.actor.kind === 'customer' && value.reason === 'non-payment') {
    return refuse('blocked', 'a non-payment case ends by payment', 'Pay, or object.');
  }
  if (event.actor.kind === 'finance' && value.reason !== 'non-payment') {
    return refuse('invalid', `a ${value.reason} case is no matter of finance`, 'Look at the case first.');
  }
  return end(value, event, ctx, 'cancelled');
}

/** Nobody entered the code in time. */
export function lapse(value: Case, event: EventOf<'tick'>, ctx: DecisionContext): Decision {
  return end(value, event, ctx, 'not-confirmed');
}

/** A second person agrees to the erasure as it stands. */
export function approve(value: Case, event: EventOf<'approve'>, ctx: DecisionContext): Decision {
  if (!mayBeApproved(value, ctx)) {
    return refuse('conflict', `the case is ${value.status}`, 'A case is approved while its notice runs or after it.');
  }
  if (event.actor.id === value.openedBy.id) return refuseFor([openerReason(value)]);
  if (value.approval !== undefined) return unchanged(value);
  const approval = { by: event.actor.id, at: ctx.now };
  if (value.status !== 'awaiting-approval') return accept({ ...value, approval });
  return accept({ ...factsOf(value), approval, status: 'due', clock: value.clock });
}

/** While a notice runs or after it; and an erasure that stands still, since the plan has come to ask for a second person meanwhile. */
function mayBeApproved(
  value: Case,
  ctx: DecisionContext,
): value is CaseIn<'notified' | 'due' | 'awaiting-approval' | 'erasing' | 'remainder'> {
  if (value.status === 'erasing' || value.status === 'remainder') return lacksApproval(value, ctx);
  return value.status === 'notified' || value.status === 'due' || value.status === 'awaiting-approval';
}

function end(
  value: Case,
  event: { actor: Case['openedBy'] },
  ctx: DecisionContext,
  cause: 'payment' | 'cancelled' | 'not-confirmed',
): Decision {
  const facts = factsOf(value);
  const told = facts.noticeSentAt !== undefined || facts.reason === 'customer-request';
  const effects: Effect[] = [];
  if (told)
    effects.push({
      type: 'mail',
      template: 'cancellation',
      contact: mailContact(facts),
      mailId: `cancellation/${facts.id}`,
    });
  if (facts.reason === 'non-payment' || value.status === 'erasing') effects.push({ type: 'unfreeze' });
  if (facts.attempts > 0) effects.push({ type: 'abandon-erasure' });
  return accept({ ...facts, status: 'cancelled', cancelledAt: ctx.now, cancelledBy: event.actor, cause }, effects);
}

/** What is open of an invoice is the account's to say; of one that was settled the case asks for nothing any more. */
function withOutstanding(
  value: Case,
  { invoice, outstanding }: Pick<EventOf<'reversed'>, 'invoice' | 'outstanding'>,
): Case {
  if (outstanding === undefined) return value;
  const invoices = value.invoices.map((due) =>
    due.invoice === invoice && due.settledAt === undefined ? { ...due, outstanding } : due,
  );
  return { ...value, invoices };
}
