import type { Clock } from '../../src/ports/clock.ts';

/** A clock that a test moves by hand. */
export interface FixedClock extends Clock {
  /** Sets the business time alone; the machine's clock goes on as it was. */
  moveTo(iso: string): void;
  /** Both clocks go on by so many milliseconds (leases lapse). */
  pass(ms: number): void;
}

/** Starts at `iso` on both clocks. Simulated unless told otherwise. */
export function fixedClock(iso: string, options: { simulated?: boolean } = {}): FixedClock {
  let nowMs = Date.parse(iso);
  let wallMs = nowMs;
  return {
    simulated: options.simulated ?? true,
    now: () => new Date(nowMs).toISOString(),
    wall: () => wallMs,
    moveTo(next) {
      nowMs = Date.parse(next);
    },
    pass(ms) {
      nowMs += ms;
      wallMs += ms;
    },
  };
}
