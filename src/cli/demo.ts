import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prove, stealRepository } from '../demo/proof.ts';
import { firstDay, liveStory } from '../demo/story.ts';
import { standardPlan, unattendedPlan } from '../domain/plan.ts';
import { makeHome, ownStores } from '../make-home.ts';
import type { CommandModule } from './cli.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Days that the demo lives. */
const total = 120;

/** What the demo needs at most with its own data, in bytes. */
const room = 1024 ** 3;

/** What is thrown away at the end needs no disk under it: memory where there is enough, else the usual place. */
function placeOf(options: { data?: string; keep?: boolean }): string {
  const memory = '/dev/shm';
  if (options.data !== undefined || options.keep === true || !existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > room ? memory : tmpdir();
}

export const define: CommandModule['define'] = (demo, cli) => {
  demo
    .description('120 simulated days of three tenants, from the first copy to a verified certificate')
    .option(
      '--data <dir>',
      "copies of this folder as the tenants' data (default: this program's own src, docs and test)",
    )
    .option('--keep', 'keep the folder of the demo and say where it is')
    .action(
      cli.bare(async ({ output }, options: { data?: string; keep?: boolean }) => {
        const folder = mkdtempSync(join(placeOf(options), 'tenure-demo-'));
        const startedAt = Date.now();
        const email = 'operator@company.example';
        const home = await makeHome({
          home: join(folder, 'home'),
          actor: 'operator',
          passphrase: () => undefined,
          keyring: true,
          plans: { standard: standardPlan, unattended: unattendedPlan },
          config: {
            ...ownStores,
            company: 'Company Ltd',
            operator: { name: 'Operations', email },
            mail: { from: { name: 'Company Ltd', email }, transport: 'outbox' },
            simulated: { since: firstDay },
          },
        });
        const from: [string, string, string] =
          options.data === undefined
            ? [join(checkout, 'src'), join(checkout, 'docs'), join(checkout, 'test')]
            : [options.data, options.data, options.data];
        try {
          const stolen = join(folder, 'stolen');
          const told = await liveStory(
            home,
            { from, to: join(folder, 'data') },
            total,
            (line) => output.line(line),
            () => stealRepository(home, stolen),
          );
          const proofs = await prove(home, told, join(folder, 'restored'), stolen);
          const ok = proofs.every((proof) => proof.ok);
          const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
          return {
            json: { ok, days: total, seconds: Number(seconds), proofs, ...(options.keep ? { folder } : {}) },
            text: [
              '',
              ...proofs.map(({ ok: holds, what, detail }) => `${holds ? 'proved' : 'FAILED'}  ${what} (${detail})`),
              `${total} days lived in ${seconds} s${options.keep ? `; everything is in ${folder}` : ''}`,
            ].join('\n'),
            exitCode: ok ? 0 : 1,
          };
        } finally {
          await home.close();
          if (options.keep !== true) rmSync(folder, { recursive: true, force: true });
        }
      }),
    );
};
