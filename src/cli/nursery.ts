import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Large enough that short-lived objects of a busy run die in it. */
const enoughBytes = 8 * 1024 * 1024;
const lookEveryMs = 20;

/**
 * Stops the nursery of the garbage collector from growing beyond what serves: by itself it doubles up to 32 MiB, three times
 * over, which is a quarter of the memory of a backup and saves no time. What lives long here are manifests and buffers. No option
 * of the running engine sets the limit, but how fast it grows can be set at any time.
 */
export function boundNursery(): void {
  const timer = setInterval(() => {
    const nursery = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if (nursery && nursery.space_size < enoughBytes) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(timer);
  }, lookEveryMs);
  timer.unref();
}
