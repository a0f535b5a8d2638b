import { turn } from './directory-turn.ts';

/** How long reads and writes may follow each other before whatever else waits has its turn, in milliseconds. */
const longestMs = 5;

let since = performance.now();
let next: Promise<void> | undefined;

/**
 * To be waited for after a read or write, where it answers something. SQLite's calls are synchronous, so a loop over thousands of
 * rows would keep requests, timers and leases waiting to its end.
 */
export function turnIfLong(): Promise<void> | undefined {
  if (next === undefined && performance.now() - since < longestMs) return undefined;
  next ??= turn().then(() => {
    since = performance.now();
    next = undefined;
  });
  return next;
}
