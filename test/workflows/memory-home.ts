import { hash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { type AslRunner, aslRunner } from '../../src/adapters/embedded/asl-runner.ts';
import { directoryRestoreFolder } from '../../src/adapters/embedded/directory-restore-folder.ts';
import { directorySourceDriver } from '../../src/adapters/embedded/directory-source-driver.ts';
import { fsScratch } from '../../src/adapters/embedded/fs-scratch.ts';
import { runCommand } from '../../src/adapters/embedded/shell-command.ts';
import { managedSourceDriver } from '../../src/adapters/managed-source-driver.ts';
import { noManagedBackup } from '../../src/adapters/no-managed-backup.ts';
import type { Deps, Progress } from '../../src/deps.ts';
import { type Plan, parsePlan } from '../../src/domain/plan.ts';
import { standardPlan, unattendedPlan } from '../../src/domain/plan-texts.ts';
import type { Source } from '../../src/domain/source.ts';
import type { Tenant } from '../../src/domain/tenant.ts';
import { handlerOf } from '../../src/handlers.ts';
import type { KeyRef } from '../../src/ports/key-store.ts';
import type { Mailer } from '../../src/ports/mailer.ts';
import type { ManagedBackup } from '../../src/ports/managed-backup.ts';
import type { SourceDriver } from '../../src/ports/source-driver.ts';
import type { Json, Table } from '../../src/ports/table.ts';
import type { Execution } from '../../src/ports/workflows.ts';
import { addSource } from '../../src/use-cases/add-source.ts';
import { addTenant } from '../../src/use-cases/add-tenant.ts';
import { type RunReport, reportRun } from '../../src/use-cases/report-run.ts';
import { type RunKind, startRun } from '../../src/use-cases/start-run.ts';
import { verifyLedger } from '../../src/use-cases/verify-ledger.ts';
import type { FixedClock } from '../memory/clock.ts';
import type { MemoryKeyStore } from '../memory/key-store.ts';
import type { MemoryMailer } from '../memory/mailer.ts';
import type { MemoryObjectStore } from '../memory/object-store.ts';
import type { MemoryTable } from '../memory/table.ts';
import { fixedClock, memoryKeyStore, memoryMailer, memoryObjectStore, memoryTable } from '../memory-ports.ts';
import { mortalPorts } from './mortal-ports.ts';
import { permittedPorts } from './permitted-ports.ts';

export const operator = { kind: 'operator' as const, id: 'olga' };
export const finance = { kind: 'finance' as const, id: 'ledgerbot' };

/** Called instead of a handler; `call` is the handler itself. */
export type Around = (
  functionName: string,
  event: Json,
  call: (event?: Json) => Promise<Json>,
  process: TestProcess,
) => Promise<Json>;

/** How one process of a test differs from an undisturbed one. */
export interface ProcessOptions {
  around?: Around;
  /** Dies at its n-th call of a port (from 1), before or after what the call does. */
  dieAtCall?: number;
  afterEffect?: boolean;
  /** Stores of another home that it works with. */
  stores?: Partial<Pick<MemoryHome, 'objects' | 'evidence' | 'keys'>>;
  /** Ports of this process alone. */
  change?: (deps: Deps) => Partial<Deps>;
}

/** What a test asks of a run. */
export type RunOptions = Omit<Parameters<typeof startRun.typed>[1], 'kind' | 'requestedBy'>;

/** One process of the program: use cases, runner and real handlers over the home's stores. */
export interface TestProcess {
  deps: Deps;
  runner: AslRunner;
  holder: string;
  /** Resolves when the process has died. */
  died: Promise<void>;
  /** Calls of ports so far. */
  calls(): number;
  /** From now on no call of a port happens or returns. */
  kill(): void;
  /** Starts a run and waits for it and for all that it started. */
  run(kind: RunKind, options?: RunOptions): Promise<RunReport>;
  /** The same, or until the process dies. */
  runOrDie(kind: RunKind, options?: RunOptions): Promise<'ended' | 'died'>;
  /** What every command that runs workflows does first: starts again what killed processes left. */
  redrive(): Promise<Execution[]>;
}

/** A home whose stores are in memory; sources and scratch are real folders. */
export interface MemoryHome {
  dir: string;
  clock: FixedClock;
  table: Table;
  /** Rows of the memory table; empty when a test brings its own table. */
  rows: MemoryTable['rows'];
  objects: MemoryObjectStore;
  evidence: MemoryObjectStore;
  keys: MemoryKeyStore;
  mailer: MemoryMailer;
  /** The managed backup service, where the test has one. */
  managed?: ManagedBackup;
  /** Ids of the mails in the order in which they were handed over, the same again as often as it happened. */
  handedOver: string[];
  /** Mails as an outbox folder keeps them, by Message-ID. */
  outbox: Map<string, Buffer>;
  plans: Map<string, Plan>;
  /** Called on progress of any process. */
  onProgress: Progress;
  process(options?: ProcessOptions): TestProcess;
  /** Changes a plan. */
  plan(name: string, change: (plan: Plan) => Plan): void;
  /** Adds a tenant, on the plan `unattended` unless told otherwise. */
  tenant(id: string, change?: Partial<Tenant>): Promise<Tenant>;
  /** Adds a source that is a new folder with these files; answers the folder. */
  source(
    tenant: string,
    name: string,
    files?: Record<string, string | Buffer>,
    change?: Pick<Partial<Source>, 'prepare' | 'release'>,
  ): Promise<string>;
  /** Every chain of the ledger verifies, seals and segments too. */
  expectLedgerWhole(): Promise<void>;
}

/** Where parts begin hangs on the key of the source: two homes with the same files are cut alike, since tests compare them. */
function drawn(ref: KeyRef): Buffer {
  return ref.startsWith('source/') ? hash('sha256', ref, 'buffer') : randomBytes(32);
}

let processes = 0;

/** Makes an empty home that stands at `now`. */
export async function memoryHome(
  options: {
    now?: string;
    simulated?: boolean;
    table?: Table;
    objects?: MemoryObjectStore;
    keys?: MemoryKeyStore;
    clock?: FixedClock;
    atEnd?: (clean: () => void) => void;
    /** Makes the managed backup service, by the home's clock. */
    managed?: (now: () => string) => ManagedBackup;
  } = {},
): Promise<MemoryHome> {
  // Retries wait a random time up to seconds (JitterStrategy FULL): here they wait none.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const dir = mkdtempSync(join(tmpdir(), 'tenure-workflow-'));
  (options.atEnd ?? onTestFinished)(() => {
    vi.restoreAllMocks();
    rmSync(dir, { recursive: true, force: true });
  });
  const clock =
    options.clock ?? fixedClock(options.now ?? '2026-03-02T10:00:00.000Z', { simulated: options.simulated ?? true });
  const table = memoryTable();
  const mailer = memoryMailer();
  const plans = new Map<string, Plan>([
    ['standard', parsePlan(standardPlan, 'standard.yml')],
    ['unattended', parsePlan(unattendedPlan, 'unattended.yml')],
  ]);
  const alive = new Set<string>();
  const home: MemoryHome = {
    dir,
    clock,
    table: options.table ?? table,
    rows: table.rows,
    objects: options.objects ?? memoryObjectStore(),
    evidence: memoryObjectStore(),
    keys: options.keys ?? memoryKeyStore({ draw: drawn }),
    mailer,
    ...(options.managed === undefined ? {} : { managed: options.managed(() => clock.now()) }),
    handedOver: [],
    outbox: new Map<string, Buffer>(),
    plans,
    onProgress: () => undefined,
    process: (process = {}) => openProcess(home, alive, process),
    plan(name, change) {
      const plan = plans.get(name);
      if (plan === undefined) throw new Error(`no plan ${name}`);
      plans.set(name, change(plan));
    },
    async tenant(id, change = {}) {
      const { name, contacts, locale, timezone, plan, agreement } = change;
      return await addTenant.typed(home.process().deps, {
        id,
        name: name ?? `${id} Ltd`,
        contacts: contacts ?? [
          { name: `Ann of ${id}`, email: `ann@${id}.example` },
          { name: `Ben of ${id}`, email: `ben@${id}.example` },
        ],
        plan: plan ?? 'unattended',
        locale: locale ?? 'en',
        timezone: timezone ?? 'UTC',
        ...(agreement === undefined ? {} : { agreement }),
        actor: operator,
      });
    },
    async source(tenant, name, files = { 'a.txt': 'alpha', 'deep/b.txt': 'beta' }, change = {}) {
      const folder = join(dir, 'data', tenant, name);
      mkdirSync(folder, { recursive: true });
      writeFiles(folder, files);
      await addSource.typed(home.process().deps, {
        source: { tenant, name, kind: 'directory', location: folder, ...change },
        actor: operator,
      });
      return folder;
    },
    async expectLedgerWhole() {
      const verdict = await verifyLedger.typed(home.process().deps, {});
      expect(verdict.problems).toEqual([]);
    },
  };
  return home;
}

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

function openProcess(home: MemoryHome, alive: Set<string>, options: ProcessOptions): TestProcess {
  const holder = `process-${++processes}`;
  alive.add(holder);
  const life = mortalPorts(options.dieAtCall, options.afterEffect === true, () => alive.delete(holder));
  const table = life.wrap(home.table);
  const runner = aslRunner({
    table,
    clock: home.clock,
    definitions: join(import.meta.dirname, '../../state-machines'),
    handler: async (name) => {
      const handler = await handlerOf(name, permittedPorts(name, deps));
      return async (event) =>
        await life.gate(
          options.around === undefined
            ? handler(event)
            : options.around(name, event, async (other) => await life.gate(handler(other ?? event)), process),
        );
    },
    holder,
    holderAlive: (other) => alive.has(other),
    waitMs: 0,
  });
  const scratch = fsScratch(join(home.dir, 'scratch'));
  const whole: Deps = {
    objects: life.wrap(options.stores?.objects ?? home.objects),
    evidence: life.wrap(options.stores?.evidence ?? home.evidence),
    table,
    keys: life.wrap(options.stores?.keys ?? home.keys),
    mailer: life.wrap(outboxMailer(home)),
    clock: home.clock,
    workflows: runner,
    managed: home.managed === undefined ? noManagedBackup() : life.wrap(home.managed),
    sourceDriver: (source) =>
      life.wrap(source.kind === 'aws-backup' ? managedSourceDriver(source, whole.managed) : driverOf(home, source)),
    restoreFolder: async (folder, { apartFrom }) =>
      directoryRestoreFolder(folder, { never: [join(home.dir, 'scratch')], apartFrom }),
    scratch: {
      ...scratch,
      target: async (name) => await life.call(async () => await scratch.target(name)),
      remove: async (name) => await life.call(async () => await scratch.remove(name)),
    },
    purgeOutbox: async (trace) => await life.call(async () => purgeTraces(home.outbox, trace)),
    runCommand,
    post: async () => 'refused',
    refusesTarget: () => undefined,
    holder,
    holderAlive: (other) => alive.has(other),
    random: randomBytes,
    timeLeft: () => Number.POSITIVE_INFINITY,
    progress: (event) => home.onProgress(event),
    settings: {
      company: 'Keeper Ltd',
      operator: { name: 'Olga Operator', email: 'olga@keeper.example' },
      plans: home.plans,
      restoreRoot: join(home.dir, 'restored'),
      version: '0.0.0-test',
    },
  };
  const deps: Deps = { ...whole, ...options.change?.(whole) };
  const process: TestProcess = {
    deps,
    runner,
    holder,
    died: life.died,
    calls: life.calls,
    kill: life.kill,
    async run(kind, asked = {}) {
      const { machine, run } = await startRun.typed(deps, { kind, requestedBy: 'test', ...asked });
      await runner.finished(machine, run);
      await runner.idle();
      return await reportRun.typed(deps, { machine, run });
    },
    async runOrDie(kind, asked = {}) {
      return await Promise.race([
        life.died.then(() => 'died' as const),
        process.run(kind, asked).then(() => 'ended' as const),
      ]);
    },
    async redrive() {
      const taken = await runner.redriveKilled();
      await runner.idle();
      return taken;
    },
  };
  return process;
}

function driverOf(home: MemoryHome, source: Source): SourceDriver {
  const driver = directorySourceDriver(source.location, { forbidden: [join(home.dir, 'scratch')] });
  return { ...driver, verify: async () => await driver.verify() };
}

/** Sends through the home's mailer and keeps the bytes until they are purged. */
function outboxMailer(home: MemoryHome): Mailer {
  return {
    async send(mail) {
      const receipt = await home.mailer.send(mail);
      home.handedOver.push(mail.id);
      if (!home.outbox.has(receipt.messageId)) home.outbox.set(receipt.messageId, receipt.raw);
      return receipt;
    },
  };
}

/** Removes mails by the header that says whose trace they are, as the outbox folder does. */
function purgeTraces(outbox: Map<string, Buffer>, trace: string): number {
  const found = [...outbox].filter(([, raw]) => {
    const [, own] = /^x-tenure-trace:\s*(\S+)/im.exec(raw.toString('latin1')) ?? [];
    return own === trace || own?.startsWith(`${trace}/`) === true;
  });
  for (const [id] of found) outbox.delete(id);
  return found.length;
}
