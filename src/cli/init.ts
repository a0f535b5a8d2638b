import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseInstant } from '../domain/calendar.ts';
import { standardPlan, unattendedPlan } from '../domain/plan.ts';
import { makeHome, ownStores } from '../make-home.ts';
import type { CommandModule } from './cli.ts';

interface InitOptions {
  company?: string;
  operatorName?: string;
  operatorEmail?: string;
}

export const define: CommandModule['define'] = (init, cli) => {
  init
    .description('make a home: configuration, plans, keys, catalog. With --now it lives under a simulated clock.')
    .option('--company <name>', 'who runs Tenure, as it stands on mails and certificates')
    .option('--operator-name <name>', 'who is told when something slips')
    .option('--operator-email <address>', 'where')
    .action(
      cli.bare(async ({ ambient, global }, options: InitOptions) => {
        const { home: dir, actor, passphrase } = await ambient();
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
