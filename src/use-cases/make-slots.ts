import type { Deps } from '../deps.ts';
import { addDays, compareInstants, isBefore } from '../domain/calendar.ts';
import { reconcileSlots, type SlotHorizon, type SlotSchedule, scheduleText, slotsBetween } from '../domain/slots.ts';
import type { Cadence } from '../domain/snapshot.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { type Stored, slotHorizons, slots, sources, tenants } from '../records.ts';
import { unchanged } from '../repository/chain-rows.ts';

/** How far ahead slots are stored. */
const aheadDays = 8;

/** Writes of one transaction, besides two conditions and the horizon. */
const portion = 97;

const cadences: readonly Cadence[] = ['daily', 'weekly'];

/** A source whose slots are made, as it is on record. */
export interface SlotsWanted {
  tenant: Stored<Tenant>;
  source: Stored<Source>;
  schedule: SlotSchedule;
  before: Stored<SlotHorizon> | undefined;
  now: string;
  /** Since when a change of the schedule may not have been seen. */
  unseenSince: string;
}

/**
 * Makes the slots of one source those of its schedule, and remembers from what they were made. The horizon is written last: killed
 * before, the slots are made again.
 *
 * @throws ConflictError when tenant, source or slots have changed meanwhile
 */
export async function makeSlots(deps: Deps, wanted: SlotsWanted): Promise<SlotHorizon> {
  const { tenant, source, schedule, before, now } = wanted;
  const of = { tenant: tenant.value.id, source: source.value.name };
  const madeFrom = scheduleText(schedule);
  const until = madeFrom === '' ? now : addDays(now, aheadDays);
  const from = await beginning(deps, wanted, madeFrom);
  const writes: Write[] = [];
  for (const cadence of cadences) {
    const found = schedule.cadences[cadence];
    // `~` sorts after every digit, `$` after `#`.
    const range = { from: `${cadence}#${from}~`, to: `${cadence}$` };
    const stored = await slots.list(deps.table, `SLOTS#${of.tenant}/${of.source}`, range);
    const versions = new Map(stored.map(({ value, version }) => [value.at, version]));
    // No row has version 0.
    const versionOf = (at: string): number => versions.get(at) ?? 0;
    const windowHours = found?.windowHours ?? 0;
    const due = found === undefined ? [] : slotsBetween(found.cron, schedule.timezone, from, until);
    const { put, resize, drop } = reconcileSlots(
      stored.map(({ value }) => value),
      due,
      windowHours,
      now,
    );
    writes.push(
      ...put.map((at) => slots.write({ ...of, cadence, at, windowHours }, 'absent')),
      ...resize.map((slot) => slots.write({ ...slot, windowHours }, versionOf(slot.at))),
      ...drop.map(({ at }) => ({ ...slots.remove(of.tenant, of.source, cadence, at), when: versionOf(at) })),
    );
  }
  const changedAt = before?.value.madeFrom === madeFrom ? before.value.changedAt : now;
  const horizon: SlotHorizon = { ...of, madeFrom, changedAt, until };
  const as = [
    unchanged(tenants.key(of.tenant), tenant.version),
    unchanged(sources.key(of.tenant, of.source), source.version),
  ];
  for (let i = 0; i < writes.length - portion; i += portion)
    await deps.table.transact([...writes.slice(i, i + portion), ...as]);
  const rest = writes.slice(-(writes.length % portion || portion));
  await deps.table.transact([...rest, ...as, slotHorizons.write(horizon, before?.version ?? 'absent')]);
  return horizon;
}

/** After which instant slots are made: what has passed before it is settled. */
async function beginning(deps: Deps, wanted: SlotsWanted, madeFrom: string): Promise<string> {
  const { source, before, now, unseenSince } = wanted;
  const { createdAt } = source.value;
  const since =
    before === undefined
      ? await lastStored(deps, wanted, madeFrom === '' ? now : createdAt)
      : before.value.madeFrom === madeFrom
        ? before.value.until
        : unseenSince;
  const earliest = isBefore(since, now) ? since : now;
  return isBefore(earliest, createdAt) ? createdAt : earliest;
}

/** Slots that are stored without a horizon are of an earlier version, which stored those of all cadences equally far. */
async function lastStored(deps: Deps, { tenant, source }: SlotsWanted, otherwise: string): Promise<string> {
  const stored = await slots.list(deps.table, `SLOTS#${tenant.value.id}/${source.value.name}`);
  const instants = stored.map(({ value }) => value.at).sort(compareInstants);
  return instants.at(-1) ?? otherwise;
}
