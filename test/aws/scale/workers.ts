import { readdirSync, readFileSync } from 'node:fs';

/** The most that a function's processes ever had in memory. */
export interface Peak {
  /** Highest resident set of a process, in MiB. */
  peakMiB: number;
  /** What the function is given, in MiB. */
  limitMiB: number;
}

/** Watches the Lambda workers of an emulator: processes below `pid` that run a function. Linux. */
export function watchWorkers(pid: number): { peaks(): Map<string, Peak>; stop(): void } {
  const peaks = new Map<string, Peak>();
  const look = () => {
    for (const child of childrenOf(pid)) {
      const name = child.env.AWS_LAMBDA_FUNCTION_NAME;
      if (name === undefined) continue;
      const before = peaks.get(name)?.peakMiB ?? 0;
      const limitMiB = Number(child.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
      peaks.set(name, { peakMiB: Math.max(before, child.peakMiB), limitMiB });
    }
  };
  const timer = setInterval(look, 1000);
  return {
    peaks: () => {
      look();
      return new Map(peaks);
    },
    stop: () => clearInterval(timer),
  };
}

function childrenOf(pid: number): { env: Record<string, string>; peakMiB: number }[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const status = readFileSync(`/proc/${entry}/status`, 'utf8');
      if (Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) !== pid) return [];
      const env = readFileSync(`/proc/${entry}/environ`, 'utf8')
        .split('\0')
        .map((line) => line.split(/=(.*)/s, 2));
      // VmHWM is the highest that it ever was, so nothing between two looks is missed while the process lives.
      return [{ env: Object.fromEntries(env), peakMiB: Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024 }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
