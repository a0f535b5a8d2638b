import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How a command is run. */
export interface CommandOptions {
  /** Working directory; default the current one. */
  cwd?: string;
  /** Added to the environment that the command inherits. */
  env?: Record<string, string>;
  /** After this many milliseconds the command and everything it started is ended. Default one hour. */
  timeoutMs?: number;
}

/** How a command ended. */
export interface CommandOutcome {
  /** It exited with 0 in time. */
  ok: boolean;
  /** 128 + signal where it was killed, 124 where it took too long, as shells and timeout(1) have it. */
  exitCode: number;
  /** The end of what it printed on both channels, at most 8 KiB. */
  output: string;
}

const TAIL_BYTES = 8 * 1024;
const HOUR_MS = 3_600_000;
/** How long a command may clean up after SIGTERM. */
const GRACE_MS = 5000;
/** How long output is awaited after the exit: something left in the background may hold the pipes for ever. */
const DRAIN_MS = 200;

/**
 * Runs a command with `/bin/sh -c` in a process group of its own and waits for it. Never throws for what the command
 * does; a shell that cannot be started is exit code 127. Tenure's own settings (`TENURE_…`, which may hold a passphrase)
 * are not passed on, except those in `env`.
 */
export function runCommand(command: string, options: CommandOptions = {}): Promise<CommandOutcome> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TENURE_'));
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const tail = new Tail();
  child.stdout.on('data', (data: Buffer) => tail.add(data));
  child.stderr.on('data', (data: Buffer) => tail.add(data));

  const timeoutMs = options.timeoutMs ?? HOUR_MS;
  let late = false;
  const timers = [
    setTimeout(() => {
      late = true;
      endGroup(child.pid, 'SIGTERM');
      timers.push(setTimeout(() => endGroup(child.pid, 'SIGKILL'), GRACE_MS));
    }, timeoutMs),
  ];

  return new Promise((resolve) => {
    const end = (exitCode: number, note = ''): void => {
      for (const timer of timers) clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ ok: exitCode === 0, exitCode, output: tail.text() + note });
    };
    child.once('error', (error) => end(127, error.message));
    child.once('exit', (code, signal) => {
      if (late) endGroup(child.pid, 'SIGKILL');
      const exitCode = late ? 124 : (code ?? 128 + signalNumber(signal));
      const note = late ? `\nended: it took longer than ${timeoutMs / 1000} s` : '';
      child.once('close', () => end(exitCode, note));
      timers.push(setTimeout(() => end(exitCode, note), DRAIN_MS));
    });
  });
}

/** Keeps the last bytes that were printed. */
class Tail {
  private bytes: Buffer = Buffer.alloc(0);

  add(data: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, data]).subarray(-TAIL_BYTES);
  }

  text(): string {
    return this.bytes.toString('utf8').trimEnd();
  }
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

const signalNumber = (signal: NodeJS.Signals | null): number =>
  signal === null ? 0 : (constants.signals[signal] ?? 0);
