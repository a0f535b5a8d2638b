import { addDays, dayMs, inZone, isTimezone, parseInstant } from './calendar.ts';
import { InvalidError } from './errors.ts';
import { parseKeepDuration, subtractKeepDuration } from './keep-duration.ts';
import type { Plan } from './plan.ts';

/** The `retention` section of a plan. */
export type RetentionPolicy = Plan['retention'];

/** A copy, as far as retention looks at it. */
export interface Copy {
  id: string;
  /** When it was taken. */
  at: string;
}

/** What becomes of one copy, and why. */
export interface RetentionDecision extends Copy {
  keep: boolean;
  /** Kept: every rule that keeps it. Removed: the one reason. Never empty. */
  reasons: string[];
}

/** When and where a decision is taken. */
export interface RetentionContext {
  now: string;
  /** Zone in which hours, days, weeks, months and years are counted: the tenant's. */
  timezone: string;
}

interface Rule {
  /** Name of the bucket of a wall-clock reading; a copy that opens a new bucket is kept. Absent: every copy is one of its own. */
  bucket?: (local: ReturnType<typeof inZone>) => string;
  /** Copies that may still be kept; Infinity for `all` and for rules by age. */
  left: number;
  /** Only copies taken after this instant (ms) count. */
  after: number;
  /** The rule as a reason, with the bucket's name. */
  reason: (bucket: string) => string;
  /** Rules by count also keep the oldest copy of all while they have some left. */
  keepsOldest: boolean;
  last?: string;
}

const hour = (local: ReturnType<typeof inZone>) =>
  `${local.toPlainDate().toString()} ${String(local.hour).padStart(2, '0')}:00`;
const day = (local: ReturnType<typeof inZone>) => local.toPlainDate().toString();
const week = (local: ReturnType<typeof inZone>) => `${local.yearOfWeek}-W${String(local.weekOfYear).padStart(2, '0')}`;
const month = (local: ReturnType<typeof inZone>) => local.toPlainDate().toPlainYearMonth().toString();
const year = (local: ReturnType<typeof inZone>) => String(local.year);

/** The buckets of rules by count and by age; ISO weeks, as everywhere in restic. */
const periods = [
  { name: 'hourly', bucket: hour, count: 'keepHourly', within: 'keepWithinHourly' },
  { name: 'daily', bucket: day, count: 'keepDaily', within: 'keepWithinDaily' },
  { name: 'weekly', bucket: week, count: 'keepWeekly', within: 'keepWithinWeekly' },
  { name: 'monthly', bucket: month, count: 'keepMonthly', within: 'keepWithinMonthly' },
  { name: 'yearly', bucket: year, count: 'keepYearly', within: 'keepWithinYearly' },
] as const;

/**
 * Decides which copies of one source stay, newest first (copies of the same instant by id).
 *
 * The rules mean what they mean in restic (`ApplyPolicy` in `internal/restic/snapshot_policy.go`): a copy stays when any
 * rule keeps it; rules by count keep the newest copy of each hour, day, ISO week, month or year, and the oldest copy of
 * all while they have some left (as restic does since 0.16); rules by age count back from the newest copy that is not in the future, so a source that
 * is no longer backed up does not lose its copies to them.
 *
 * Then the cap, which always wins: a copy older than `retentionDays` × 24 hours is never kept. A copy of exactly that age is.
 *
 * @throws InvalidError for an empty policy, an instant or a time zone that cannot be read; nothing is decided then
 */
export function decideRetention(
  copies: readonly Copy[],
  policy: RetentionPolicy,
  ctx: RetentionContext,
): RetentionDecision[] {
  if (!isTimezone(ctx.timezone)) throw new InvalidError(`"${ctx.timezone}" is not a time zone`);
  const now = Date.parse(parseInstant(ctx.now));
  const sorted = copies
    .map((copy) => ({ copy, at: parseInstant(copy.at) }))
    .map(({ copy, at }) => ({ copy, at, ms: Date.parse(at) }))
    .sort((a, b) => b.ms - a.ms || Number(a.copy.id > b.copy.id) - Number(a.copy.id < b.copy.id));
  const newest = sorted.find(({ ms }) => ms <= now)?.at;
  const rules = rulesOf(policy, newest, ctx.timezone);
  return sorted.map(({ copy, at, ms }, index) => {
    const local = inZone(at, ctx.timezone);
    const oldest = index === sorted.length - 1;
    // Every rule sees every copy, kept or not, past the cap or not: its count and its bucket move on as in restic.
    const reasons = rules.flatMap((rule) => applyRule(rule, local, ms, oldest) ?? []);
    if (now - ms > policy.retentionDays * dayMs) {
      return { ...copy, keep: false, reasons: [`removed: older than ${policy.retentionDays} days (cap)`] };
    }
    if (reasons.length === 0) return { ...copy, keep: false, reasons: ['removed: no rule keeps it'] };
    return { ...copy, keep: true, reasons };
  });
}

