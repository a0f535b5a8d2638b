import { addCalendarDays, addMs, calendarDaysBetween, endOfDay, endOfDayAfter, localDay } from './calendar.ts';
import type { CaseFacts, RunningClock } from './case.ts';
import { counts, effectiveDelivery, reachedAt } from './notice.ts';

/** Days that a clock keeps at least when it goes on, so that a last reminder can be read before it ends. */
export const leastRemainingDays = 1;

/** What the days of a clock are counted by. */
export type ClockFacts = Pick<CaseFacts, 'reason' | 'policy' | 'extendedTo'>;

/** Days that the case's clock counts: the plan's notice, or the cooling-off of a customer's own request. */
export function clockDays(facts: ClockFacts): number {
  return facts.reason === 'customer-request' ? facts.policy.coolingOffDays : facts.policy.noticeDays;
}

/**
 * What a clock may rest on now: the delivery that counts at the plan's level, or, for a customer's own request, their
 * confirmation, unless the mail that told them how to take it back has bounced. Absent: no clock may run.
 */
export function clockBasis(facts: CaseFacts): RunningClock['basis'] | undefined {
  if (facts.reason === 'customer-request') {
    if (facts.confirmation?.confirmedAt === undefined) return undefined;
    const told = facts.deliveries.find((d) => d.supersededAt === undefined);
    if (told !== undefined && counts(told)) return { confirmation: true, delivery: told.id };
  }
  const delivery = effectiveDelivery(facts.deliveries, facts.policy.startLevel);
  return delivery && { delivery: delivery.id };
}

/** Whether the clock still rests on what it was started by. */
export function basisHolds(clock: RunningClock, facts: CaseFacts): boolean {
  const { basis } = clock;
  const delivery = facts.deliveries.find((d) => d.id === basis.delivery);
  if (delivery === undefined) return false;
  return 'confirmation' in basis ? counts(delivery) : reachedAt(delivery, facts.policy.startLevel) !== undefined;
}

/**
 * Starts the case's clock now. It never starts in the past, whatever date a receipt bears: the days count from when Tenure
 * knew. The day of the start does not count, the due day counts in full, so `days` whole local days always lie between.
 */
export function startClock(
  facts: ClockFacts,
  now: string,
  timezone: string,
  basis: RunningClock['basis'],
  days: number = clockDays(facts),
): RunningClock {
  const first = localDay(now, timezone);
  const wanted = addCalendarDays(first, days);
  const dueDay = facts.extendedTo !== undefined && facts.extendedTo > wanted ? facts.extendedTo : wanted;
  const dueAt = endOfDay(dueDay, timezone);
  const destroyFrom = addMs(endOfDayAfter(dueAt, facts.policy.settlementDays, timezone), 1);
  return { startedAt: now, days: calendarDaysBetween(first, dueDay), dueAt, destroyFrom, basis };
}

/** Moves a running clock's due day to the day that the case was extended to. */
export function extendClock(facts: CaseFacts, clock: RunningClock, timezone: string): RunningClock {
  return startClock(facts, clock.startedAt, timezone, clock.basis, clock.days);
}

/**
 * Days that are left when the clock stops. Only whole local days have counted: neither the day of the start nor the day of
 * the stop, so a clock that stops and goes on never adds up to fewer whole days than one that ran through.
 */
export function remainingDays(clock: RunningClock, now: string, timezone: string): number {
  const today = localDay(now, timezone);
  const counted = Math.max(0, calendarDaysBetween(localDay(clock.startedAt, timezone), today) - 1);
  return Math.max(leastRemainingDays, clock.days - counted);
}

/** Whether any delivery of the present notice is still on its way: planned or sent, below the wanted level, not bounced. */
export function onItsWay(facts: CaseFacts): boolean {
  return facts.deliveries.some((d) => counts(d) && reachedAt(d, facts.policy.startLevel) === undefined);
}
