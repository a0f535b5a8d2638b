import type { Deps } from '../deps.ts';
import { addYears } from '../domain/calendar.ts';

/**
 * Keeps evidence from being deleted by anybody, where the store can: for as long as the strictest plan wants evidence, from when it
 * is written. Inventories are not locked, since they go once the customer has them. Repeatable: a lock is never shortened.
 *
 * Real time counts, also in a rehearsal: a store that locks has no other.
 */
export async function lockEvidence(deps: Deps, key: string): Promise<void> {
  if (deps.settings.evidenceLocks !== true) return;
  const years = Math.max(...[...deps.settings.plans.values()].map(({ evidenceYears }) => evidenceYears), 1);
  await deps.evidence.extendLock(key, addYears(new Date(deps.clock.wall()).toISOString(), years));
}
