import type { Clock } from '../../ports/clock.ts';

/** The machine's own clock, for business and machine alike. */
export function systemClock(): Clock {
  return {
    simulated: false,
    now: () => new Date().toISOString(),
    wall: () => Date.now(),
  };
}
