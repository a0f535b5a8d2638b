import { Temporal } from 'temporal-polyfill';
import { inZone } from './calendar.ts';

/** A duration in restic's terms: calendar years, months and days, then exact hours. */
export interface KeepDuration {
  years: number;
  months: number;
  days: number;
  hours: number;
}

const units = { y: 'years', m: 'months', d: 'days', h: 'hours' } as const;

/**
 * Reads a duration such as `1y5m7d2h` (as restic's `--keep-within`: units in any order). Answers undefined for
 * anything else, a unit given twice, numbers of over five digits, and zero, which would keep nothing.
 */
export function parseKeepDuration(text: string): KeepDuration | undefined {
  if (!/^(\d{1,5}[ymdh])+$/.test(text)) return undefined;
  const duration: KeepDuration = { years: 0, months: 0, days: 0, hours: 0 };
  const seen = new Set<string>();
  for (const [, digits, unit] of text.matchAll(/(\d+)([ymdh])/g)) {
    if (seen.has(unit as string)) return undefined;
    seen.add(unit as string);
    duration[units[unit as keyof typeof units]] = Number(digits);
  }
  return Object.values(duration).some((value) => value > 0) ? duration : undefined;
}

/**
 * The instant that lies a duration before another, in milliseconds since the epoch, computed as restic does (Go's
 * `time.AddDate`, then exact hours). Years, months and days are subtracted on the wall clock of the zone at once; a day that
 * the month does not have runs on into the next (31 March less 1 month is 3 March, 2 March in a leap year).
 */
export function subtractKeepDuration(at: string, duration: KeepDuration, timezone: string): number {
  const local = inZone(at, timezone);
  const months = local.year * 12 + (local.month - 1) - duration.years * 12 - duration.months;
  const date = new Temporal.PlainDate(Math.floor(months / 12), (((months % 12) + 12) % 12) + 1, 1).add({
    days: local.day - 1 - duration.days,
  });
  const wall = date.toPlainDateTime(local.toPlainTime()).toZonedDateTime('UTC').epochMilliseconds;
  return fromWall(wall, timezone) - duration.hours * 3_600_000;
}

/** A wall-clock reading in a zone as an instant. Readings that are skipped or come twice are resolved as Go's `time.Date` does. */
function fromWall(wall: number, timezone: string): number {
  return wall - offsetAt(wall - offsetAt(wall, timezone), timezone);
}

function offsetAt(epochMs: number, timezone: string): number {
  const zoned = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timezone);
  return zoned.offsetNanoseconds / 1_000_000;
}
