import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseInstant } from '../domain/calendar.ts';
import { InvalidError } from '../domain/errors.ts';
import { standardPlan, unattendedPlan } from '../domain/plan.ts';
import { makeHome, ownStores } from '../make-home.ts';
import type { Answer, CommandModule } from './cli.ts';

interface InitOptions {
  company?: string;
  operatorName?: string;
  operatorEmail?: string;
  aws?: string;
  region?: string;
}

export const define: CommandModule['define'] = (init, cli) => {
  init
    .description('make a home: configuration, plans, keys, catalog. With --now it lives under a simulated clock.')
    .option('--company <name>', 'who runs Tenure, as it stands on mails and certificates')
    .option('--operator-name <name>', 'who is told when something slips')
    .option('--operator-email <address>', 'where')
    .option('--aws <stage>', 'a home for a deployment on AWS, of this stage: its stores are there')
    .option('--region <region>', 'where it is deployed (with --aws)')
    .action(
      cli.bare(async ({ ambient, global }, options: InitOptions) => {
        const { home: dir, actor, passphrase } = await ambient();
        if (options.aws !== undefined) return await initAws(dir, options.aws, options.region);
        const since = global.now === undefined ? undefined : parseInstant(global.now);
        const email = options.operatorEmail ?? `${actor.replaceAll(/[\s@<>]/g, '-')}@localhost`;
        const company = options.company ?? hostname();
        const home = await makeHome({
          home: dir,
          actor,
          passphrase,
          keyring: true,
          plans: { standard: standardPlan, unattended: unattendedPlan },
          config: {
            ...ownStores,
            ...(passphrase() === undefined ? {} : { keys: { ...ownStores.keys, master: 'passphrase' as const } }),
            company,
            operator: { name: options.operatorName ?? actor, email },
            mail: { from: { name: company, email }, transport: 'outbox' },
            ...(since === undefined ? {} : { simulated: { since } }),
          },
        });
        try {
          const [signingKey] = await home.deps.keys.publicKeys();
          return {
            json: {
              home: dir,
              company,
              plans: [...home.plans.keys()],
              signingKey: signingKey?.kid,
              master: home.config.keys.master === 'passphrase' ? 'passphrase' : home.config.keys.master.keyFile,
              simulated: home.deps.clock.simulated,
            },
            text: [
              `Made a home in ${dir}${since === undefined ? '' : `, under a simulated clock that stands at ${since}`}.`,
              `Keys are in ${join(dir, 'keys')}: without them no copy can be read. Put keys/b on another disk, and keep ${
                home.config.keys.master === 'passphrase' ? 'the passphrase' : 'keys/master.key'
              } safe elsewhere too.`,
              'Next: `tenure tenant add`, `tenure source add`, `tenure run backup`.',
            ].join('\n'),
          };
        } finally {
          await home.close();
        }
      }),
    );
};

async function initAws(dir: string, stage: string, region: string | undefined): Promise<Answer> {
  if (region === undefined) {
    throw new InvalidError('no region is named', { hint: 'Add --region, for instance --region eu-west-1.' });
  }
  const { makeAwsHome } = await import('../make-aws-home.ts');
  const plans = await makeAwsHome(dir, { stage, region });
  return {
    json: { home: dir, stage, region, plans },
    text: `Made a home in ${dir} for the deployment ${stage} in ${region}. Plans: ${plans.join(', ')}.\nNext: \`tenure tenant add\`, \`tenure source add\`, \`tenure run backup\`.`,
  };
}
