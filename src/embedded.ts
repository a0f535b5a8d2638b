import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AslRunner, aslRunner } from './adapters/embedded/asl-runner.ts';
import { libc } from './adapters/embedded/directory-libc.ts';
import { directorySourceDriver } from './adapters/embedded/directory-source-driver.ts';
import { fsObjectStore } from './adapters/embedded/fs-object-store.ts';
import { fsScratch } from './adapters/embedded/fs-scratch.ts';
import { createKeyring, openKeyring } from './adapters/embedded/keyring-key-store.ts';
import { outboxMailer } from './adapters/embedded/outbox-mailer.ts';
import { purgeOutbox } from './adapters/embedded/outbox-purge.ts';
import { holderAlive, processHolder } from './adapters/embedded/process-holder.ts';
import { runCommand } from './adapters/embedded/shell-command.ts';
import { simulatedClock } from './adapters/embedded/simulated-clock.ts';
import { smtpMailer } from './adapters/embedded/smtp-mailer.ts';
import { sqliteTable } from './adapters/embedded/sqlite-table.ts';
import { systemClock } from './adapters/embedded/system-clock.ts';
import { httpPost } from './adapters/http-post.ts';
import { lateObjectStore, latePort } from './adapters/late.ts';
import { noManagedBackup } from './adapters/no-managed-backup.ts';
import { type Config, homePaths, masterSource, readConfig } from './config.ts';
import type { Deps } from './deps.ts';
import { parseInstant } from './domain/calendar.ts';
import { CorruptError, InvalidError, TenureError } from './domain/errors.ts';
import type { Source } from './domain/source.ts';
import { embeddedS3Driver, embeddedS3Folder } from './embedded-s3.ts';
import { handlerOf } from './handlers.ts';
import type { Home, OpenOptions } from './home.ts';
import { liveUntil, simulatedNow } from './home-clock.ts';
import { type PlanFile, readPlanFiles } from './plan-files.ts';
import type { Clock } from './ports/clock.ts';
import type { Mailer } from './ports/mailer.ts';
import type { Table } from './ports/table.ts';
import { guardLedger } from './use-cases/guard-ledger.ts';
import { registerPlans } from './use-cases/register-plans.ts';
import { version } from './version.ts';

/** A home that is open: all ports on this machine, and what runs the workflows. */
export interface EmbeddedHome extends Home {
  config: Config;
  runner: AslRunner;
}

/**
 * Opens a home: reads its configuration and plans, opens its catalog, registers plans that are new.
 *
 * @throws NotFoundError where there is no home; InvalidError that names file and line of what is wrong in `tenure.yml` or a
 *   plan; BlockedError when the clock may not be set so
 */
export async function openHome(options: OpenOptions): Promise<EmbeddedHome> {
  const config = readConfig(options.home);
  const paths = homePaths(options.home);
  const plans = readPlanFiles(paths.plans);
  const table = openCatalog(paths.catalog);
  try {
    const now = await simulatedNow(table, config, options);
    const simulated = now === undefined ? undefined : simulatedClock(now);
    const clock = simulated ?? systemClock();
    const { deps, runner } = assemble(options, config, table, clock, plans);
    if (options.mode === 'act' && options.rebuilding !== true) await guarded(deps, config);
    // Who looks from another time leaves nothing on record: it would be dated there. The next command registers.
    if (options.rebuilding !== true && (options.mode === 'act' || options.now === undefined)) {
      const written = [...plans.values()].map(({ plan, digest, text }) => ({ name: plan.name, digest, text }));
      await registerPlans(deps, written, options.actor);
    }
    return {
      dir: options.home,
      config,
      deps,
      runner,
      plans,
      ...(config.api === undefined ? {} : { api: config.api }),
      moveClock: async (instant) => {
        const to = parseInstant(instant);
        await liveUntil(table, config, to);
        simulated?.moveTo(to);
      },
      followClock: async () => {
        const lived = await simulatedNow(table, config, { mode: 'view' });
        if (lived !== undefined && lived > clock.now()) simulated?.moveTo(lived);
      },
      close: async () => {
        await runner.close();
        table.close();
      },
    };
  } catch (error) {
    table.close();
    throw error;
  }
}

/**
 * A catalog that is behind its ledger is quarantined before anything is written to it. What keeps this from being found out must not
 * keep an operator from `stop`; the runs that destroy ask again.
 */
async function guarded(deps: Deps, config: Config): Promise<void> {
  // Opening the store would make the folder, and nobody would see that it is gone.
  if (!existsSync(config.evidence)) return;
  try {
    await guardLedger(deps);
  } catch (error) {
    if (!(error instanceof TenureError)) throw error;
  }
}

/** The stores of a home whose catalog is lost. */
export async function openLostStores(
  config: Pick<Config, 'repository' | 'evidence' | 'keys'>,
  passphrase: () => string | undefined,
): Promise<Pick<Deps, 'objects' | 'evidence' | 'keys'>> {
  return {
    objects: await fsObjectStore(config.repository),
    evidence: lateObjectStore(() => fsObjectStore(config.evidence)),
    keys: await openKeyring({ replicas: config.keys.replicas, master: masterSource(config, passphrase) }),
  };
}