/** The last instant at which the cap still lets a copy live. Its rules may let it go earlier. */
export function latestExpiry(takenAt: string, policy: Pick<RetentionPolicy, 'retentionDays'>): string {
  return addDays(takenAt, policy.retentionDays);
}

/**
 * Which of today's copies will be gone at `until`, if each of the expected copies is taken on time and retention runs
 * after it. So a restore test knows what it would never see again.
 *
 * @param expected instants of copies to come, in order
 * @param until the instant of the last decision; no earlier than the expected copies
 * @returns ids
 */
export function goneBy(
  copies: readonly Copy[],
  policy: RetentionPolicy,
  timezone: string,
  expected: readonly string[],
  until: string,
): Set<string> {
  const keep = (left: readonly Copy[], now: string): Copy[] =>
    decideRetention(left, policy, { now, timezone }).filter((decision) => decision.keep);
  let left: Copy[] = [...copies];
  for (const at of expected) left = keep([...left, { id: `expected at ${at}`, at }], at);
  const survivors = new Set(keep(left, until).map(({ id }) => id));
  return new Set(copies.map(({ id }) => id).filter((id) => !survivors.has(id)));
}

/** The policy's rules in restic's order. */
function rulesOf(policy: RetentionPolicy, newest: string | undefined, timezone: string): Rule[] {
  const rules: Rule[] = [];
  const within = (text: string) => ({
    left: Number.POSITIVE_INFINITY,
    after: windowStart(text, newest, timezone),
    keepsOldest: false,
  });
  const counted = (count: number | 'all') => ({
    left: count === 'all' ? Number.POSITIVE_INFINITY : count,
    after: Number.NEGATIVE_INFINITY,
    keepsOldest: true,
  });
  if (policy.keepWithin !== undefined) {
    const text = policy.keepWithin;
    rules.push({ ...within(text), reason: () => `within ${text}` });
  }
  if (policy.keepLast !== undefined) rules.push({ ...counted(policy.keepLast), reason: () => 'last snapshot' });
  for (const { name, bucket, count } of periods) {
    const value = policy[count];
    if (value !== undefined) rules.push({ ...counted(value), bucket, reason: (of) => `${name} snapshot ${of}` });
  }
  for (const { name, bucket, within: field } of periods) {
    const text = policy[field];
    if (text !== undefined) rules.push({ ...within(text), bucket, reason: (of) => `${name} within ${text} ${of}` });
  }
  if (rules.length === 0)
    throw new InvalidError('the retention policy has no keep rule, which would remove every copy');
  return rules;
}

/** Why the rule keeps the copy, if it does; moves the rule on. */
function applyRule(rule: Rule, local: ReturnType<typeof inZone>, ms: number, oldest: boolean): string | undefined {
  if (rule.left === 0 || ms <= rule.after) return undefined;
  const bucket = rule.bucket?.(local);
  const opens = bucket === undefined || bucket !== rule.last;
  if (!opens && !(oldest && rule.keepsOldest)) return undefined;
  if (bucket !== undefined) rule.last = bucket;
  rule.left -= 1;
  return opens ? rule.reason(bucket ?? '') : `oldest: ${rule.reason(bucket ?? '')}`;
}

/** Start (ms) of a window before the newest copy. When every copy lies in the future, all are within, as in restic. */
function windowStart(text: string, newest: string | undefined, timezone: string): number {
  const duration = parseKeepDuration(text);
  if (duration === undefined) throw new InvalidError(`"${text}" is not a duration such as 1y2m3d4h`);
  return newest === undefined ? Number.NEGATIVE_INFINITY : subtractKeepDuration(newest, duration, timezone);
}
