import { parseInstant } from './calendar.ts';
import type { Case } from './case.ts';
import { settledAlerts } from './case-alerts.ts';
import { confirm, newCode } from './case-confirm.ts';
import { type Acceptance, type Decision, type DecisionContext, refuse } from './case-decision.ts';
import { bounce, deliveryLevel, notifyContact, recordDelivery, reminderSent } from './case-delivery.ts';
import { approve, cancel, outstandingChanged, paid } from './case-end.ts';
import { beginErasure, beginStep, certify, close, remainderFound } from './case-erase.ts';
import { type CaseEvent, mayCause } from './case-events.ts';
import { authorise, open } from './case-open.ts';
import { dispute, extend, keepUntil, promise, settle } from './case-stop.ts';
import { tick } from './case-tick.ts';
import { recorded, tooManyLines } from './case-timeline.ts';

/**
 * Decides what an event does to a case. Pure: the same arguments give the same answer, and nothing is done; the caller stores
 * the case under its version (so that two events at once cannot both win) and then carries out the effects. Refusals are
 * answers, never thrown; only an unreadable instant throws InvalidError. Events may be repeated: what was applied before is accepted as `unchanged`.
 *
 * `event.at` says when it happened; every period is counted from `ctx.now`, so that no date in an event shortens one.
 */
export function decide(value: Case | undefined, event: CaseEvent, ctx: DecisionContext): Decision {
  const { kind, id } = event.actor;
  if (id.trim() === '' || !mayCause[event.type].includes(kind)) {
    return refuse(
      'invalid',
      `${kind} "${id}" may not cause "${event.type}"`,
      `It is for ${mayCause[event.type].join(' or ')}.`,
    );
  }
  const now = parseInstant(ctx.now);
  if (parseInstant(event.at) > now) {
    return refuse('invalid', `the event is of ${event.at}, which is in the future`, 'Check the clocks.');
  }
  const decision = route(value, event, { ...ctx, now });
  if (decision.ok) {
    if (!decision.changed) return decision;
    return tooManyLines(value, event) ?? applied(value, event, decision, now);
  }
  return decision.case === undefined ? decision : { ...decision, case: recorded(decision.case, event, now) };
}

function applied(before: Case | undefined, event: CaseEvent, decision: Acceptance, now: string): Acceptance {
  const after = decision.case;
  return {
    ...decision,
    case: recorded(after, event, now),
    effects: [...decision.effects, ...settledAlerts(before, after)],
  };
}

function route(value: Case | undefined, event: CaseEvent, ctx: DecisionContext): Decision {
  if (value === undefined) {
    return event.type === 'open' ? open(event, ctx) : refuse('invalid', 'there is no such case', 'Open it first.');
  }
  switch (event.type) {
    case 'open':
      return refuse('conflict', `case ${value.id} exists`, 'Look at it with `tenure case show`.');
    case 'authorise':
      return authorise(value, event, ctx);
    case 'new-code':
      return newCode(value, event, ctx);
    case 'confirm':
      return confirm(value, event, ctx);
    case 'notice-sent':
    case 'notice-level':
      return deliveryLevel(value, event, ctx);
    case 'notice-recorded':
      return recordDelivery(value, event, ctx);
    case 'bounce':
      return bounce(value, event, ctx);
    case 'notify-contact':
      return notifyContact(value, event, ctx);
    case 'reminder-sent':
      return reminderSent(value, event, ctx);
    case 'dispute':
    case 'object':
      return dispute(value, event, ctx);
    case 'promise':
      return promise(value, event, ctx);
    case 'keep-until':
      return keepUntil(value, event, ctx);
    case 'settle':
      return settle(value, event, ctx);
    case 'extend':
      return extend(value, event, ctx);
    case 'paid':
      return paid(value, event, ctx);
    case 'part-paid':
    case 'reversed':
      return outstandingChanged(value, event);
    case 'approve':
      return approve(value, event, ctx);
    case 'cancel':
      return cancel(value, event, ctx);
    case 'tick':
      return tick(value, event, ctx);
    case 'begin-erasure':
      return beginErasure(value, event, ctx);
    case 'begin-step':
      return beginStep(value, event, ctx);
    case 'remainder-found':
      return remainderFound(value, event, ctx);
    case 'certify':
      return certify(value, event, ctx);
    case 'close':
      return close(value, event, ctx);
  }
}
