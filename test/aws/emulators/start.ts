import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { venvProgram } from './venv.ts';

/** An emulator that runs on loopback. */
export interface Emulator {
  /** For instance `http://127.0.0.1:40123`. */
  url: string;
  /** What it printed. */
  logFile: string;
  /** Process id of the emulator; its Lambda workers are children of it. */
  pid: number;
  /** Ends it and everything it started, and removes its state. */
  stop(): Promise<void>;
}

/** How one emulator differs from the usual. */
export interface EmulatorOptions {
  /** Variables of its process; Lambdas inherit those of ministack (AWS_ENDPOINT_URL, for instance). */
  env?: Record<string, string>;
}

/** Where each emulator answers once it is ready. */
const readyPaths = { ministack: '/_ministack/health', moto: '/moto-api/data.json' } as const;

/** Long enough for a slow machine: they take 2 to 4 s on a free one. */
const patienceMs = 60_000;

/** Starts ministack: an emulator of AWS that runs the Lambdas of a deployed stack as Node processes. */
export async function startMinistack(options: EmulatorOptions = {}): Promise<Emulator> {
  return await start('ministack', options);
}

/** Starts moto: a second opinion, with Step Functions that call handlers in the test's process (see launch.py). */
export async function startMoto(options: EmulatorOptions = {}): Promise<Emulator> {
  return await start('moto', options);
}

async function start(kind: keyof typeof readyPaths, options: EmulatorOptions): Promise<Emulator> {
  const dir = mkdtempSync(join(tmpdir(), `tenure-${kind}-`));
  // A port that was free may be taken by the time it is used: then another one.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const logFile = join(dir, `${attempt}.log`);
    const child = launch(kind, port, dir, logFile, options);
    const url = `http://127.0.0.1:${port}`;
    if (await ready(child, `${url}${readyPaths[kind]}`)) {
      const pid = child.pid as number;
      return {
        url,
        logFile,
        pid,
        stop: async () => {
          await end(child);
          rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
        },
      };
    }
    await end(child);
    if (attempt === 3) throw new Error(`${kind} does not start:\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
  }
}

function launch(kind: string, port: number, dir: string, logFile: string, { env }: EmulatorOptions): ChildProcess {
  const log = openSync(logFile, 'a');
  const temp = join(dir, 'tmp');
  mkdirSync(temp, { recursive: true });
  // ministack's workers are CommonJS in files that end in .js: a package.json further up must not say otherwise.
  writeFileSync(join(temp, 'package.json'), '{"type":"commonjs"}');
  const child = spawn(venvProgram('python'), [join(import.meta.dirname, 'launch.py'), kind, String(port)], {
    // A group of its own, so that its Lambda workers end with it.
    detached: true,
    stdio: ['pipe', log, log],
    env: {
      // ministack runs Lambdas with the `node` it finds.
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
      HOME: dir,
      TMPDIR: temp,
      STATE_DIR: join(dir, 'state'),
      S3_DATA_DIR: join(dir, 's3'),
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      LOG_LEVEL: 'WARNING',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...env,
    },
  });
  closeSync(log);
  return child;
}

async function ready(child: ChildProcess, url: string): Promise<boolean> {
  const until = Date.now() + patienceMs;
  while (Date.now() < until && child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(100);
  }
  return false;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    killGroup(child.pid);
    await ended;
  }
  // Workers that outlived it.
  killGroup(child.pid);
}

/** Nothing in it is worth an orderly end: all state is in memory and in its temp folder. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
