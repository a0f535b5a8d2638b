import type { Json } from '../../src/ports/table.ts';
import type { Around, ProcessOptions } from './memory-home.ts';

/** A process each of whose steps has little time, and what it did. */
export interface Hurried {
  options: Pick<ProcessOptions, 'change' | 'around'>;
  /** Calls of each function, and how many of them answered `more`. */
  calls: Map<string, { calls: number; more: number }>;
}

/**
 * Every call of a function has time until it has asked for it `asks()` times, as a Lambda has until its deadline. Steps of a Map that
 * run at once take from each other's time: that only makes it shorter.
 *
 * @param inner what else stands around a call
 */
export function hurried(asks: () => number, inner?: Around): Hurried {
  let left = 0;
  const calls: Hurried['calls'] = new Map();
  const around: Around = async (name, event, call, process) => {
    left = asks();
    const answer: Json = await (inner === undefined ? call() : inner(name, event, call, process));
    const known = calls.get(name) ?? { calls: 0, more: 0 };
    const more = (answer as { outcome?: string } | null)?.outcome === 'more' ? 1 : 0;
    calls.set(name, { calls: known.calls + 1, more: known.more + more });
    return answer;
  };
  return {
    options: {
      around,
      change: () => ({
        timeLeft: () => {
          left -= 1;
          return left > 0 ? 60_000 : 0;
        },
      }),
    },
    calls,
  };
}
