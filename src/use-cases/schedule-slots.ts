import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { type Slot, slotStatus, slotsBetween } from '../domain/slots.ts';
import type { Cadence, Snapshot } from '../domain/snapshot.ts';
import type { Source } from '../domain/source.ts';
import type { Stored } from '../records.ts';
import { slots, sources, tenants } from '../records.ts';

/** How far ahead slots are stored: a backup that never ran is then missed, not unknown. */
const aheadDays = 8;

/** Stores the coming slots of every active source, from its last stored slot (or its own beginning) on. Repeatable. */
export async function scheduleSlots(deps: Deps): Promise<void> {
  const until = addDays(deps.clock.now(), aheadDays);
  for (const { value: source } of await sources.all(deps.table)) {
    if (source.status !== 'active') continue;
    const tenant = (await tenants.read(deps.table, source.tenant))?.value;
    const plan = tenant === undefined ? undefined : deps.settings.plans.get(tenant.plan);
    if (tenant === undefined || plan === undefined || tenant.status === 'erased' || tenant.paused) continue;
    for (const cadence of ['daily', 'weekly'] as const) {
      const schedule = plan.cadences[cadence];
      if (schedule === undefined) continue;
      const pk = `SLOTS#${tenant.id}/${source.name}`;
      const [last] = await slots.list(deps.table, pk, { prefix: `${cadence}#`, reverse: true, limit: 1 });
      const due = slotsBetween(schedule.cron, tenant.timezone, last?.value.at ?? source.createdAt, until);
      const fresh = due.map((at) =>
        slots.write({ tenant: tenant.id, source: source.name, cadence, at, windowHours: schedule.windowHours }),
      );
      for (let i = 0; i < fresh.length; i += 100) await deps.table.transact(fresh.slice(i, i + 100));
    }
  }
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
  const now = deps.clock.now();
  const slot = (await latestSlot(deps, source, cadence ?? 'daily', now))?.value;
  return slot !== undefined && slotStatus(slot.at, slot.windowHours, slot.metAt, now) === 'pending';
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
