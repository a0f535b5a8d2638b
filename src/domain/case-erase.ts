import { addHours, parseInstant } from './calendar.ts';
import { type Begun, type Case, factsOf } from './case.ts';
import {
  accept,
  type Decision,
  type DecisionContext,
  type Effect,
  refuse,
  refuseFor,
  unchanged,
} from './case-decision.ts';
import type { EventOf, RemainderItem } from './case-events.ts';
import { mailContact } from './case-notify.ts';
import { eraseObstacles } from './case-obstacles.ts';
import { isNonEmpty } from './reason.ts';

/** Hours after which a remainder without a date is looked at again. */
const remainderCheckHours = 24;

/** The erasure machine begins, or begins again. Nothing is destroyed yet; the tenant is frozen. */
export function beginErasure(value: Case, event: EventOf<'begin-erasure'>, ctx: DecisionContext): Decision {
  const { attempt } = event;
  if (attempt <= value.attempts) {
    const running = value.status === 'erasing' || value.status === 'certified' || value.status === 'closed';
    if (attempt === value.attempts && running) return unchanged(value);
    return refuse(
      'conflict',
      `attempt ${attempt} is over; the case is ${value.status}`,
      'Let the sweep start the next one.',
    );
  }
  if (attempt !== value.attempts + 1)
    return refuse('invalid', `attempt ${attempt} skips one`, 'Use the attempt of the effect.');
  const reasons = eraseObstacles(value, ctx);
  if (isNonEmpty(reasons)) return refuseFor(reasons);
  const facts = { ...factsOf(value), attempts: attempt };
  if (value.status === 'due') {
    const begun: Begun = { clock: value.clock, begunAt: ctx.now, steps: [] };
    return accept({ ...facts, ...begun, status: 'erasing', destroyedAnything: false }, [{ type: 'freeze' }]);
  }
  if (value.status === 'remainder') {
    const { clock, begunAt, steps, destroyedSince, remainder } = value;
    return accept({
      ...facts,
      clock,
      begunAt,
      steps,
      destroyedSince,
      remainder,
      status: 'erasing',
      destroyedAnything: true,
    });
  }
  return refuse('conflict', `the case is ${value.status}`, 'Run `tenure run notice`; the sweep decides what is due.');
}

/**
 * Recorded before a destructive step, and looked at afresh each time: a hold placed between two passes stops the second.
 * Storing the first one ends every way back, so it is stored before anything is touched.
 */
export function beginStep(value: Case, event: EventOf<'begin-step'>, ctx: DecisionContext): Decision {
  const reasons = eraseObstacles(value, ctx);
  if (isNonEmpty(reasons)) return refuseFor(reasons);
  if (value.status !== 'erasing')
    return refuse('conflict', `the case is ${value.status}, not erasing`, 'Begin the erasure first.');
  const known = value.steps.some((begun) => begun.step === event.step);
  if (known && value.destroyedAnything) return unchanged(value);
  const steps = known ? value.steps : [...value.steps, { step: event.step, at: ctx.now }];
  if (value.destroyedAnything) return accept({ ...value, steps });
  const { clock, begunAt } = value;
  return accept({
    ...factsOf(value),
    clock,
    begunAt,
    steps,
    status: 'erasing',
    destroyedAnything: true,
    destroyedSince: ctx.now,
  });
}

/** The sweep found what cannot go yet: an interim report, no certificate, and a date to look again. */
export function remainderFound(value: Case, event: EventOf<'remainder-found'>, ctx: DecisionContext): Decision {
  if (event.items.length === 0)
    return refuse('invalid', 'a remainder names what remains', 'Certify when nothing does.');
  if (value.status === 'remainder' && sameItems(value.remainder, event.items)) return unchanged(value);
  if (value.status !== 'erasing' || !value.destroyedAnything) return notDestroyed(value);
  const { clock, begunAt, steps, destroyedSince, remainder } = value;
  const said = remainder !== undefined && sameItems(remainder, event.items);
  const mailId = `interim-report/${value.id}/${value.attempts}`;
  const report: Effect[] = said
    ? []
    : [{ type: 'mail', template: 'interim-report', contact: mailContact(value), mailId }];
  const [nextCheckAt = ctx.now] = event.items.map((item) => checkAt(item, ctx.now)).sort();
  const begun = { clock, begunAt, steps, destroyedSince };
  return accept({ ...factsOf(value), ...begun, status: 'remainder', remainder: event.items, nextCheckAt }, report);
}

/** Nothing is left and the certificate is issued. One case, one certificate. */
export function certify(value: Case, event: EventOf<'certify'>, ctx: DecisionContext): Decision {
  if (value.status === 'certified' || value.status === 'closed') {
    if (value.certificate.digest === event.digest && value.certificate.id === event.certificate)
      return unchanged(value);
    return refuse(
      'conflict',
      `the case has certificate ${value.certificate.id}`,
      'Use that one; a case has one certificate.',
    );
  }
  if (value.status !== 'erasing' || !value.destroyedAnything) return notDestroyed(value);
  const { clock, begunAt, steps, destroyedSince } = value;
  const certificate = { id: event.certificate, digest: event.digest, at: ctx.now };
  const mailId = `deletion-report/${value.id}`;
  const report: Effect = { type: 'mail', template: 'deletion-report', contact: mailContact(value), mailId };
  return accept({ ...factsOf(value), clock, begunAt, steps, destroyedSince, certificate, status: 'certified' }, [
    report,
  ]);
}

/** The report is on its way; the case is over. */
export function close(value: Case, _event: EventOf<'close'>, ctx: DecisionContext): Decision {
  if (value.status === 'closed') return unchanged(value);
  if (value.status !== 'certified')
    return refuse('conflict', `the case is ${value.status}, not certified`, 'Certify it first.');
  return accept({ ...value, status: 'closed', closedAt: ctx.now });
}

function notDestroyed(value: Case): Decision {
  return refuse(
    'conflict',
    `the case is ${value.status}; nothing was erased`,
    'Only a running erasure ends like this.',
  );
}

function checkAt(item: RemainderItem, now: string): string {
  const until = item.until === undefined ? now : parseInstant(item.until);
  return until > now ? until : addHours(now, remainderCheckHours);
}

function sameItems(a: readonly RemainderItem[], b: readonly RemainderItem[]): boolean {
  const said = (items: readonly RemainderItem[]) =>
    items.map((item) => JSON.stringify([item.place, item.what, item.reason, item.until ?? null])).sort();
  return JSON.stringify(said(a)) === JSON.stringify(said(b));
}
