import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { parseInstant } from '../domain/calendar.ts';
import { InvalidError, NotFoundError } from '../domain/errors.ts';
import { standardPlan, unattendedPlan } from '../domain/plan.ts';
import { recoveredClock } from '../domain/recovered-clock.ts';
import { openLostStores } from '../embedded.ts';
import { assertFreeForHome } from '../home-files.ts';
import { makeHome, ownStores } from '../make-home.ts';
import { type ReadRoots, readRoots } from '../repository/recover-roots.ts';
import { readSeals, type SealsRead } from '../use-cases/ledger-seals.ts';
import { recoverHome } from '../use-cases/recover-home.ts';
import type { CommandModule } from './cli.ts';
import { recoveryText } from './recover-text.ts';

interface RecoverOptions {
  aws?: boolean;
  repository?: string;
  keys?: string[];
  keyFile?: string;
  evidence?: string;
  plans?: string;
  company?: string;
  operatorEmail?: string;
}

export const define: CommandModule['define'] = (recover, cli) => {
  recover
    .description(
      'make a new home around a repository and its keys, and rebuild the catalog that was lost. Folders stay where they are.',
    )
    .option('--repository <dir>', 'the repository of the lost home')
    .option('--keys <dir...>', 'its key replicas, or the folder that holds them')
    .option('--key-file <file>', 'its master key (default: master.key beside the replicas; or a passphrase)')
    .option('--evidence <dir>', 'its evidence folder (default: the one beside the repository, else a new one)')
    .option('--plans <dir>', 'its plans folder, to copy the plans from (default: the two plans of init)')
    .option('--company <name>')
    .option('--operator-email <address>')
    .option('--aws', 'rebuild the empty catalog of the deployment on AWS that the home stands for')
    .action(
      cli.bare(async (bare, options: RecoverOptions) => {
        if (options.aws === true) return await (await import('./recover-aws.ts')).recoverDeployment(bare);
        const { ambient, global } = bare;
        if (options.repository === undefined || options.keys === undefined) {
          throw new InvalidError('what is recovered is not named', {
            hint: 'Name --repository DIR and --keys DIR of the lost home; or --aws in the home of a deployment.',
          });
        }
        const { home: dir, actor, passphrase } = await ambient();
        assertFreeForHome(dir);
        const replicas = options.keys.flatMap(replicasIn);
        const keyFile = options.keyFile ?? (passphrase() === undefined ? masterBeside(replicas) : undefined);
        const repository = resolve(options.repository);
        if (!existsSync(repository)) throw new NotFoundError(`the repository ${repository} does not exist`);
        const email = options.operatorEmail ?? `${actor.replaceAll(/[\s@<>]/g, '-')}@localhost`;
        const company = options.company ?? hostname();
        const keys = {
          replicas,
          master: keyFile === undefined ? ('passphrase' as const) : { keyFile: resolve(keyFile) },
        };
        const evidence = evidenceOf(options.evidence, repository);
        const stores = { repository, evidence: evidence.folder ?? '', keys };
        const lost = await readLost(await openLostStores(stores, passphrase), evidence);
        const since = recoveredClock({
          copies: lost.roots.roots.map(({ snapshot, descriptor }) => ({
            takenAt: snapshot.takenAt,
            simulated: descriptor.simulated === true,
          })),
          ...(lost.seals?.good.at(-1) === undefined ? {} : { ledgerAt: lost.seals.good.at(-1)?.at ?? '' }),
          ...(global.now === undefined ? {} : { asked: parseInstant(global.now) }),
        });
        const home = await makeHome({
          home: dir,
          actor,
          passphrase,
          keyring: false,
          plans:
            options.plans === undefined
              ? { standard: standardPlan, unattended: unattendedPlan }
              : plansIn(options.plans),
          config: {
            ...ownStores,
            repository,
            ...(lost.seals === undefined || evidence.folder === undefined ? {} : { evidence: evidence.folder }),
            keys,
            company,
            operator: { name: actor, email },
            mail: { from: { name: company, email }, transport: 'outbox' },
            ...(since === undefined ? {} : { simulated: { since } }),
          },
        });
        try {
          const recovery = await recoverHome.typed(home.deps, { actor: { kind: 'operator', id: actor }, ...lost });
          return {
            json: { home: dir, repository, evidence: home.config.evidence, quarantine: true, ...recovery },
            text: () => recoveryText(dir, recovery),
          };
        } finally {
          await home.close();
        }
      }),
    );
};

interface EvidenceFolder {
  folder?: string;
  /** The operator named it, it was not just found. */
  named: boolean;
}

/** The evidence folder that is named, or that lies beside the repository. */
function evidenceOf(named: string | undefined, repository: string): EvidenceFolder {
  if (named !== undefined) {
    const folder = resolve(named);
    if (!existsSync(folder)) throw new NotFoundError(`the evidence folder ${folder} does not exist`);
    return { folder, named: true };
  }
  const beside = join(dirname(repository), 'evidence');
  return { ...(existsSync(beside) ? { folder: beside } : {}), named: false };
}

/** Reads copies and seals before anything is made, so that what they say decides what is made. */
async function readLost(
  stores: Awaited<ReturnType<typeof openLostStores>>,
  { folder, named }: EvidenceFolder,
): Promise<{ roots: ReadRoots; seals?: SealsRead }> {
  const roots = await readRoots(stores);
  if (folder === undefined) return { roots };
  const seals = await readSeals(stores);
  if (seals.good.length > 0 || seals.bad.length === 0) return { roots, seals };
  if (!named) return { roots };
  throw new InvalidError(
    `no seal in ${folder} was signed with these keys: it is of another home, or every seal is altered`,
    {
      hint: 'Name the evidence folder that belongs to the keys, or an empty folder to begin the ledger anew.',
      details: { problems: seals.bad.map(({ key, problem }) => `${key}: ${problem}`) },
    },
  );
}

/** A replica as it is; or those in a folder that holds them. */
function replicasIn(folder: string): string[] {
  const path = resolve(folder);
  const isReplica = (each: string): boolean => existsSync(join(each, 'keyring.json'));
  if (isReplica(path)) return [path];
  const inside = existsSync(path)
    ? readdirSync(path)
        .sort()
        .map((name) => join(path, name))
        .filter(isReplica)
    : [];
  if (inside.length === 0)
    throw new NotFoundError(`${path} is no key replica and holds none`, {
      hint: 'Name the folders that `tenure.yml` of the lost home calls keys.replicas.',
    });
  return inside;
}

function masterBeside(replicas: readonly string[]): string {
  for (const replica of replicas) {
    const file = join(dirname(replica), 'master.key');
    if (existsSync(file)) return file;
  }
  throw new InvalidError('no master key is named, and none lies beside the replicas', {
    hint: 'Name it with --key-file, or give the passphrase with --passphrase-file or TENURE_PASSPHRASE.',
  });
}

function plansIn(folder: string): Record<string, string> {
  if (!existsSync(folder)) throw new NotFoundError(`the plans folder ${folder} does not exist`);
  const names = readdirSync(folder).filter((name) => /^[^.].*\.ya?ml$/.test(name));
  return Object.fromEntries(
    names.map((name) => [basename(name, extname(name)), readFileSync(join(folder, name), 'utf8')]),
  );
}
