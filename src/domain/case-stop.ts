import { addCalendarDays, calendarDaysBetween, endOfDay, isCalendarDay, localDay } from './calendar.ts';
import { type Case, type CaseFacts, type CaseIn, type ClockStop, factsOf, isOver, unapproved } from './case.ts';
import { clockBasis, extendClock, remainingDays, startClock } from './case-clock.ts';
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
import { mailContact, notifyOnwards } from './case-notify.ts';
import { tooLate } from './case-obstacles.ts';

/** Dispute or objection: the clock stands still until it is settled. */
export function dispute(value: Case, event: EventOf<'dispute' | 'object'>, ctx: DecisionContext): Decision {
  if (event.actor.kind === 'finance' && value.reason !== 'non-payment') return notFinance(value);
  if (event.actor.kind === 'customer' && value.reason === 'customer-request')
    return refuse('blocked', "a customer's own request is not objected to", 'Take it back: cancel it.');
  return stop(value, event, { kind: event.type === 'object' ? 'objection' : 'dispute', at: ctx.now }, ctx);
}

/** A promise to pay by the end of a day: the clock stands still until then. */
export function promise(value: Case, event: EventOf<'promise'>, ctx: DecisionContext): Decision {
  if (value.reason !== 'non-payment')
    return refuse('invalid', `nothing is to be paid in a ${value.reason} case`, 'Look at the case first.');
  return (
    dayProblem(event.until, ctx) ??
    stop(value, event, { kind: 'promise', at: ctx.now, until: endOfDay(event.until, ctx.tenant.timezone) }, ctx)
  );
}

/** The customer wants obsolete data until a day; afterwards the whole notice begins anew. */
export function keepUntil(value: Case, event: EventOf<'keep-until'>, ctx: DecisionContext): Decision {
  if (value.reason !== 'obsolete')
    return refuse(
      'invalid',
      `a ${value.reason} case is not put off like this`,
      value.reason === 'customer-request' ? 'Extend it, or take it back.' : 'Pay, or object.',
    );
  return (
    dayProblem(event.until, ctx) ??
    beyondCustomer(value, event, ctx) ??
    stop(value, event, { kind: 'keep', at: ctx.now, until: endOfDay(event.until, ctx.tenant.timezone) }, ctx)
  );
}

/** Settled against the customer: the clock goes on with the days that were left. */
export function settle(value: Case, event: EventOf<'settle'>, ctx: DecisionContext): Decision {
  if (event.actor.kind === 'finance' && value.reason !== 'non-payment') return notFinance(value);
  if (isOver(value)) return refuse('conflict', `the case is ${value.status}`, 'Nothing is to be done.');
  if (value.status !== 'disputed') return unchanged(value); // a promise that ran out has been settled by the sweep
  return resume(value, ctx);
}

/** Days after the opening of a case to which a customer may put it off: it stands in the way of others about the same data. */
const customerDays = 365;

/** The last day to which a customer may put the case off. An operator may as far as needed. */
export function lastDayOfCustomer({ openedAt }: Pick<Case, 'openedAt'>, timezone: string): string {
  return addCalendarDays(localDay(openedAt, timezone), customerDays);
}

/** Moves the due day to a later one. It never moves nearer. */
export function extend(value: Case, event: EventOf<'extend'>, ctx: DecisionContext): Decision {
  if (event.actor.kind === 'customer' && value.reason === 'non-payment') {
    return refuse('blocked', 'a non-payment case is not put off by the customer', 'Pay, or object.');
  }
  if (event.actor.kind === 'finance' && value.reason !== 'non-payment') return notFinance(value);
  const late = tooLate(value);
  if (late !== undefined) return refuse('conflict', late.message, late.hint);
  if (!('clock' in value))
    return refuse('conflict', `the case is ${value.status}; no clock runs`, 'Wait for the notice, or settle it first.');
  const { timezone } = ctx.tenant;
  const problem = dayProblem(event.until, ctx) ?? beyondCustomer(value, event, ctx);
  if (problem !== undefined) return problem;
  if (calendarDaysBetween(localDay(value.clock.dueAt, timezone), event.until) <= 0) {
    return refuse(
      'invalid',
      `${event.until} is not after the due day ${localDay(value.clock.dueAt, timezone)}`,
      'A notice is only ever made longer.',
      'until',
    );
  }
  const facts = { ...unapproved(factsOf(value)), extendedTo: event.until };
  const clock = extendClock(facts, value.clock, timezone);
  return accept({ ...facts, status: 'notified', clock }, thaw(value));
}

/**
 * Lets a stopped case go on: with the days that were left where its notice still counts, with a full clock where none had
 * started, with a full new notice where the customer had kept the data, and without any where nobody was reached.
 */
export function resume(value: CaseIn<'disputed'>, ctx: DecisionContext): Decision {
  const facts = factsOf(value);
  if (facts.reason === 'customer-request' && facts.confirmation?.confirmedAt === undefined)
    return accept({ ...facts, status: 'opened' });
  if (value.stop.kind === 'keep') return again(superseded(facts, ctx.now), ctx);
  const basis = clockBasis(facts);
  if (basis === undefined) return again(facts, ctx);
  const clock = startClock(facts, ctx.now, ctx.tenant.timezone, basis, value.stop.remainingDays);
  const { dueAt, days } = clock;
  const mailId = `reminder/${facts.id}/${dueAt.slice(0, 10)}/${days}`;
  const reminder: Effect = {
    type: 'mail',
    template: 'reminder',
    contact: mailContact(facts),
    mailId,
    daysBefore: days,
    dueAt,
  };
  return accept({ ...facts, status: 'notified', clock }, [reminder]);
}