/** What this machine lacks for exact work, in words; empty when it lacks nothing. */
export function platformLacks(): string[] {
  return libc() === undefined
    ? ['the C library cannot be called: times are restored to the microsecond, extended attributes are not looked for']
    : [];
}

/** An empty catalog in the place of a lost one would make every copy an orphan, so a missing one is refused. */
function openCatalog(file: string) {
  if (!existsSync(file)) {
    throw new CorruptError(`the catalog ${file} is gone`, {
      hint: 'Put it back, or rebuild it in a new home: `tenure --home NEW recover --repository DIR --keys DIR`.',
    });
  }
  return sqliteTable(file);
}

/**
 * Makes the stores of a home that is being made: an empty catalog, folders for objects where there are none, and a keyring
 * with its signing key, which `recover` finds made.
 *
 * @throws ConflictError when a keyring is there already; without `keyring`, NotFoundError when there is none
 */
export async function makeStores(
  home: string,
  config: Config,
  options: { passphrase: () => string | undefined; keyring: boolean },
): Promise<void> {
  const keyring = { replicas: config.keys.replicas, master: masterSource(config, options.passphrase) };
  const keys = options.keyring ? await createKeyring(keyring) : await openKeyring(keyring);
  // The first signature draws the key pair.
  await keys.sign(Buffer.from('tenure/v1 signing key'));
  await fsObjectStore(config.repository);
  await fsObjectStore(config.evidence);
  sqliteTable(homePaths(home).catalog).close();
}

function assemble(options: OpenOptions, config: Config, table: Table, clock: Clock, plans: Map<string, PlanFile>) {
  const paths = homePaths(options.home);
  const holder = processHolder();
  const forbidden = [options.home, config.repository, config.evidence, ...config.keys.replicas];
  const runner: AslRunner = aslRunner({
    table,
    clock,
    definitions: fileURLToPath(new URL('../state-machines', import.meta.url)),
    handler: async (name) => await handlerOf(name, deps),
    holder,
    holderAlive,
  });
  const deps: Deps = {
    // An empty store in the place of one that is away would make Tenure believe that everything is gone.
    objects: lateObjectStore(() => fsObjectStore(config.repository, { make: false })),
    evidence: lateObjectStore(() => fsObjectStore(config.evidence, { make: false })),
    table,
    keys: latePort(() =>
      openKeyring({ replicas: config.keys.replicas, master: masterSource(config, options.passphrase) }),
    ),
    mailer: mailerOf(config, paths.outbox),
    clock,
    workflows: runner,
    managed: noManagedBackup(),
    sourceDriver: (source) => driverOf(source, forbidden),
    restoreFolder: async (dir, { apartFrom }) => {
      if (dir.startsWith('s3://')) return await embeddedS3Folder(dir, apartFrom);
      const { directoryRestoreFolder } = await import('./adapters/embedded/directory-restore-folder.ts');
      const folders = apartFrom.filter((place) => !place.startsWith('s3://'));
      return directoryRestoreFolder(dir, { never: forbidden, apartFrom: folders });
    },
    scratch: fsScratch(paths.scratch),
    purgeOutbox: async (trace) => await purgeOutbox(paths.outbox, trace),
    runCommand,
    ...httpPost({ allowPrivate: config.api?.allowPrivateTargets === true }),
    holder,
    holderAlive,
    random: randomBytes,
    timeLeft: () => Number.POSITIVE_INFINITY,
    progress: options.progress ?? (() => undefined),
    settings: {
      company: config.company,
      operator: config.operator,
      plans: new Map([...plans].map(([name, file]) => [name, file.plan])),
      ...(config.api?.publicUrl === undefined ? {} : { publicUrl: config.api.publicUrl }),
      ...(config.api?.paymentUrl === undefined ? {} : { paymentUrl: config.api.paymentUrl }),
      ...(config.api?.restoreRoot === undefined ? {} : { restoreRoot: resolve(options.home, config.api.restoreRoot) }),
      version,
    },
  };
  return { deps, runner };
}

function driverOf(source: Source, forbidden: readonly string[]) {
  if (source.kind === 's3') return embeddedS3Driver(source);
  if (source.kind !== 'directory') {
    throw new InvalidError(
      `source ${source.tenant}/${source.name} is of the kind ${source.kind}, which this home cannot protect`,
      {
        hint: 'A home on one machine protects directories and buckets; aws-backup comes with the AWS deployment.',
      },
    );
  }
  return directorySourceDriver(source.location, { forbidden });
}

function mailerOf(config: Config, outbox: string): Mailer {
  const { from, transport } = config.mail;
  const sender = { name: from.name, address: from.email };
  return transport === 'outbox' ? outboxMailer(outbox, sender) : smtpMailer({ url: transport, from: sender });
}
