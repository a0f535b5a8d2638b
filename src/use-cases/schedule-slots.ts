import type { Deps } from '../deps.ts';
import { addDays, addHours, isBefore } from '../domain/calendar.ts';
import { type Slot, type SlotHorizon, type SlotSchedule, scheduleText, slotStatus } from '../domain/slots.ts';
import type { Cadence, Snapshot } from '../domain/snapshot.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Stored } from '../records.ts';
import { slotHorizons, slots, sources, systemStates, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { makeSlots } from './make-slots.ts';

/** Slots never reach less far than this: a backup that never ran is then missed, not unknown. */
const leastDays = 7;

/** How long a change may have been made before it is seen, in hours: slots that fell into that time are not lost. */
const unseenHours = 1;

/** A source whose copies are due by a schedule, which is that of its slots since `changedAt`. */
export interface ScheduledSource {
  source: Source;
  schedule: SlotSchedule;
  changedAt: string;
}

/**
 * Makes the slots to come those of each source's plan, in its tenant's time zone, for a week and more: stores what is missing, and removes
 * what an earlier plan or zone wanted, or a source that is paused or gone. Costs three lists while nothing has changed. Repeatable.
 *
 * @returns the sources that have a schedule
 */
export async function scheduleSlots(deps: Deps): Promise<ScheduledSource[]> {
  const now = deps.clock.now();
  const seen = (await systemStates.read(deps.table, 'slots'))?.value.at ?? now;
  // Whoever made a change between then and now expects its next slot.
  const earliest = addHours(now, -unseenHours);
  const at = { now, unseenSince: isBefore(seen, earliest) ? earliest : seen, least: addDays(now, leastDays) };
  const known = new Map((await tenants.list(deps.table, 'TENANTS')).map(({ value }) => [value.id, value]));
  const horizons = new Map(
    (await slotHorizons.list(deps.table, 'SLOT-HORIZONS')).map(({ value }) => [
      `${value.tenant}/${value.source}`,
      value,
    ]),
  );
  const scheduled: ScheduledSource[] = [];
  for (const { value: source } of await sources.all(deps.table)) {
    const before = horizons.get(`${source.tenant}/${source.name}`);
    const schedule = scheduleOf(deps, source, known.get(source.tenant));
    if (schedule === undefined) continue;
    const horizon = reachesFar(before, schedule, at.least)
      ? before
      : await untilUnchanged(async () => await renewed(deps, source, at));
    if (horizon !== undefined && horizon.madeFrom !== '')
      scheduled.push({ source, schedule, changedAt: horizon.changedAt });
  }
  await deps.table.transact([
    systemStates.write({ name: 'slots', at: now, by: deps.holder, reason: 'slots are those of the plans' }),
  ]);
  return scheduled;
}

/** When copies of a source are due; `undefined` where nothing may be written of it, or nobody knows its plan. */
function scheduleOf(deps: Deps, source: Source, tenant: Tenant | undefined): SlotSchedule | undefined {
  const plan = tenant === undefined ? undefined : deps.settings.plans.get(tenant.plan);
  if (tenant === undefined || plan === undefined) return undefined;
  if (tenant.status === 'erased' || source.status === 'erased') return undefined;
  const suspended = tenant.paused || source.status !== 'active';
  return { timezone: tenant.timezone, cadences: suspended ? {} : plan.cadences };
}

function reachesFar(horizon: SlotHorizon | undefined, schedule: SlotSchedule, least: string): horizon is SlotHorizon {
  const text = scheduleText(schedule);
  return horizon?.madeFrom === text && (text === '' || horizon.until >= least);
}

/** Reads what decides once more, so that what is written is of the tenant and source as they are now. */
async function renewed(
  deps: Deps,
  { tenant: of, name }: Source,
  at: { now: string; unseenSince: string; least: string },
): Promise<SlotHorizon | undefined> {
  const tenant = await tenants.read(deps.table, of);
  const source = await sources.read(deps.table, of, name);
  const before = await slotHorizons.read(deps.table, of, name);
  const schedule = source === undefined ? undefined : scheduleOf(deps, source.value, tenant?.value);
  if (tenant === undefined || source === undefined || schedule === undefined) return undefined;
  if (reachesFar(before?.value, schedule, at.least)) return before?.value;
  return await makeSlots(deps, { tenant, source, schedule, before, ...at });
}

/** Ties a new snapshot to the latest slot of its cadence that was due; a manual copy meets the daily one. */
export async function meetSlot(
  deps: Deps,
  snapshot: Pick<Snapshot, 'id' | 'tenant' | 'source' | 'cadence' | 'takenAt'>,
): Promise<void> {
  const cadence = snapshot.cadence === 'manual' ? 'daily' : snapshot.cadence;
  const slot = await latestSlot(deps, { tenant: snapshot.tenant, name: snapshot.source }, cadence, snapshot.takenAt);
  if (slot === undefined || slot.value.metAt !== undefined) return;
  await deps.table.transact([
    slots.write({ ...slot.value, snapshot: snapshot.id, metAt: snapshot.takenAt }, slot.version),
  ]);
}

/** Whether the latest slot of the cadence that was due has no copy yet, and still has time for one. */
export async function awaitsCopy(deps: Deps, source: Source, cadence: Cadence | undefined): Promise<boolean> {
  return (await latestDue(deps, source, cadence ?? 'daily'))?.waits === true;
}

/** The latest slot of the cadence that was due, and whether its copy is still to come. */
export async function latestDue(
  deps: Deps,
  source: Source,
  cadence: Cadence,
): Promise<{ at: string; waits: boolean } | undefined> {
  const now = deps.clock.now();
  const slot = (await latestSlot(deps, source, cadence, now))?.value;
  return slot && { at: slot.at, waits: slotStatus(slot.at, slot.windowHours, slot.metAt, now) === 'pending' };
}

async function latestSlot(
  deps: Deps,
  { tenant, name }: Pick<Source, 'tenant' | 'name'>,
  cadence: Cadence,
  until: string,
): Promise<Stored<Slot> | undefined> {
  // `~` sorts after every digit: the range ends just behind the instant itself.
  const range = { from: `${cadence}#`, to: `${cadence}#${until}~`, reverse: true, limit: 1 };
  return (await slots.list(deps.table, `SLOTS#${tenant}/${name}`, range))[0];
}
