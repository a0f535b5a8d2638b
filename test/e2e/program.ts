import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ParsedMail, simpleParser } from 'mailparser';
import { afterAll, onTestFinished } from 'vitest';
import { sqliteTable } from '../../src/adapters/embedded/sqlite-table.ts';
import type { Table } from '../../src/ports/table.ts';

const program = fileURLToPath(new URL('../../bin/tenure.js', import.meta.url));

/** Everything that the program syncs is thrown away after the test: no disk is needed under it where memory is at hand. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** How the program ended. */
export interface Ended {
  /** `null` when it was killed. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The program while it runs. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Starts the program as a user would, in an environment that names no home. */
export function start(args: readonly string[]): Running {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TENURE_')));
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

/** A folder that is gone after the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(place, 'tenure-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder that is gone after all tests of a suite; called where the suite is described. */
export function suiteFolder(): string {
  const folder = mkdtempSync(join(place, 'tenure-e2e-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A home of the program, and the data beside it. */
export class Home {
  readonly dir: string;
  /** For data and files; goes with the test. */
  readonly beside: string;

  constructor(dir?: string) {
    this.beside = dir === undefined ? tempFolder() : join(dir, '..');
    this.dir = dir ?? join(this.beside, 'home');
  }

  start(...args: string[]): Running {
    return start(['--home', this.dir, ...args]);
  }

  async run(...args: string[]): Promise<Ended> {
    return await this.start(...args).ended;
  }

  /** Runs a command that must end with this code. */
  async ends(code: number, ...args: string[]): Promise<Ended> {
    const ended = await this.run(...args);
    if (ended.code === code) return ended;
    throw new Error(`tenure ${args.join(' ')} ended with ${ended.code}, not ${code}:\n${ended.stdout}${ended.stderr}`);
  }

  /** The one document of a command with `--json`, which must end with this code. */
  async json<T>(code: number, ...args: string[]): Promise<T> {
    return JSON.parse((await this.ends(code, ...args, '--json')).stdout) as T;
  }

  /** Makes a home with its tenant `acme`, on the plan that is named. `now` makes it a simulated one. */
  async make({ now, plan = 'standard' }: { now?: string; plan?: string } = {}): Promise<this> {
    await this.ends(
      0,
      'init',
      '--operator-email',
      'operator@tenure.example',
      ...(now === undefined ? [] : ['--now', now]),
    );
    await this.addTenant('acme', plan);
    return this;
  }

  async addTenant(id: string, plan: string): Promise<void> {
    const emails = ['--email', `ana@${id}.example`, '--email', `bo@${id}.example`];
    await this.ends(0, 'tenant', 'add', id, '--name', `The ${id} company`, ...emails, '--plan', plan);
  }

  /** A path in the home. */
  path(...path: string[]): string {
    return join(this.dir, ...path);
  }

  /** A folder beside the home, which is made where it is not there. */
  folder(...path: string[]): string {
    const folder = join(this.beside, ...path);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** A folder beside the home with files of these names and contents. */
  data(name: string, files: Record<string, string | Buffer>): string {
    const folder = this.folder(name);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return folder;
  }

  /** Protects a folder of `acme`. */
  async protect(name: string, folder: string, ...more: string[]): Promise<void> {
    await this.ends(0, 'source', 'add', 'acme', name, '--directory', folder, ...more);
  }

  /** Every mail in the outbox, oldest first. */
  async mails(): Promise<ParsedMail[]> {
    const names = readdirSync(this.path('outbox')).filter((name) => name.endsWith('.eml'));
    return await Promise.all(names.sort().map((name) => simpleParser(readFileSync(this.path('outbox', name)))));
  }

  /** The mails to an address, oldest first. */
  async mailsTo(address: string): Promise<ParsedMail[]> {
    return (await this.mails()).filter((mail) => [mail.to].flat().some((to) => to?.text.includes(address)));
  }
}

/** Every file below a folder, sorted. A folder that is not there has none. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** A run as `--json` reports it. */
export interface RunData {
  run: string;
  outcome: string;
  items: {
    tenant: string;
    source?: string;
    status: string;
    reasons: string[];
    snapshot?: string;
    case?: string;
    caseStatus?: string;
    sent?: number;
    removed?: number;
    verdict?: string;
    readAgain?: number;
  }[];
  copies?: { id: string; keep: boolean; reasons: string[] }[];
  erasures?: { run: string; case: string; outcome: string; fault?: { name: string; message: string } }[];
  takenOver: string[];
}

/** A copy as `snapshots --json` lists it. */
export interface SnapshotData {
  id: string;
  tenant: string;
  source: string;
  cadence: string;
  takenAt: string;
  expiresAt: string;
  objects: number;
  bytes: number;
}

/** What `check --json` reports. */
export interface CheckData {
  snapshots: number;
  packs: number;
  packsRead: number;
  problems: {
    object: string;
    kind: string;
    reason: string;
    affects: { snapshot: string; key: string }[];
    affectedCount: number;
  }[];
}

/** What `restore --json` reports. */
export interface RestoreData {
  snapshot: { id: string; takenAt: string };
  objects: number;
  damaged: { key: string; reason: string }[];
  notices: { key: string; reason: string }[];
}

/** Opens the catalog of a home beside the program, to put it into a state that no command leads to. */
export async function inCatalog<T>(home: Home, work: (table: Table) => Promise<T>): Promise<T> {
  const table = sqliteTable(home.path('catalog.db'));
  try {
    return await work(table);
  } finally {
    table.close();
  }
}
