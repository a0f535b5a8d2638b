import { isComplete } from './authority.ts';
import { type Case, factsOf, isOver, unapproved } from './case.ts';
import { basisHolds, clockBasis, startClock } from './case-clock.ts';
import {
  accept,
  type Decision,
  type DecisionContext,
  type Effect,
  type Refusal,
  refuse,
  unchanged,
} from './case-decision.ts';
import type { EventOf } from './case-events.ts';
import { nextDeliveryId, notifyOnwards, planDelivery } from './case-notify.ts';
import { isUnconfirmed } from './case-obstacles.ts';
import { thaw } from './case-stop.ts';
import { counts, type Delivery, pendingDeliveries, reaches } from './notice.ts';

/** A mail was handed over, or rose to a level. Reaching the plan's level starts the clock, now and never earlier. */
export function deliveryLevel(
  value: Case,
  event: EventOf<'notice-sent' | 'notice-level'>,
  ctx: DecisionContext,
): Decision {
  const delivery = value.deliveries.find((d) => d.id === event.delivery);
  if (delivery === undefined)
    return refuse(
      'invalid',
      `case ${value.id} has no delivery ${event.delivery}`,
      'Look at the case first.',
      'delivery',
    );
  if (event.evidence.trim() === '')
    return refuse('invalid', 'a delivery needs evidence', 'Give the digest of what proves it.', 'evidence');
  if (delivery.levels.some((reached) => reaches(reached.level, event.level))) return unchanged(value);
  if (delivery.bounced !== undefined) {
    return refuse('conflict', `delivery ${delivery.id} bounced at ${delivery.bounced.at}`, 'Notify the contact again.');
  }
  const levels = [...delivery.levels, { level: event.level, at: ctx.now, evidence: event.evidence }];
  return settleClock(withDelivery(value, { ...delivery, levels }, ctx.now), ctx);
}

/** An operator records a delivery that Tenure did not make: a registered letter with its receipt. */
export function recordDelivery(value: Case, event: EventOf<'notice-recorded'>, ctx: DecisionContext): Decision {
  if (isOver(value) || value.status === 'certified')
    return refuse('conflict', `the case is ${value.status}`, 'Nothing is to be done.');
  const early = tooEarly(value);
  if (early !== undefined) return early;
  if (event.evidence.trim() === '')
    return refuse('invalid', 'a delivery needs evidence', 'Give the digest of the receipt.', 'evidence');
  if (!isContact(event.contact, ctx))
    return refuse('invalid', `there is no contact ${event.contact}`, 'Name one of the contacts.', 'contact');
  const levels = [{ level: event.level, at: ctx.now, evidence: event.evidence }];
  const { contact, channel } = event;
  return settleClock(
    withDelivery(value, { id: nextDeliveryId(value), contact, channel, plannedAt: ctx.now, levels }, ctx.now),
    ctx,
  );
}

/** Sends the notice to a contact (again). */
export function notifyContact(value: Case, event: EventOf<'notify-contact'>, ctx: DecisionContext): Decision {
  if (!isContact(event.contact, ctx))
    return refuse('invalid', `there is no contact ${event.contact}`, 'Name one of the contacts.', 'contact');
  if (isOver(value) || value.status === 'certified' || value.status === 'disputed') {
    return refuse('conflict', `the case is ${value.status}`, 'A notice goes out while a case is open and undisputed.');
  }
  const early = tooEarly(value);
  if (early !== undefined) return early;
  if (pendingDeliveries(value.deliveries).some((d) => d.contact === event.contact)) return unchanged(value);
  const { facts, effects } = planDelivery(factsOf(value), event.contact, ctx.now);
  return accept({ ...value, deliveries: facts.deliveries }, effects);
}

/** Nobody can have been noticed of what nobody may erase yet; a request is told of to its customer once it is confirmed. */
function tooEarly(value: Case): Refusal | undefined {
  if (isComplete(value.authority) && !isUnconfirmed(value)) return undefined;
  return refuse(
    'blocked',
    'the case has no authority yet, so it cannot have been noticed',
    'Record the authority, or let the customer confirm, first.',
  );
}

