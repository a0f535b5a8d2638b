import type { Deps } from '../deps.ts';
import { localDay } from '../domain/calendar.ts';
import { type Case, isTooLate } from '../domain/case.ts';
import { type DestroyAnswer, type DestroyRequest, type ExpiryShare, mayDestroy } from '../domain/gate.ts';
import { isWholeTenant } from '../domain/scope.ts';
import { cases, holds, systemStates } from '../records.ts';

/** Reads everything the gate looks at, as it is now, and asks it. Called before every destructive step. */
export async function askGate(
  deps: Deps,
  request: DestroyRequest,
  about: { case?: Case; expiry?: ExpiryShare; erasuresPerDay?: number } = {},
): Promise<DestroyAnswer> {
  const current = about.case === undefined ? undefined : (await cases.read(deps.table, about.case.id))?.value;
  return mayDestroy(request, {
    ...(await systemFacts(deps)),
    holds: (await holds.list(deps.table, 'HOLDS')).map((stored) => stored.value),
    ...(current === undefined ? {} : { case: current }),
    ...(about.expiry === undefined ? {} : { expiry: about.expiry }),
    limits: { erasuresPerDay: about.erasuresPerDay ?? 10 },
    erasuresToday: await erasuresBegunOn(deps, deps.clock.now(), current?.id),
  });
}

/** What stands in everybody's way: stop, quarantine, a clock in doubt. */
export async function systemFacts(deps: Deps) {
  const [stop, quarantine, clock] = await Promise.all(
    ['stop', 'quarantine', 'clock'].map(async (name) => (await systemStates.read(deps.table, name))?.value),
  );
  return {
    now: deps.clock.now(),
    simulated: deps.clock.simulated,
    ...(stop === undefined ? {} : { operatorStop: { since: stop.at, by: stop.by, reason: stop.reason } }),
    ...(quarantine === undefined ? {} : { quarantine: { since: quarantine.at, reason: quarantine.reason } }),
    // The last instant that is trusted stands for the ledger's head: an entry written under a jumped clock does not move it.
    ...(clock === undefined ? {} : { ledgerHeadAt: clock.at }),
  };
}

async function erasuresBegunOn(deps: Deps, now: string, except: string | undefined): Promise<number> {
  const today = localDay(now, 'UTC');
  const all = await cases.all(deps.table);
  return all.filter(
    ({ value }) =>
      value.id !== except &&
      isWholeTenant(value.scope) &&
      isTooLate(value) &&
      localDay(value.destroyedSince, 'UTC') === today,
  ).length;
}
