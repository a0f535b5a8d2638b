import { addDays, ageInDays, isBefore } from './calendar.ts';
import type { ControlId, ControlResult } from './controls.ts';
import type { RestoreTest } from './restore-test.ts';
import type { Slot } from './slots.ts';
import { slotStatus } from './slots.ts';

/** Age in days of the newest good copy from which `freshness` fails, and from which the customer is told. */
const staleDays = 30;
const tellCustomerDays = 60;

/** Slots that `missed-slots` looks back on. */
const slotDays = 7;

/** Tests and expiry run daily or weekly at fixed times; one run's delay is not yet a breach. */
const graceDays = 1;

/** What the controls look at of one source that is protected, or whose copies still exist. */
export interface SourceControlFacts {
  tenant: string;
  source: string;
  /** `removed`: no longer backed up; only the age of its copies is still looked at. */
  status: 'active' | 'removed';
  /** Backups are suspended by an operator. */
  paused: boolean;
  createdAt: string;
  /** When the newest copy was taken that no check or restore test has found to be damaged. */
  newestGoodCopyAt?: string;
  /** When the oldest copy was taken whose key exists: condemned copies count until their keys are destroyed. */
  oldestCopyAt?: string;
  /** Slots of at least the last week. */
  slots: readonly Pick<Slot, 'at' | 'windowHours' | 'metAt'>[];
  /** The newest restore test of any of its copies. */
  lastRestoreTest?: Pick<RestoreTest, 'testedAt' | 'verdict'>;
  /** `unread`: packs older than `coverageDays` that were not read in full within these days. */
  packs: { total: number; unread: number };
  /** From the plan. */
  retentionDays: number;
  everyDays: number;
  coverageDays: number;
}

/** The controls about one source. */
export function sourceControls(facts: SourceControlFacts, now: string): ControlResult[] {
  const checks = facts.status === 'active' ? [freshness, missedSlots, restoreTested, coverage, copyAge] : [copyAge];
  return checks.map((check) => check(facts, now));
}

function answer(facts: SourceControlFacts, id: ControlId, ok: boolean, reason: string): ControlResult {
  const subject = `${facts.tenant}/${facts.source}`;
  if (ok) return { id, subject, status: 'pass', reason };
  // A suspended source cannot have new copies or slots; what exists of it is judged all the same.
  const excused = facts.paused && (id === 'freshness' || id === 'missed-slots');
  return excused
    ? { id, subject, status: 'exception', reason: `${reason}; backups are paused by an operator` }
    : { id, subject, status: 'fail', reason };
}

function freshness(facts: SourceControlFacts, now: string): ControlResult {
  const { newestGoodCopyAt: newest, createdAt, retentionDays } = facts;
  const age = ageInDays(newest ?? createdAt, now);
  const days = Math.floor(age);
  const reason =
    newest === undefined
      ? `no good copy exists, ${days} days after the source was added`
      : `the newest good copy is ${days} days old and expires on ${addDays(newest, retentionDays)}`;
  const result = answer(facts, 'freshness', age < staleDays, reason);
  // The customer is told whatever excuses the operator: the copy expires all the same.
  return age >= tellCustomerDays ? { ...result, tellCustomer: true } : result;
}

function missedSlots(facts: SourceControlFacts, now: string): ControlResult {
  const since = addDays(now, -slotDays);
  const recent = facts.slots.filter(({ at }) => !isBefore(at, since) && !isBefore(now, at));
  const missed = recent.filter((slot) => slotStatus(slot.at, slot.windowHours, slot.metAt, now) === 'missed');
  const reason =
    missed.length === 0
      ? `no slot was missed in ${slotDays} days (${recent.length} were due)`
      : `${missed.length} of ${recent.length} slots in ${slotDays} days were missed: ${missed.map(({ at }) => at).join(', ')}`;
  return answer(facts, 'missed-slots', missed.length === 0, reason);
}

function restoreTested(facts: SourceControlFacts, now: string): ControlResult {
  const { lastRestoreTest: test, createdAt, everyDays } = facts;
  const days = Math.floor(ageInDays(test?.testedAt ?? createdAt, now));
  const inTime = ageInDays(test?.testedAt ?? createdAt, now) <= everyDays + graceDays;
  const every = `every ${everyDays} days are promised`;
  if (test === undefined) {
    return answer(facts, 'restore-tested', inTime, `never tested, ${days} days after the source was added; ${every}`);
  }
  const reason = `the last restore test, ${days} days ago, ${verdicts[test.verdict]}; ${every}`;
  return answer(facts, 'restore-tested', inTime && test.verdict === 'passed', reason);
}

const verdicts = { passed: 'passed', failed: 'failed', 'not-tested': 'could not be done' };

function coverage(facts: SourceControlFacts): ControlResult {
  const { packs, coverageDays } = facts;
  const read = packs.total - packs.unread;
  const reason = `${read} of ${packs.total} packs are new or were read in full within ${coverageDays} days`;
  return answer(facts, 'coverage', packs.unread === 0, reason);
}

function copyAge(facts: SourceControlFacts, now: string): ControlResult {
  const { oldestCopyAt: oldest, retentionDays } = facts;
  if (oldest === undefined) return answer(facts, 'copy-age', true, 'no copy exists');
  const age = ageInDays(oldest, now);
  const late = age > retentionDays + graceDays;
  const rest = age > retentionDays && !late ? 'goes with the next expiry' : `${retentionDays} are allowed`;
  const reason = `the oldest copy is ${age.toFixed(1)} days old, ${rest}`;
  return answer(facts, 'copy-age', !late, reason);
}