/** Unfreezes a tenant whom only the begun erasure had frozen; an unpaid one stays frozen. */
export function thaw(value: Case): Effect[] {
  return value.status === 'erasing' && value.reason !== 'non-payment' ? [{ type: 'unfreeze' }] : [];
}

type StopEvent = EventOf<'dispute' | 'object' | 'promise' | 'keep-until'>;

function stop(value: Case, event: StopEvent, wanted: ClockStop, ctx: DecisionContext): Decision {
  const late = tooLate(value);
  if (late !== undefined) return refuse('conflict', late.message, late.hint);
  if (isOver(value)) return refuse('conflict', `the case is ${value.status}`, 'Nothing is to be done.');
  const facts = unapproved(factsOf(value));
  const message = `case ${value.id}: ${wanted.kind}${wanted.until === undefined ? '' : ` until ${wanted.until}`}`;
  const effects: Effect[] = [{ type: 'alert', about: 'disputed', message }, ...thaw(value)];
  if (value.status === 'disputed') {
    const merged = longer(value.stop, wanted);
    const said = isSame(merged, value.stop) ? saidBefore(value, event) : undefined;
    return said ?? accept({ ...facts, status: 'disputed', stop: merged }, effects);
  }
  const left =
    'clock' in value && wanted.kind !== 'keep' ? remainingDays(value.clock, ctx.now, ctx.tenant.timezone) : undefined;
  return accept(
    { ...facts, status: 'disputed', stop: { ...wanted, ...(left !== undefined && { remainingDays: left }) } },
    effects,
  );
}

/** Two stops at once: one without end outlasts one with an end, and of two ends the later counts. A wish to keep stays one. */
function longer(now: ClockStop, wanted: ClockStop): ClockStop {
  const keep = now.kind === 'keep' || wanted.kind === 'keep';
  const [, until] = now.until === undefined || wanted.until === undefined ? [] : [now.until, wanted.until].sort();
  const kind = keep ? 'keep' : until === now.until ? now.kind : wanted.kind;
  const left = keep ? undefined : now.remainingDays;
  return {
    kind,
    at: now.at,
    ...(until !== undefined && { until }),
    ...(left !== undefined && { remainingDays: left }),
  };
}

function isSame(one: ClockStop, other: ClockStop): boolean {
  return one.kind === other.kind && one.until === other.until && one.remainingDays === other.remainingDays;
}

/**
 * Of what stops nothing any more only this is new: that one more side disputes it, and its words. A customer's words are kept once
 * while a case stands still, since each line makes the case longer for good. `undefined`: it is new.
 */
function saidBefore(value: CaseIn<'disputed'>, event: StopEvent): Decision | undefined {
  if (event.type === 'promise' || event.type === 'keep-until') return unchanged(value);
  const { note, actor } = event;
  const said = value.timeline.filter(
    (line) =>
      line.at >= value.stop.at &&
      line.actor.kind === actor.kind &&
      (line.event === 'dispute' || line.event === 'object'),
  );
  if (note === undefined ? said.length > 0 : said.some((line) => line.note === note)) return unchanged(value);
  if (note === undefined || actor.kind !== 'customer' || said.every((line) => line.note === undefined))
    return undefined;
  return refuse(
    'conflict',
    'the clock stands still already, and why is on record',
    'Wait until it is settled, or write to the operator.',
  );
}

/** Sends a notice anew or onwards; the clock starts when it arrives. */
function again(facts: CaseFacts, ctx: DecisionContext): Decision {
  const onwards = notifyOnwards(facts, ctx);
  const next = onwards.facts;
  const bounced = next.deliveries.some((d) => d.bounced !== undefined && d.supersededAt === undefined);
  if (bounced) return accept({ ...next, status: 'undeliverable', undeliverableAt: ctx.now }, onwards.effects);
  return accept({ ...next, status: 'opened' }, onwards.effects);
}

function superseded(facts: CaseFacts, now: string): CaseFacts {
  return {
    ...facts,
    deliveries: facts.deliveries.map((d) => (d.supersededAt === undefined ? { ...d, supersededAt: now } : d)),
  };
}

/** What is wrong with a day until which something stops. */
export function dayProblem(
  day: string,
  ctx: { now: string; tenant: Pick<DecisionContext['tenant'], 'timezone'> },
): Refusal | undefined {
  if (!isCalendarDay(day))
    return refuse('invalid', `"${day}" is not a calendar day`, 'Write it like 2026-11-30.', 'until');
  const today = localDay(ctx.now, ctx.tenant.timezone);
  return day < today ? refuse('invalid', `${day} is past`, `Give ${today} or a later day.`, 'until') : undefined;
}

function beyondCustomer(
  value: Case,
  { actor, until }: EventOf<'extend' | 'keep-until'>,
  ctx: DecisionContext,
): Refusal | undefined {
  const last = lastDayOfCustomer(value, ctx.tenant.timezone);
  if (actor.kind !== 'customer' || until <= last) return undefined;
  const message = `${until} is more than ${customerDays} days after the case was opened`;
  return refuse('invalid', message, `Name ${last} or an earlier day; an operator may name a later one.`, 'until');
}

function notFinance(value: Case): Refusal {
  return refuse('invalid', `a ${value.reason} case is no matter of finance`, 'Look at the case first.');
}
