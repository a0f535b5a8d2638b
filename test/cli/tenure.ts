import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('../../bin/tenure.js', import.meta.url));

/** Everything that the program syncs is thrown away after the test: no disk is needed under it where memory is at hand. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** How the program ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the real program. */
export function tenure(
  args: readonly string[],
  options: { env?: Record<string, string>; killAfterMs?: number } = {},
): Promise<Ended> {
  const { TENURE_HOME: _home, TENURE_ACTOR: _actor, TENURE_PASSPHRASE: _passphrase, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ended.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ended.stderr += text;
  });
  if (options.killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), options.killAfterMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

/** A folder that is gone after the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(place, 'tenure-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A home of the program in a temporary folder. */
export class TestHome {
  readonly dir: string;
  /** Beside the home, for data and files. */
  readonly beside: string;

  constructor() {
    this.beside = tempFolder();
    this.dir = join(this.beside, 'home');
  }

  /** Runs a command in this home. */
  async run(...args: string[]): Promise<Ended> {
    return await tenure(['--home', this.dir, ...args]);
  }

  /** Runs a command that must end with this code. */
  async ends(code: number, ...args: string[]): Promise<Ended> {
    const ended = await this.run(...args);
    if (ended.code !== code)
      throw new Error(
        `tenure ${args.join(' ')} ended with ${ended.code}, not ${code}:\n${ended.stdout}${ended.stderr}`,
      );
    return ended;
  }

  /** Runs a command with --json; its one document. The exit code must be as said. */
  async json<T = Record<string, unknown>>(code: number, ...args: string[]): Promise<T> {
    return JSON.parse((await this.ends(code, ...args, '--json')).stdout) as T;
  }

  /** A folder beside the home. */
  folder(...path: string[]): string {
    const folder = join(this.beside, ...path);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Where the program lies, for tests that start it themselves. */
  static readonly program = dirname(program);
}

/** First day of the simulated homes. */
export const firstDay = '2026-11-22T20:00:00.000Z';

/** A home under a simulated clock with the tenant `acme` and, where a folder is given, its source `files`. */
export async function simulatedHome(directory?: (home: TestHome) => string): Promise<TestHome> {
  const home = new TestHome();
  await home.ends(0, 'init', '--now', firstDay);
  await home.ends(
    0,
    'tenant',
    'add',
    'acme',
    '--name',
    'Acme Ltd',
    '--email',
    'ana@acme.example',
    '--email',
    'bo@acme.example',
  );
  if (directory !== undefined) await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', directory(home));
  return home;
}
