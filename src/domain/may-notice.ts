import { parseInstant } from './calendar.ts';
import type { DestroyAnswer, DestroyFacts, GateCode } from './gate.ts';
import { clockReasons, quarantineReasons } from './gate-system.ts';
import type { Reason } from './reason.ts';

/** What `mayNotice` looks at besides the system. */
export type NoticeFacts = Pick<
  DestroyFacts,
  'now' | 'simulated' | 'quarantine' | 'ledgerHeadAt' | 'clockConfirmedUntil'
> & {
  /** Other tenants whose first notice of a case went out on this day. */
  noticedToday: number;
  /** Tenants that are not erased. */
  tenants: number;
  limits: { noticesPerDay: number; noticesPerDayPercent: number };
};

/** How many tenants may be newly noticed a day: a number or a share of all, whichever is more. */
export function noticesToday({ tenants, limits }: Pick<NoticeFacts, 'tenants' | 'limits'>): number {
  return Math.max(limits.noticesPerDay, Math.floor((tenants * limits.noticesPerDayPercent) / 100));
}

/** Whether a case of one more tenant may be noticed today. It bounds what a wrong finance file can set in motion. */
export function mayNotice(known: NoticeFacts): DestroyAnswer {
  const facts = { ...known, now: parseInstant(known.now) };
  const limit = noticesToday(facts);
  const reasons: Reason<GateCode>[] = [...quarantineReasons(facts), ...clockReasons(facts)];
  if (!(facts.noticedToday < limit)) {
    const message = `${facts.noticedToday} tenants were newly noticed today; the limit is ${limit}`;
    reasons.push({
      code: 'limit-notices',
      message,
      hint: 'The rest follows tomorrow, or raise limits.noticesPerDay in the plan.',
    });
  }
  return reasons.length === 0 ? { allowed: true } : { allowed: false, reasons };
}
