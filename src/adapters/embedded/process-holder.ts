import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this process as the holder of leases and executions: `host:pid:start`. The start time (clock ticks since boot,
 * proc(5) field 22) tells a reused process id from the one that took the lease.
 */
export function processHolder(): string {
  return `${hostname()}:${process.pid}:${startOf(process.pid) ?? 0}`;
}

/** Whether the holder still lives; `undefined` for one of another host, whose processes cannot be asked: there a lease tells. */
export function holderAlive(holder: string): boolean | undefined {
  const [host, pid, start] = holder.split(':');
  if (host !== hostname()) return undefined;
  const now = startOf(Number(pid));
  return now !== undefined && (now === start || start === '0');
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name may hold blanks and parentheses; the fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return aliveWithoutProc(pid) ? '0' : undefined;
  }
}

function aliveWithoutProc(pid: number): boolean {
  if (process.platform === 'linux') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
