import type { Deps } from '../deps.ts';
import { localDay } from '../domain/calendar.ts';
import type { DailyLimit } from '../domain/daily-places.ts';
import type { Write } from '../ports/table.ts';
import { dailyPlaces } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';

/** Who else has taken one of today's places. */
export async function othersToday(deps: Deps, what: DailyLimit, id: string | undefined): Promise<string[]> {
  return await othersOn(deps, what, localDay(deps.clock.now(), 'UTC'), id);
}

/** Who else has taken one of the places of a day (UTC). */
export async function othersOn(deps: Deps, what: DailyLimit, day: string, id: string | undefined): Promise<string[]> {
  const taken = await dailyPlaces.read(deps.table, what, day);
  return (taken?.value.ids ?? []).filter((other) => other !== id);
}

/**
 * Asks, and takes one of today's places where the answer allows it. Nobody else takes one between the question and the
 * taking: then it is asked again.
 *
 * @param ask must count what `othersToday` answers
 */
export async function takePlace<Answer extends { allowed: boolean }>(
  deps: Deps,
  what: DailyLimit,
  id: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  return await untilUnchanged(async () => {
    const writes = await placeWrites(deps, what, id);
    const answer = await ask();
    if (answer.allowed && writes.length > 0) await deps.table.transact(writes);
    return answer;
  });
}

/** The writes that take one of today's places, whatever the limit; none where it is taken. They hold while nobody takes one. */
export async function placeWrites(deps: Deps, what: DailyLimit, id: string): Promise<Write[]> {
  const day = localDay(deps.clock.now(), 'UTC');
  const taken = await dailyPlaces.read(deps.table, what, day);
  const ids = taken?.value.ids ?? [];
  return ids.includes(id) ? [] : [dailyPlaces.write({ what, day, ids: [...ids, id] }, taken?.version ?? 'absent')];
}
