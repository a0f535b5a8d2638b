import { isComplete } from './authority.ts';
import { calendarDaysBetween, localDay } from './calendar.ts';
import { type Case, type CaseIn, factsOf, lacksApproval } from './case.ts';
import { accept, type Decision, type DecisionContext, type Effect, unchanged } from './case-decision.ts';
import { lapse } from './case-end.ts';
import type { EventOf } from './case-events.ts';
import { mailContact, sendPending } from './case-notify.ts';
import { approvalReason, authorityReason, eraseObstacles } from './case-obstacles.ts';
import { resume } from './case-stop.ts';

/** The sweep: what is due now. It may come late, twice or after days; it never skips a rule to catch up. */
export function tick(value: Case, event: EventOf<'tick'>, ctx: DecisionContext): Decision {
  switch (value.status) {
    case 'opened':
    case 'undeliverable':
      return tickUnnoticed(value, event, ctx);
    case 'notified':
      return ctx.now > value.clock.dueAt
        ? becomeDue(value, ctx)
        : unchanged(value, [...sendPending(value), ...reminder(value, ctx)]);
    case 'awaiting-approval':
      return lacksApproval(value, ctx)
        ? unchanged(value, [{ type: 'blocked', reasons: eraseObstacles(value, ctx) }])
        : becomeDue(value, ctx);
    case 'disputed':
      return value.stop.until !== undefined && ctx.now > value.stop.until ? resume(value, ctx) : unchanged(value);
    case 'due':
      return lacksApproval(value, ctx)
        ? becomeDue(value, ctx)
        : unchanged(value, beginWhenFree(value, ctx, value.attempts + 1));
    case 'erasing':
      return unchanged(value, [...sendPending(value), ...goOn(value, ctx, value.attempts)]);
    case 'remainder': {
      const again = ctx.now >= value.nextCheckAt ? goOn(value, ctx, value.attempts + 1) : [];
      return unchanged(value, [...sendPending(value), ...again]);
    }
    case 'certified':
      return unchanged(value, [{ type: 'start-erasure', attempt: value.attempts }]);
    case 'closed':
    case 'cancelled':
      return unchanged(value);
  }
}

function tickUnnoticed(
  value: CaseIn<'opened' | 'undeliverable'>,
  event: EventOf<'tick'>,
  ctx: DecisionContext,
): Decision {
  const { confirmation } = value;
  if (value.reason === 'customer-request' && confirmation?.confirmedAt === undefined) {
    const expired = confirmation?.code === undefined || ctx.now > confirmation.code.expiresAt;
    return expired ? lapse(value, event, ctx) : unchanged(value);
  }
  if (!isComplete(value.authority)) return unchanged(value, [{ type: 'blocked', reasons: [authorityReason(value)] }]);
  return unchanged(value, sendPending(value));
}

/**
 * The due day has passed: a whole tenant waits for a second person, everything else for its settlement days. A plan that is changed
 * between then and the erasure leads from the one to the other.
 */
function becomeDue(value: CaseIn<'notified' | 'awaiting-approval' | 'due'>, ctx: DecisionContext): Decision {
  const facts = factsOf(value);
  const { clock } = value;
  if (lacksApproval(value, ctx)) {
    const message = `case ${value.id}: ${approvalReason(value).message}`;
    const waiting: Case = { ...facts, status: 'awaiting-approval', clock };
    return accept(waiting, [
      { type: 'alert', about: 'approval-wanted', message },
      { type: 'blocked', reasons: eraseObstacles(waiting, ctx) },
    ]);
  }
  const due: Case = { ...facts, status: 'due', clock };
  return accept(due, beginWhenFree(due, ctx, due.attempts + 1));
}

/** Nothing before the settlement days are over; then the erasure, or what stands against it. */
function beginWhenFree(value: CaseIn<'due'>, ctx: DecisionContext, attempt: number): Effect[] {
  return ctx.now < value.clock.destroyFrom ? [] : goOn(value, ctx, attempt);
}

function goOn(value: Case, ctx: DecisionContext, attempt: number): Effect[] {
  const reasons = eraseObstacles(value, ctx);
  return reasons.length > 0 ? [{ type: 'blocked', reasons }] : [{ type: 'start-erasure', attempt }];
}

/**
 * The reminder that is due, if any. When several were missed only the nearest goes out; one that the notice itself, or the
 * mail about a clock that goes on, has said already does not.
 */
function reminder(value: CaseIn<'notified'>, ctx: DecisionContext): Effect[] {
  const { dueAt, days } = value.clock;
  const { timezone } = ctx.tenant;
  const left = calendarDaysBetween(localDay(ctx.now, timezone), localDay(dueAt, timezone));
  const wanted = value.policy.reminders.filter((before) => before >= left && before < days);
  if (wanted.length === 0) return [];
  const daysBefore = Math.min(...wanted);
  if (value.reminders.some((sent) => sent.dueAt === dueAt && sent.daysBefore <= daysBefore)) return [];
  const mailId = `reminder/${value.id}/${dueAt.slice(0, 10)}/${daysBefore}`;
  return [{ type: 'mail', template: 'reminder', contact: mailContact(value), mailId, daysBefore, dueAt }];
}
