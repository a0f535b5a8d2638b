import { addCalendarDays, ageInDays, calendarDaysBetween, endOfDay, isBefore, localDay } from './calendar.ts';
import type { Plan } from './plan.ts';
import type { Scope } from './scope.ts';

/** What an audit knows of one source and its tenant. What is absent is unknown, and nothing follows from it. */
export interface ObsolescenceFacts {
  tenant: string;
  source: string;
  /** Zone of the tenant, in which the end of the agreement is a day. */
  timezone: string;
  /** When the newest copy was taken. */
  lastBackupAt?: string;
  /** Youngest modification of a file in the newest copy. */
  newestModifiedAt?: string;
  /** Since when the source itself could not be found. */
  missingSince?: string;
  /** Last calendar day of the tenant's agreement. */
  agreementEndedOn?: string;
  /** The tenant's other sources, as far as `tenant-idle` needs them; absent: that rule finds nothing. */
  otherSources?: readonly { lastBackupAt?: string; newestModifiedAt?: string }[];
  /** Sums of the newest copy. */
  objects: number;
  bytes: number;
}

export type ObsolescenceRule = Plan['obsolete'][number]['rule'];

/** Something that looks obsolete. It erases nothing: an operator looks at it. */
export interface Finding {
  rule: ObsolescenceRule;
  tenant: string;
  /** Source that was looked at. */
  source: string;
  /** What an erasure would be about: the source, or its whole tenant. */
  scope: Scope;
  /** Instant since which it holds. */
  since: string;
  /** Whole days that it has held, never fewer than the rule asks for. */
  days: number;
  reason: string;
}

type Held = Pick<Finding, 'since' | 'days' | 'reason'>;

/**
 * Applies a plan's rules to one source.
 *
 * - `unmodified`: no file changed during the days before the newest copy. Time since then does not count, since nobody has looked.
 * - `source-missing`: the source could not be found for the days.
 * - `agreement-ended`: the days have passed in full since the last day of the agreement. Scope: the tenant.
 * - `tenant-idle`: `unmodified` holds for every source of the tenant. Scope: the tenant.
 */
export function findObsolete(
  facts: ObsolescenceFacts,
  plan: { obsolete: readonly { rule: ObsolescenceRule; days: number }[] },
  now: string,
): Finding[] {
  const { tenant, source } = facts;
  return plan.obsolete.flatMap(({ rule, days }) => {
    const held = rules[rule](facts, now);
    if (held === undefined || held.days < days) return [];
    const scope = rule === 'agreement-ended' || rule === 'tenant-idle' ? { tenant } : { tenant, source };
    return [{ rule, tenant, source, scope, ...held, reason: `${held.reason} (rule: ${days} days)` }];
  });
}

const rules: Record<ObsolescenceRule, (facts: ObsolescenceFacts, now: string) => Held | undefined> = {
  unmodified(facts, now) {
    const idle = idleDays(facts, now);
    return idle === undefined ? undefined : { ...idle, reason: `no file changed for ${idle.days} days` };
  },
  'source-missing'({ missingSince: since }, now) {
    if (since === undefined) return undefined;
    const days = Math.floor(ageInDays(since, now));
    return { since, days, reason: `the source has not been found for ${days} days; only its copies are left` };
  },
  'agreement-ended'({ agreementEndedOn: day, timezone }, now) {
    // The last day still belongs to the agreement.
    if (day === undefined || !isBefore(endOfDay(day, timezone), now)) return undefined;
    const begun = calendarDaysBetween(addCalendarDays(day, 1), localDay(now, timezone));
    return {
      since: endOfDay(day, timezone),
      days: begun,
      reason: `the agreement ended on ${day}, ${begun} whole days ago`,
    };
  },
  'tenant-idle'(facts, now) {
    if (facts.otherSources === undefined) return undefined;
    const all = [facts, ...facts.otherSources].map((source) => idleDays(source, now));
    const known = all.filter((idle) => idle !== undefined);
    if (known.length < all.length) return undefined;
    const least = known.reduce((a, b) => (b.days < a.days ? b : a));
    return { ...least, reason: `no file of any source changed for ${least.days} days` };
  },
};

/** How long a source is known to have stayed the same: up to its newest copy, and never past now. */
function idleDays(
  copy: { lastBackupAt?: string; newestModifiedAt?: string },
  now: string,
): { since: string; days: number } | undefined {
  const { lastBackupAt, newestModifiedAt } = copy;
  if (lastBackupAt === undefined || newestModifiedAt === undefined) return undefined;
  const knownUntil = isBefore(lastBackupAt, now) ? lastBackupAt : now;
  return { since: newestModifiedAt, days: Math.floor(ageInDays(newestModifiedAt, knownUntil)) };
}

/** A finding of an audit, waiting for an operator. */
export interface TriageItem extends Finding {
  id: string;
  foundAt: string;
  status: 'open' | 'case-opened' | 'dismissed';
  caseId?: string;
}
