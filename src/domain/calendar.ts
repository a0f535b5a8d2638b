import { Temporal } from 'temporal-polyfill';
import { InvalidError } from './errors.ts';

/*
 * Instants are ISO 8601 text in UTC with milliseconds (`2026-11-22T20:00:00.000Z`), calendar days `YYYY-MM-DD`, time
 * zones IANA names. Periods that a customer counts (notice, settlement, cooling-off) are calendar days of the
 * customer's zone, which last 23, 24 or 25 hours; ages of copies are exact units of 24 hours.
 */

/** Milliseconds of an exact 24-hour day. */
export const dayMs = 86_400_000;

/**
 * Reads an instant: date and time with `Z` or an offset. Answers it in the stored form, in UTC with milliseconds
 * (finer digits are cut off). Throws InvalidError for anything else, a time without offset included: it names no instant.
 */
export function parseInstant(text: string): string {
  try {
    return formatInstant(Temporal.Instant.from(text.trim()));
  } catch (cause) {
    throw new InvalidError(`"${text}" is not an instant`, {
      hint: 'Write date, time and offset, for instance 2026-11-22T20:00:00Z.',
      cause,
    });
  }
}

/** Whether the text is a time zone that the platform knows: an IANA name (`America/Bogota`) or `UTC`. */
export function isTimezone(text: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    return /^[A-Za-z]/.test(text);
  } catch {
    return false;
  }
}

/** Whether the text is a calendar day that exists, as `YYYY-MM-DD`. */
export function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    Temporal.PlainDate.from(text, { overflow: 'reject' });
    return true;
  } catch {
    return false;
  }
}

/** Wall-clock reading of an instant in a zone; a `Temporal.ZonedDateTime` for callers inside the domain. */
export function inZone(at: string, timezone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.from(at).toZonedDateTimeISO(timezone);
}

/** Calendar years later (UTC); a 29 February that does not come is the 28th. */
export function addYears(at: string, years: number): string {
  return inZone(at, 'UTC').add({ years }).toInstant().toString({ fractionalSecondDigits: 3 });
}

/** Calendar day (`YYYY-MM-DD`) on which the instant falls in the zone. */
export function localDay(at: string, timezone: string): string {
  return inZone(at, timezone).toPlainDate().toString();
}

/** First millisecond of a calendar day in the zone (not always 00:00: some zones change their clocks at midnight). */
export function startOfDay(day: string, timezone: string): string {
  return formatInstant(Temporal.PlainDate.from(day).toZonedDateTime(timezone).toInstant());
}

/** Last millisecond of a calendar day in the zone. */
export function endOfDay(day: string, timezone: string): string {
  return addMs(startOfDay(addCalendarDays(day, 1), timezone), -1);
}

/**
 * Last millisecond of the local day that lies `days` calendar days after the local day of `at`; 0 is the day of `at`
 * itself. From an instant to this end there are never fewer than `days` whole local days.
 */
export function endOfDayAfter(at: string, days: number, timezone: string): string {
  return endOfDay(addCalendarDays(localDay(at, timezone), days), timezone);
}

/** Calendar day `days` after (negative: before) another. */
export function addCalendarDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

/** Calendar days from one day to another; negative when `to` is earlier. */
export function calendarDaysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), { largestUnit: 'day' }).days;
}

/** The instant `ms` milliseconds later, rounded to a whole one (fractions of an hour or day seldom are). */
export function addMs(at: string, ms: number): string {
  return formatInstant(Temporal.Instant.from(at).add({ milliseconds: Math.round(ms) }));
}

/** The instant `hours` exact hours later; fractions are allowed. */
export function addHours(at: string, hours: number): string {
  return addMs(at, hours * 3_600_000);
}

/** The instant `days` exact units of 24 hours later. For periods that a customer counts use `endOfDayAfter`. */
export function addDays(at: string, days: number): string {
  return addMs(at, days * dayMs);
}

/** Milliseconds from one instant to another; negative when `to` is earlier. */
export function msBetween(from: string, to: string): number {
  return Temporal.Instant.from(to).epochMilliseconds - Temporal.Instant.from(from).epochMilliseconds;
}

/** Whether `a` is strictly earlier than `b`. */
export function isBefore(a: string, b: string): boolean {
  return msBetween(a, b) > 0;
}

/** Age of `at` in units of 24 hours, as a fraction; negative when `at` is in the future. */
export function ageInDays(at: string, now: string): number {
  return msBetween(at, now) / dayMs;
}

/** Order of two instants for sorting, earliest first. */
export function compareInstants(a: string, b: string): number {
  return msBetween(b, a);
}

/** The stored form: always milliseconds, so that text order is time order. */
function formatInstant(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'millisecond', roundingMode: 'trunc' });
}
