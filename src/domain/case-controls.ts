import { addHours, isBefore } from './calendar.ts';
import { type Case, isOver } from './case.ts';
import type { ControlResult } from './controls.ts';
import { type Hold, holdsOn } from './hold.ts';

/** The sweep runs every hour; a case that has not moved a day after its time is stuck. */
const graceHours = 24;

/** The controls about cases: none stays behind its dates, and every notice reaches somebody. */
export function caseControls(cases: readonly Case[], holds: readonly Hold[], now: string): ControlResult[] {
  return cases
    .filter((value) => !isOver(value))
    .flatMap((value) => [overdue(value, holdsOn(value.scope, holds), now), undeliverable(value)]);
}

function overdue(value: Case, holds: readonly Hold[], now: string): ControlResult {
  const result = (status: ControlResult['status'], reason: string): ControlResult => ({
    id: 'cases-overdue',
    subject: value.id,
    status,
    reason,
  });
  const next = nextStep(value);
  if (next === undefined) return result('pass', `${value.status}: nothing is due`);
  if (!isBefore(addHours(next.at, graceHours), now)) return result('pass', `${next.what} at ${next.at}`);
  const late = `${next.what} at ${next.at}, and the case is still ${value.status}`;
  if (holds.length === 0 || value.status === 'certified') return result('fail', late);
  return result('exception', `${late}: held by ${holds.map(({ id, reason }) => `${id} (${reason})`).join(', ')}`);
}

/** What should happen to the case next, and from when on. */
function nextStep(value: Case): { what: string; at: string } | undefined {
  switch (value.status) {
    case 'notified':
      return { what: 'the notice runs out', at: value.clock.dueAt };
    case 'awaiting-approval':
      return { what: 'an approval is wanted so that the erasure can begin', at: value.clock.destroyFrom };
    case 'due':
      return { what: 'the erasure begins', at: value.clock.destroyFrom };
    case 'erasing':
      return { what: 'the erasure was begun', at: value.begunAt };
    case 'remainder':
      return { what: 'what is left is looked for again', at: value.nextCheckAt };
    case 'certified':
      return { what: 'the certificate was issued', at: value.certificate.at };
    default:
      return undefined;
  }
}

function undeliverable(value: Case): ControlResult {
  const common = { id: 'notices-undeliverable' as const, subject: value.id };
  if (value.status !== 'undeliverable') return { ...common, status: 'pass', reason: 'no notice is stuck' };
  return {
    ...common,
    status: 'fail',
    reason: `no contact could be reached since ${value.undeliverableAt}; the clock stands still until an operator acts`,
  };
}
