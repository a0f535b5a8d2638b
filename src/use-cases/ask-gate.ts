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
  const now = deps.clock.now();
  const [stop, quarantine, clock] = await Promise.all(
    ['stop', 'quarantine', 'clock'].map((name) => systemStates.read(deps.table, name)),
  );
  const current = about.case === undefined ? undefined : (await cases.read(deps.table, about.case.id))?.value;
  return mayDestroy(request, {
    now,
    simulated: deps.clock.simulated,
    ...(stop === undefined ? {} : { operatorStop: { since: stop.value.at, by: stop.value.by, reason: stop.value.reason } }),
    ...(quarantine === undefined ? {} : { quarantine: { since: quarantine.value.at, reason: quarantine.value.reason } }),
    ...(clock === undefined ? {} : { ledgerHeadAt: clock.value.at }),
    holds: (await holds.list(deps.table, 'HOLDS')).map((stored) => stored.value),
    ...(current === undefined ? {} : { case: current }),
    ...(about.expiry === undefined ? {} : { expiry: about.expiry }),
    limits: { erasuresPerDay: about.erasuresPerDay ?? 10 },
    erasuresToday: await erasuresBegunOn(deps, now, current?.id),
  });
}

async function erasuresBegunOn(deps: Deps, now: string, except: string | undefined): Promise<number> {
  const today = localDay(now, 'UTC');
  const all = await cases.all(deps.table);
  return all.filter(
    ({ value }) =>
      value.id !== except && isWholeTenant(value.scope) && isTooLate(value) && localDay(value.destroyedSince, 'UTC') === today,
  ).length;
}
