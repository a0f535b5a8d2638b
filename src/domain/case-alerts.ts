import { isComplete } from './authority.ts';
import { type Case, isOver } from './case.ts';
import { basisHolds, clockBasis, onItsWay } from './case-clock.ts';
import type { CaseAlertKind, Effect } from './case-decision.ts';
import { isUnconfirmed } from './case-obstacles.ts';
import { pendingDeliveries, reachedAt } from './notice.ts';

/** When an alert about a case has its cause, and in what words the cause goes; where there are none, the new status says it. */
const rules: Record<CaseAlertKind, { stands: (value: Case) => boolean; gone?: string }> = {
  'case-approval-wanted': { stands: ({ status }) => status === 'awaiting-approval' },
  'case-disputed': { stands: ({ status }) => status === 'disputed' },
  'case-undeliverable': { stands: reachesNobody, gone: 'a notice has arrived, or is on its way' },
  'case-late-bounce': { stands: isBouncedSince, gone: 'the contact was reached since' },
  'case-authority-missing': {
    stands: (value) => !isComplete(value.authority) && !isUnconfirmed(value),
    gone: 'the authority is on record',
  },
  // An attempt that came to its end, whatever it found, was stopped by nothing any more.
  'erasure-blocked': { stands: ({ status }) => status === 'due' || status === 'erasing' },
  'erasure-remainder': { stands: (value) => 'remainder' in value },
};

const kinds = Object.keys(rules) as CaseAlertKind[];

/** Whether an alert that the case has raised has its cause still. */
export function alertStands(value: Case, kind: CaseAlertKind): boolean {
  // What bounces after the end stands until a person has looked at it: nothing will happen to the case that could settle it.
  if (kind === 'case-late-bounce') return true;
  return causeStands(value, kind);
}

/** Whether what an alert tells of is so now: then an earlier decision that closes it comes too late. */
export function causeStands(value: Case, kind: CaseAlertKind): boolean {
  if (!isEnded(value)) return rules[kind].stands(value);
  return kind === 'case-late-bounce' && isBouncedAfterEnd(value);
}

/**
 * Closes the alerts whose cause has gone by an event. The one place that does: what raises an alert about a case need not know what
 * ends it. At the end of the case all are closed, since nobody has to do anything about it any more.
 */
export function settledAlerts(before: Case | undefined, after: Case): Effect[] {
  if (before === undefined) return [];
  const ends = isEnded(after) && !isEnded(before);
  const settled = kinds
    .filter((kind) => ends || (!isEnded(after) && rules[kind].stands(before) && !rules[kind].stands(after)))
    .map((kind) => ({ kind, cause: (ends ? undefined : rules[kind].gone) ?? `the case is ${after.status}` }));
  return settled.length === 0 ? [] : [{ type: 'settle-alerts', settled }];
}

/** What was to be erased is erased, or nothing will be. */
function isEnded(value: Case): boolean {
  return isOver(value) || value.status === 'certified';
}

/** The notice reached none of the contacts, and none is tried any more. */
function reachesNobody(value: Case): boolean {
  if (!isComplete(value.authority) || isUnconfirmed(value)) return false;
  const isReached = 'clock' in value ? basisHolds(value.clock, value) : clockBasis(value) !== undefined;
  return !isReached && pendingDeliveries(value.deliveries).length === 0 && !onItsWay(value);
}

/** The end has closed what was told of before it, and says nothing of what bounced later. */
function isBouncedAfterEnd(value: Case): boolean {
  if (!('certificate' in value)) return false;
  return value.deliveries.some(({ bounced }) => bounced !== undefined && bounced.at > value.certificate.at);
}

/** A notice came back, and its contact was not reached after that: the address is still to be mended. */
function isBouncedSince({ deliveries, policy }: Case): boolean {
  return deliveries.some(({ bounced, contact }) => {
    if (bounced === undefined) return false;
    const others = deliveries.filter((other) => other.contact === contact);
    return others.every((other) => (reachedAt(other, policy.startLevel) ?? '') < bounced.at);
  });
}
