import type { SourceEntry } from '../ports/source-driver.ts';
import { isPartBoundary } from './boundary.ts';
import type { SourceSecrets } from './secrets.ts';

/**
 * When its time is up a leg goes on for so many entries or milliseconds at most, in the hope of the natural end of a part: one
 * key in 4,096 begins one. The fifth of its time that a step keeps in reserve is ample for it.
 */
const overtime = { entries: 8_192, ms: 5_000 };
/** Bytes in a millisecond that reading a large object is expected to achieve at least (25 MB/s). */
const slowest = 25_000;

/** What a leg's end depends on. */
export interface LegEndOptions {
  secrets: SourceSecrets;
  /** Milliseconds that are left, negative once they are over. */
  timeLeft: () => number;
  /** Fewer entries of overtime serve tests. */
  overtimeEntries?: number;
}

/** Decides between two entries whether a leg ends there. */
export class LegEnd {
  readonly #options: LegEndOptions;
  #entries = 0;
  #since: number | undefined;

  constructor(options: LegEndOptions) {
    this.#options = options;
  }

  /** True when the leg must end before this entry. */
  isBefore({ key }: SourceEntry): boolean {
    const { timeLeft, secrets, overtimeEntries = overtime.entries } = this.#options;
    if (timeLeft() > 0) return false;
    this.#since ??= performance.now();
    this.#entries += 1;
    return (
      isPartBoundary(key, secrets) || this.#entries > overtimeEntries || performance.now() - this.#since > overtime.ms
    );
  }

  /** True when reading this entry would take longer than there is time: it is better read by a leg that has all of its own. */
  isTooLong({ size }: SourceEntry): boolean {
    return size > (this.#options.timeLeft() + overtime.ms) * slowest;
  }
}