/**
 * A mail came back. What counted on it falls: a running clock stops, the next contact is tried, then an operator is asked.
 * When another delivery still counts, the full notice begins anew with it.
 */
export function bounce(value: Case, event: EventOf<'bounce'>, ctx: DecisionContext): Decision {
  const delivery = value.deliveries.find((d) => d.id === event.delivery);
  if (delivery === undefined)
    return refuse(
      'invalid',
      `case ${value.id} has no delivery ${event.delivery}`,
      'Look at the case first.',
      'delivery',
    );
  if (delivery.bounced !== undefined) return unchanged(value);
  const { reason, evidence } = event;
  const bounced = { at: ctx.now, reason, ...(evidence !== undefined && { evidence }) };
  const next = withDelivery(value, { ...delivery, bounced }, ctx.now);
  const alert: Effect = {
    type: 'alert',
    about: 'late-bounce',
    message: `case ${value.id}: notice ${delivery.id} bounced: ${reason}`,
  };
  // Nobody has to be noticed any more.
  if (next.status === 'cancelled') return accept(next);
  if (isOver(next) || next.status === 'certified' || delivery.supersededAt !== undefined) return accept(next, [alert]);
  if (next.status === 'disputed') {
    const { remainingDays: _lost, ...stop } = next.stop;
    return accept({ ...next, stop }, [alert]);
  }
  if (!('clock' in next)) return undeliverable(next, ctx, []);
  if (basisHolds(next.clock, next)) return accept(next, [alert]);
  if ('destroyedSince' in next) {
    const onwards = notifyOnwards(factsOf(next), ctx);
    return accept({ ...next, deliveries: onwards.facts.deliveries }, [alert, ...onwards.effects]);
  }
  const facts = unapproved(factsOf(next));
  const basis = clockBasis(facts);
  if (basis === undefined) return undeliverable({ ...facts, status: 'opened' }, ctx, [alert, ...thaw(next)]);
  return accept({ ...facts, status: 'notified', clock: startClock(facts, ctx.now, ctx.tenant.timezone, basis) }, [
    alert,
    ...thaw(next),
  ]);
}

/** A reminder went out. */
export function reminderSent(value: Case, event: EventOf<'reminder-sent'>, ctx: DecisionContext): Decision {
  const { daysBefore, dueAt } = event;
  if (value.reminders.some((sent) => sent.dueAt === dueAt && sent.daysBefore === daysBefore)) return unchanged(value);
  return accept({ ...value, reminders: [...value.reminders, { daysBefore, dueAt, at: ctx.now }] });
}

/** Starts the clock where a delivery now counts and none runs; a clock that lost its ground during destruction starts anew. */
function settleClock(value: Case, ctx: DecisionContext): Decision {
  const basis = clockBasis(value);
  if (basis === undefined || !isComplete(value.authority)) return accept(value);
  if (value.status === 'opened' || value.status === 'undeliverable') {
    return accept({
      ...factsOf(value),
      status: 'notified',
      clock: startClock(value, ctx.now, ctx.tenant.timezone, basis),
    });
  }
  if ((value.status === 'erasing' || value.status === 'remainder') && !basisHolds(value.clock, value)) {
    return accept({ ...value, clock: startClock(value, ctx.now, ctx.tenant.timezone, basis) });
  }
  return accept(value);
}

function undeliverable(value: Case, ctx: DecisionContext, first: Effect[]): Decision {
  const { facts, effects } = notifyOnwards(factsOf(value), ctx);
  return accept({ ...facts, status: 'undeliverable', undeliverableAt: ctx.now }, [...first, ...effects]);
}

function withDelivery(value: Case, delivery: Delivery, now: string): Case {
  const known = value.deliveries.some((d) => d.id === delivery.id);
  const deliveries = known
    ? value.deliveries.map((d) => (d.id === delivery.id ? delivery : d))
    : [...value.deliveries, delivery];
  const sent = delivery.levels.length > 0 && counts(delivery);
  return { ...value, deliveries, ...(sent && value.noticeSentAt === undefined && { noticeSentAt: now }) };
}

function isContact(contact: number, ctx: DecisionContext): boolean {
  return Number.isInteger(contact) && contact >= 0 && contact < ctx.tenant.contacts;
}
