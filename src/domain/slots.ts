import { Cron } from 'croner';
import { addHours, isBefore } from './calendar.ts';
import type { Cadence } from './snapshot.ts';

/** Any instant will do to ask whether a schedule ever comes; a fixed one keeps the answer the same for ever. */
const anyTime = new Date('2026-01-01T00:00:00Z');

/** Whether the text is a cron expression of five fields (minute hour day month weekday) that ever comes. */
export function isCron(text: string): boolean {
  try {
    return text.trim().split(/\s+/).length === 5 && schedule(text, 'UTC').nextRun(anyTime) !== null;
  } catch {
    return false;
  }
}

/**
 * The instants at which a cadence is due: later than `after`, up to and including `until`, in order. A wall-clock time
 * that the zone skips is due when the gap ends, one that comes twice is due the first time, so a daily cadence has exactly
 * one slot on each local day.
 */
export function slotsBetween(cron: string, timezone: string, after: string, until: string): readonly string[] {
  const asked = `${cron}|${timezone}|${after}|${until}`;
  const known = answered.get(asked);
  if (known !== undefined) return known;
  const slots = slotsOf(cron, timezone, after, until);
  if (answered.size >= mostAnswered) answered.clear();
  answered.set(asked, slots);
  return slots;
}

/** Thousands of sources have the same schedule and are asked about one after the other; their answer is one. */
const answered = new Map<string, readonly string[]>();
const mostAnswered = 1000;

function slotsOf(cron: string, timezone: string, after: string, until: string): string[] {
  const runs = schedule(cron, timezone);
  const end = new Date(until);
  const slots: string[] = [];
  for (let next = runs.nextRun(new Date(after)); next !== null && next <= end; next = runs.nextRun(next)) {
    slots.push(next.toISOString());
  }
  return slots;
}

/**
 * What became of a slot. `met`: a result exists between the slot and the end of its window; `missed`: the window has
 * passed without one (a late result does not mend it); `pending`: there is still time.
 */
export function slotStatus(
  slot: string,
  windowHours: number,
  resultAt: string | undefined,
  now: string,
): 'pending' | 'met' | 'missed' {
  const end = addHours(slot, windowHours);
  if (resultAt !== undefined && !isBefore(resultAt, slot) && !isBefore(end, resultAt)) return 'met';
  return isBefore(end, now) ? 'missed' : 'pending';
}

/** Five fields only: seconds would make slots that no run can meet. Paused: only asked, never run. */
function schedule(cron: string, timezone: string): Cron {
  return new Cron(cron, { mode: '5-part', timezone, paused: true });
}

/** A time at which a backup was due, stored ahead. */
export interface Slot {
  tenant: string;
  source: string;
  cadence: Cadence;
  at: string;
  windowHours: number;
  /** Snapshot that met it. */
  snapshot?: string;
  metAt?: string;
}

/** When the copies of a source are due: what its slots are made from. */
export interface SlotSchedule {
  timezone: string;
  cadences: Partial<Record<Cadence, { cron: string; windowHours: number }>>;
}

/** What the slots of a source that are stored were made from, and how far they reach. */
export interface SlotHorizon {
  tenant: string;
  source: string;
  /** The schedule as `scheduleText` writes it; empty: nothing is due. */
  madeFrom: string;
  /** When they were last made from another one. */
  changedAt: string;
  /** Slots are stored up to here. */
  until: string;
}

/** A schedule in words that are the same for the same schedule. */
export function scheduleText({ timezone, cadences }: SlotSchedule): string {
  const parts = (['daily', 'weekly'] as const).flatMap((cadence) => {
    const found = cadences[cadence];
    return found === undefined ? [] : [`${cadence} ${found.cron} for ${found.windowHours} h`];
  });
  return parts.length === 0 ? '' : [...parts, timezone].join('; ');
}

/** What has to change in the slots of one cadence that are stored. */
export interface SlotChanges {
  put: string[];
  /** Slots that keep their time and get another window. */
  resize: Slot[];
  drop: Slot[];
}

/**
 * What makes the slots to come those of the schedule. One whose time has come stays as it was, and so does one that has its copy.
 *
 * @param stored all that are stored within the time that `due` is about
 * @param due instants of the schedule; those that have passed are added where they are missing
 */
export function reconcileSlots(
  stored: readonly Slot[],
  due: readonly string[],
  windowHours: number,
  now: string,
): SlotChanges {
  const known = new Set(stored.map(({ at }) => at));
  const wanted = new Set(due);
  const open = stored.filter(({ at, metAt }) => at > now && metAt === undefined);
  return {
    put: due.filter((at) => !known.has(at)),
    resize: open.filter((slot) => wanted.has(slot.at) && slot.windowHours !== windowHours),
    drop: open.filter((slot) => !wanted.has(slot.at)),
  };
}
