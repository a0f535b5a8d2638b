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

/** Whether a case of one more tenant may be noticed today. It bounds what a wrong finance file can set in motion. */
export function mayNotice(known: NoticeFacts): DestroyAnswer {
  const facts = { ...known, now: parseInstant(known.now) };
  const { noticesPerDay, noticesPerDayPercent } = facts.limits;
  const limit = Math.max(noticesPerDay, Math.floor((facts.tenants * noticesPerDayPercent) / 100));
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
