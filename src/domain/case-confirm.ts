import { addDays, addHours } from './calendar.ts';
import { type Case, factsOf } from './case.ts';
import { startClock } from './case-clock.ts';
import { accept, type Decision, type DecisionContext, refuse, refuseFor, unchanged } from './case-decision.ts';
import type { EventOf } from './case-events.ts';
import { nextDeliveryId, planDelivery } from './case-notify.ts';
import { codeMatches, maxTries } from './confirmation.ts';

/** Days after its opening for which a customer may ask for codes: a request that nobody confirms stands in the way of others. */
const codeDays = 30;

/**
 * New codes of one case within {@link newCodeHours}, whoever asks for them: each is a mail, and each gives five more tries. One that
 * a sweep sends instead of a mail that was lost is none that anybody asked for.
 */
const mostNewCodes = 5;

/** Code of the reason that there were as many. */
export const tooManyCodes = 'too-many-codes';

/** Hours within which new codes are counted. */
const newCodeHours = 24;

/** A new code instead of a lost, expired or exhausted one. The old one is worth nothing any more. */
export function newCode(value: Case, event: EventOf<'new-code'>, ctx: DecisionContext): Decision {
  const { confirmation } = value;
  if (value.status !== 'opened' || confirmation === undefined || confirmation.confirmedAt !== undefined) {
    return refuse('conflict', 'the case waits for no code', 'Look at the case first.');
  }
  if (event.actor.kind !== 'operator' && ctx.now > addDays(value.openedAt, codeDays)) {
    return refuse(
      'blocked',
      `the request was not confirmed within ${codeDays} days`,
      'Take it back, and make a new one.',
    );
  }
  const possibleAt = event.actor.kind === 'system' ? undefined : nextCodeAt(value, ctx.now);
  if (possibleAt !== undefined) {
    const message = `${mostNewCodes} new codes were mailed within ${newCodeHours} hours; the next one is possible from ${possibleAt} on`;
    return refuseFor([{ code: tooManyCodes, message, hint: 'Use the code of the newest mail, or ask again then.' }]);
  }
  const contact = confirmation.contact;
  const mailId = `confirm-code/${value.id}/${event.code.salt.slice(0, 8)}`;
  const next: Case = { ...factsOf(value), status: 'opened', confirmation: { contact, tries: 0, code: event.code } };
  return accept(next, [{ type: 'mail', template: 'confirm-code', contact, mailId }]);
}

/** From when on another code may be asked for, where too many were; absent: now. */
function nextCodeAt(value: Case, now: string): string | undefined {
  const since = addHours(now, -newCodeHours);
  const recent = value.timeline.filter(
    ({ event, at, actor }) => event === 'new-code' && at > since && actor.kind !== 'system',
  );
  const oldest = recent.at(-mostNewCodes);
  return oldest && addHours(oldest.at, newCodeHours);
}

/** The customer enters the code: the instruction is theirs, and the cooling-off period begins. */
export function confirm(value: Case, event: EventOf<'confirm'>, ctx: DecisionContext): Decision {
  const { confirmation } = value;
  if (confirmation?.confirmedAt !== undefined) return unchanged(value);
  if (value.status !== 'opened' || confirmation?.code === undefined) {
    return refuse('conflict', `the case is ${value.status} and waits for no code`, 'Look at the case first.');
  }
  const { contact, code, tries } = confirmation;
  if (tries >= maxTries) return refuse('blocked', 'the code was tried too often', 'Ask for a new code.');
  if (ctx.now > code.expiresAt)
    return refuse('blocked', `the code expired at ${code.expiresAt}`, 'Ask for a new code.');
  if (!codeMatches(event.code, code)) {
    const next: Case = { ...factsOf(value), status: 'opened', confirmation: { contact, code, tries: tries + 1 } };
    const left = maxTries - tries - 1;
    return {
      ...refuse('invalid', 'the code is not the one that was mailed', `${left} more tries.`, 'code'),
      case: next,
    };
  }
  const by = `contact ${contact + 1}, by a code mailed to the address on file`;
  const authority = value.authority ?? {
    clause: "the customer's own instruction",
    reference: `request ${value.id}`,
    by,
    at: ctx.now,
  };
  const confirmed = { ...factsOf(value), authority, confirmation: { contact, tries, confirmedAt: ctx.now } };
  const { facts, effects } = planDelivery(confirmed, contact, ctx.now);
  const basis = { confirmation: true, delivery: nextDeliveryId(confirmed) } as const;
  const clock = startClock(facts, ctx.now, ctx.tenant.timezone, basis);
  return accept({ ...facts, status: 'notified', clock }, effects);
}
