import { addDays, compareInstants, isBefore } from './calendar.ts';

/** A recovery point that a restore test may choose. */
export interface RestorePoint {
  id: string;
  takenAt: string;
}

/** A recovery point that was chosen, and why. */
export interface ChosenPoint extends RestorePoint {
  reasons: string[];
}

/** What bounds the time in which a point can still be tested. */
export interface RestoreChoice {
  now: string;
  /** The next test is this many days away. */
  everyDays: number;
  /** The cap of the plan's retention. */
  retentionDays: number;
  /** Ids that the rules will remove before the next test (see `goneBy`), or have decided to remove. */
  expiring: ReadonlySet<string>;
}

/** What restoring one copy and comparing it with its snapshot gave. */
export interface RestoreOutcome {
  /** Whether everything that the snapshot lists was restored and compared, or was found to be damaged. */
  tested: boolean;
  /** Objects that are damaged, missing, too many or not what was backed up. */
  differences: readonly { key: string; reason: string }[];
  /** How many differences there are, where `differences` is only their beginning. */
  differenceCount?: number;
  /** Faults on the way. */
  errors: readonly string[];
  durationMs: number;
  /** The plan's recovery-time objective. */
  objectiveMinutes: number;
  /** What the plan's validator said of the restored folder, where it has one. */
  validator?: { ok: boolean; output: string };
}

/** The answer of a restore test. `not-tested` counts as a failure in every control and report. */
export interface RestoreVerdict {
  verdict: 'passed' | 'failed' | 'not-tested';
  /** Never empty. */
  reasons: string[];
}

/**
 * Chooses what to restore of one source: the newest point each time, one random older point, and each point that is
 * going to expire before the next test and was never tested. Newest first, no point twice.
 *
 * @param tested when a point was last tested, by id
 * @param random a number from 0 up to 1, as `Math.random`
 */
export function chooseRestorePoints(
  snapshots: readonly RestorePoint[],
  tested: ReadonlyMap<string, string>,
  random: () => number,
  ctx: RestoreChoice,
): ChosenPoint[] {
  const sorted = snapshots.toSorted((a, b) => compareInstants(b.takenAt, a.takenAt));
  const older = sorted.slice(1);
  const drawn = older[Math.min(Math.floor(random() * older.length), older.length - 1)];
  const nextTestAt = addDays(ctx.now, ctx.everyDays);
  return sorted.flatMap((point, index) => {
    const reasons: string[] = [];
    if (index === 0) reasons.push('newest');
    if (point === drawn) reasons.push('drawn at random');
    const expires = ctx.expiring.has(point.id) || isBefore(addDays(point.takenAt, ctx.retentionDays), nextTestAt);
    if (expires && !tested.has(point.id)) reasons.push('would expire untested');
    return reasons.length > 0 ? [{ id: point.id, takenAt: point.takenAt, reasons }] : [];
  });
}

/** How many differences the reasons spell out; the rest is counted. */
const shown = 5;

/**
 * Judges a restore test. It passes only when the whole copy was compared and is identical, nothing went wrong on the way,
 * the restore took no longer than the objective, and the validator, if any, agreed. A difference that was seen makes it
 * `failed` even when the rest could not be tested.
 */
export function restoreTestVerdict(outcome: RestoreOutcome): RestoreVerdict {
  const { tested, differences, errors, durationMs, objectiveMinutes, validator } = outcome;
  const count = Math.max(outcome.differenceCount ?? 0, differences.length);
  if (!tested && count === 0) {
    return {
      verdict: 'not-tested',
      reasons: errors.length > 0 ? [...errors] : ['the copy was not restored and compared'],
    };
  }
  const problems = differences.slice(0, shown).map(({ key, reason }) => `${key}: ${reason}`);
  if (count > problems.length) problems.push(`${count - problems.length} more differences`);
  problems.push(...errors);
  if (!tested) problems.push('the rest of the copy was not compared');
  const minutes = Math.ceil(durationMs / 60_000);
  if (durationMs > objectiveMinutes * 60_000) {
    problems.push(`took ${minutes} minutes, over the recovery-time objective of ${objectiveMinutes}`);
  }
  if (validator?.ok === false) problems.push(`the validator refused it: ${validator.output.trim() || 'no output'}`);
  if (problems.length > 0) return { verdict: 'failed', reasons: problems };
  const reasons = ['every object is identical', `took ${minutes} of at most ${objectiveMinutes} minutes`];
  if (validator !== undefined) reasons.push('the validator agreed');
  return { verdict: 'passed', reasons };
}

/** A dated proof that a copy restores. */
export interface RestoreTest {
  tenant: string;
  source: string;
  snapshot: string;
  testedAt: string;
  verdict: 'passed' | 'failed' | 'not-tested';
  reasons: string[];
  /** What differed, by key; at most 100. */
  differences: { key: string; reason: string }[];
  objects: number;
  bytes: number;
  durationMs: number;
}
