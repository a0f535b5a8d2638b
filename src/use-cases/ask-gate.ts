import type { Deps } from '../deps.ts';
import { addMs, localDay } from '../domain/calendar.ts';
import { type Case, isTooLate } from '../domain/case.ts';
import { type DestroyAnswer, type DestroyRequest, type ExpiryShare, mayDestroy } from '../domain/gate.ts';
import { cases, systemStates } from '../records.ts';
import { othersOn, othersToday } from './daily-places.ts';
import { holdsOf } from './hold-mark.ts';
import { approvalOf } from './plan-of.ts';

/** Reads everything the gate looks at, as it is now, and asks it. Called before every destructive step. */
export async function askGate(
  deps: Deps,
  request: DestroyRequest,
  about: { case?: Case; expiry?: ExpiryShare; erasuresPerDay?: number } = {},
): Promise<DestroyAnswer> {
  const current = about.case === undefined ? undefined : (await cases.read(deps.table, about.case.id))?.value;
  return mayDestroy(request, {
    ...(await systemFacts(deps)),
    holds: await holdsOf(deps, request.scope.tenant),
    ...(current === undefined ? {} : { case: current }),
    approval: current === undefined ? 'required' : await approvalOf(deps, current.tenant),
    ...(about.expiry === undefined ? {} : { expiry: about.expiry }),
    limits: { erasuresPerDay: about.erasuresPerDay ?? 10 },
    erasuresToday: await erasuresToday(deps, current?.id),
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
    ...(stop === undefined ? {} : { operatorStop: { since: stop.at, reason: stop.reason } }),
    ...(quarantine === undefined ? {} : { quarantine: { since: quarantine.at, reason: quarantine.reason } }),
    // The last instant that is trusted stands for the ledger's head: an entry written under a jumped clock does not move it.
    ...(clock === undefined ? {} : { ledgerHeadAt: clock.at }),
  };
}

/** Minutes after midnight in which a step may begin that took its place before: longer than any step takes. */
const lateMinutes = 60;

/**
 * Other cases of whole tenants whose destruction began today or is about to: those that have a place of today, which is taken before
 * the first destructive step, and those that took one of yesterday's and began after midnight. So it costs what the limit is, and
 * not what all cases are.
 */
async function erasuresToday(deps: Deps, except: string | undefined): Promise<number> {
  const now = deps.clock.now();
  const today = localDay(now, 'UTC');
  const ids = new Set(await othersToday(deps, 'erasures', except));
  const before = localDay(addMs(now, -lateMinutes * 60_000), 'UTC');
  for (const id of before === today ? [] : await othersOn(deps, 'erasures', before, except)) {
    const value = (await cases.read(deps.table, id))?.value;
    if (value !== undefined && isTooLate(value) && localDay(value.destroyedSince, 'UTC') === today) ids.add(id);
  }
  return ids.size;
}
