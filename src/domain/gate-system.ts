import { addHours, isBefore } from './calendar.ts';
import type { DestroyFacts } from './gate.ts';
import type { Reason } from './reason.ts';

/** Hours after the ledger's newest entry at which the clock is no longer believed. */
export const clockTrustHours = 48;

/** The quarantine of a recovered home, or of one whose catalog is behind its ledger. */
export function quarantineReasons(
  facts: Pick<DestroyFacts, 'quarantine'>,
): Reason<'quarantine' | 'clock-behind' | 'clock-ahead'>[] {
  if (facts.quarantine === undefined) return [];
  const message = `this home is quarantined since ${facts.quarantine.since}: ${facts.quarantine.reason}`;
  return [
    {
      code: 'quarantine',
      message,
      hint: 'Look at tenants, holds and cases, then `tenure resume --confirm quarantine`.',
    },
  ];
}

/** A clock that is wrong makes everything due: it is believed only near the ledger's newest entry, or when somebody confirms it. */
export function clockReasons(
  facts: Pick<DestroyFacts, 'now' | 'simulated' | 'ledgerHeadAt' | 'clockConfirmedUntil'>,
): Reason<'quarantine' | 'clock-behind' | 'clock-ahead'>[] {
  const { now, ledgerHeadAt: head, clockConfirmedUntil: confirmed } = facts;
  if (facts.simulated || head === undefined) return [];
  if (confirmed !== undefined && !isBefore(confirmed, now)) return [];
  const hint = 'Check the clock, then `tenure resume --confirm clock`.';
  if (isBefore(now, head))
    return [{ code: 'clock-behind', message: `it is ${now}, but the ledger was last written at ${head}`, hint }];
  if (!isBefore(addHours(head, clockTrustHours), now)) return [];
  const message = `it is ${now}, over ${clockTrustHours} h after the ledger's last entry at ${head}`;
  return [{ code: 'clock-ahead', message, hint }];
}
