import { InvalidError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';

/** A clock whose business time stands still until it is moved, and never goes back. */
export interface SimulatedClock extends Clock {
  /** @throws InvalidError when `instant` is none, or lies before the present */
  moveTo(instant: string): void;
}

const isoInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Starts at an ISO instant with its offset (`2026-11-22T20:00:00Z`). `wall` stays the machine's: leases and racy files are
 * about this run and not about the life that is simulated.
 *
 * @throws InvalidError when `instant` is none
 */
export function simulatedClock(instant: string): SimulatedClock {
  let now = parse(instant);
  return {
    simulated: true,
    now: () => now,
    wall: () => Date.now(),
    moveTo(next) {
      const at = parse(next);
      if (at < now) throw new InvalidError(`the clock stands at ${now} and does not go back to ${at}`);
      now = at;
    },
  };
}

function parse(instant: string): string {
  const ms = isoInstant.test(instant) ? Date.parse(instant) : Number.NaN;
  const day = Number(instant.slice(8, 10));
  // Date takes the 31st of February for the 3rd of March.
  const daysInMonth = new Date(Date.UTC(Number(instant.slice(0, 4)), Number(instant.slice(5, 7)), 0)).getUTCDate();
  if (Number.isNaN(ms) || day > daysInMonth) {
    throw new InvalidError(`${JSON.stringify(instant)} is no instant`, { hint: 'Write it like 2026-11-22T20:00:00Z.' });
  }
  return new Date(ms).toISOString();
}
