import { isComplete } from './authority.ts';
import type { CaseFacts } from './case.ts';
import { onItsWay } from './case-clock.ts';
import type { DecisionContext, Effect } from './case-decision.ts';
import { authorityReason } from './case-obstacles.ts';
import { type Delivery, effectiveDelivery, nextContact, pendingDeliveries } from './notice.ts';

/** Facts with the next step of a notice taken, and what is to be done for it. */
export interface Notified {
  facts: CaseFacts;
  effects: Effect[];
}

/** Plans a mail to one contact. Planning is the stored intent to send; sending may be repeated under the same id. */
export function planDelivery(facts: CaseFacts, contact: number, now: string): Notified {
  const delivery: Delivery = { id: nextDeliveryId(facts), contact, channel: 'mail', plannedAt: now, levels: [] };
  return { facts: { ...facts, deliveries: [...facts.deliveries, delivery] }, effects: [sendEffect(facts, delivery)] };
}

/** `d1`, `d2`, … */
export function nextDeliveryId(facts: CaseFacts): string {
  return `d${facts.deliveries.length + 1}`;
}

/** Effects that send what is planned and not yet sent. */
export function sendPending(facts: CaseFacts): Effect[] {
  return pendingDeliveries(facts.deliveries).map((delivery) => sendEffect(facts, delivery));
}

/**
 * Gets the notice on its way where it is not: what is planned is sent, what is under way is waited for, else the next contact
 * is tried; when everybody was tried an operator is asked. A notice names its authority, so without one none goes out.
 */
export function notifyOnwards(facts: CaseFacts, ctx: DecisionContext): Notified {
  if (!isComplete(facts.authority)) {
    const message = `case ${facts.id}: ${authorityReason(facts).message}`;
    return { facts, effects: [{ type: 'alert', about: 'authority-missing', message }] };
  }
  const pending = sendPending(facts);
  if (pending.length > 0) return { facts, effects: pending };
  if (onItsWay(facts)) return { facts, effects: [] };
  const contact = nextContact(facts.deliveries, ctx.tenant.contacts);
  if (contact !== undefined) return planDelivery(facts, contact, ctx.now);
  const message = `case ${facts.id}: the notice reached none of the ${ctx.tenant.contacts} contacts`;
  return { facts, effects: [{ type: 'alert', about: 'undeliverable', message }] };
}

/** The contact whom further mails go to: the one whom the notice reached, else who confirmed, else the first. */
export function mailContact(facts: CaseFacts): number {
  const reached =
    effectiveDelivery(facts.deliveries, facts.policy.startLevel) ?? facts.deliveries.find((d) => d.levels.length > 0);
  return reached?.contact ?? facts.confirmation?.contact ?? 0;
}

function sendEffect(facts: CaseFacts, delivery: Delivery): Effect {
  const mailId = `notice/${facts.id}/${delivery.id}`;
  return { type: 'send-notice', delivery: delivery.id, contact: delivery.contact, mailId };
}
