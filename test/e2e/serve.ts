import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** `tenure serve` as a process of its own. */
export interface Served {
  url: string;
  process: ChildProcess;
  /** What it has logged so far. */
  log: string[];
  /** Ends it as an operator does, or at once. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts the server on a free port, and ends it with the test. */
export async function serve(
  dir: string,
  options: { args?: string[]; env?: Record<string, string> } = {},
): Promise<Served> {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const args = [main, '--home', dir, 'serve', '--port', '0', ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const ended = once(child, 'exit');
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  onTestFinished(async () => await end('SIGKILL'));
  const log: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    // Read to the end: a server whose log nobody reads would stand still.
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      const [, found] = /listens on (http:\S+);/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`serve ended before it listened:\n${log.join('\n')}`)));
  });
  return { url, process: child, log, end };
}

/** Adds a section `api` to the configuration of a home. */
export function configureApi(dir: string, section: string): void {
  appendFileSync(join(dir, 'tenure.yml'), `api: ${section}\n`);
}
