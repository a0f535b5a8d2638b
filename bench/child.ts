import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What one run of a command cost. */
export interface Cost {
  seconds: number;
  /** Processor time of all its threads, which a busy machine changes less than the time by the clock; 0 where it is not known. */
  processorSeconds: number;
  /** Highest resident memory in bytes, as Linux counts it (VmHWM); 0 where it is not known. */
  peakBytes: number;
}

/** A command line with what it needs. */
export interface CommandLine {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

const pollMs = 20;

/**
 * Runs a command to its end and measures it.
 *
 * @throws Error with the command's last words when it fails
 */
export async function measure({ command, args, env }: CommandLine): Promise<Cost> {
  const startedAt = performance.now();
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      words = (words + text).slice(-2000);
    });
  }
  let peakBytes = 0;
  let processorSeconds = 0;
  const poll = setInterval(() => {
    peakBytes = Math.max(peakBytes, highWater(child));
    processorSeconds = Math.max(processorSeconds, processorTime(child));
  }, pollMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${words}`);
    return { seconds: (performance.now() - startedAt) / 1000, processorSeconds, peakBytes };
  } finally {
    clearInterval(poll);
  }
}

/** The kernel keeps the high-water mark itself, so a peak between two looks is not missed, only one in the last moments. */
function highWater({ pid }: ChildProcess): number {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Ticks of a hundredth of a second (USER_HZ) in user and system mode: the 14th and 15th field of proc_pid_stat(5). */
function processorTime({ pid }: ChildProcess): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
