import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { parseInstant } from '../domain/calendar.ts';
import { InvalidError, NotFoundError } from '../domain/errors.ts';
import { standardPlan, unattendedPlan } from '../domain/plan.ts';
import { makeHome, ownStores } from '../make-home.ts';
import { type Recovery, recoverHome } from '../use-cases/recover-home.ts';
import type { CommandModule } from './cli.ts';
import { counted } from './text.ts';

interface RecoverOptions {
  repository: string;
  keys: string[];
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
    .requiredOption('--repository <dir>', 'the repository of the lost home')
    .requiredOption('--keys <dir...>', 'its key replicas, or the folder that holds them')
    .option('--key-file <file>', 'its master key (default: master.key beside the replicas; or a passphrase)')
    .option('--evidence <dir>', 'its evidence folder (default: a new one)')
    .option('--plans <dir>', 'its plans folder, to copy the plans from (default: the two plans of init)')
    .option('--company <name>')
    .option('--operator-email <address>')
    .action(
      cli.bare(async ({ ambient, global }, options: RecoverOptions) => {
        const { home: dir, actor, passphrase } = await ambient();
        const replicas = options.keys.flatMap(replicasIn);
        const keyFile = options.keyFile ?? (passphrase() === undefined ? masterBeside(replicas) : undefined);
        const repository = resolve(options.repository);
        if (!existsSync(repository)) throw new NotFoundError(`the repository ${repository} does not exist`);
        const email = options.operatorEmail ?? `${actor.replaceAll(/[\s@<>]/g, '-')}@localhost`;
        const company = options.company ?? hostname();
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
            ...(options.evidence === undefined ? {} : { evidence: resolve(options.evidence) }),
            keys: { replicas, master: keyFile === undefined ? 'passphrase' : { keyFile: resolve(keyFile) } },
            company,
            operator: { name: actor, email },
            mail: { from: { name: company, email }, transport: 'outbox' },
            ...(global.now === undefined ? {} : { simulated: { since: parseInstant(global.now) } }),
          },
        });
        try {
          const recovery = await recoverHome.typed(home.deps, { actor: { kind: 'operator', id: actor } });
          return {
            json: { home: dir, repository, quarantine: true, ...recovery },
            text: () => recoveryText(dir, recovery),
          };
        } finally {
          await home.close();
        }
      }),
    );
};

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

function recoveryText(dir: string, found: Recovery): string {
  return [
    `Made a home in ${dir} and brought back ${counted(found.snapshots, 'copy', 'copies')} of ${counted(found.sources.length, 'source')} of ${counted(found.tenants.length, 'tenant')}.`,
    `${counted(found.erased, 'copy', 'copies')} had no key: erased, and not brought back.`,
    ...(found.damaged.length === 0
      ? []
      : [
          `${counted(found.damaged.length, 'root')} cannot be read:`,
          ...found.damaged.map(({ object, reason }) => `  ${object}: ${reason}`),
        ]),
    ...(found.unknown.length === 0
      ? []
      : [`Tenants with keys and without a copy that tells of them: ${found.unknown.join(', ')}`]),
    ...(found.missingPlans.length === 0
      ? []
      : [`Put these plans into ${join(dir, 'plans')}: ${found.missingPlans.join(', ')}`]),
    'The home is in quarantine: copies restore, backups run, nothing destructive does. Holds, cases and payments that the lost',
    'catalog knew are not here. Enter them again, then `tenure resume --confirm quarantine`.',
  ].join('\n');
}
