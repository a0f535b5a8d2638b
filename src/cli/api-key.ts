import { InvalidError } from '../domain/errors.ts';
import type { MadeApiKey } from '../use-cases/api-keys.ts';
import type { CommandModule } from './cli.ts';
import { atText, columns } from './text.ts';

interface CreateOptions {
  owner: string;
  scope: string[];
  tenant?: string;
  days?: string;
}

export const define: CommandModule['define'] = (apiKey, cli) => {
  apiKey
    .command('create')
    .argument('<name>', 'what it is for')
    .description('make a key for a machine; it is shown this once')
    .requiredOption('--owner <name>', 'who answers for it')
    .requiredOption('--scope <scope...>', 'tenant:self, finance, operator, auditor')
    .option('--tenant <id>', 'whose own it is, with tenant:self')
    .option('--days <number>', 'how long it holds, at most 366 (default: 90)')
    .action(
      cli.act(async ({ deps, actor }, name: string, { owner, scope, tenant, days }: CreateOptions) => {
        const { createApiKey } = await import('../use-cases/api-keys.ts');
        if (days !== undefined && !/^\d+$/.test(days)) throw new InvalidError(`"${days}" is no number of days`);
        const made = await createApiKey(deps)({
          name,
          owner,
          scopes: scope,
          actor,
          ...(tenant === undefined ? {} : { tenant }),
          ...(days === undefined ? {} : { days: Number(days) }),
        });
        return { json: made, text: madeText(made) };
      }),
    );

  apiKey
    .command('list')
    .description('all keys with their last use, without their secrets')
    .action(
      cli.view(async ({ deps }) => {
        const { listApiKeys } = await import('../use-cases/api-keys.ts');
        const found = await listApiKeys.typed(deps, {});
        const rows = found.map(({ id, name, owner, scopes, tenant, expiresAt, lastUsedAt, revokedAt }) => [
          id,
          name,
          owner,
          scopes.join(' '),
          tenant ?? '-',
          atText(revokedAt ?? expiresAt),
          lastUsedAt === undefined ? 'never' : atText(lastUsedAt),
        ]);
        return {
          json: found,
          text:
            rows.length === 0
              ? 'No keys.'
              : columns(['KEY', 'FOR', 'OWNER', 'SCOPES', 'TENANT', 'ENDS', 'LAST USED'], rows),
        };
      }),
    );

  apiKey
    .command('rotate')
    .argument('<key>', 'its id: the part between the underscores')
    .description('make a successor; the key itself holds one day more')
    .action(
      cli.act(async ({ deps, actor }, id: string) => {
        const { rotateApiKey } = await import('../use-cases/api-keys.ts');
        const made = await rotateApiKey.typed(deps, { id, actor });
        return { json: made, text: madeText(made) };
      }),
    );

  apiKey
    .command('revoke')
    .argument('<key>', 'its id')
    .description('end a key at once')
    .action(
      cli.act(async ({ deps, actor }, id: string) => {
        const { revokeApiKey } = await import('../use-cases/api-keys.ts');
        const revoked = await revokeApiKey.typed(deps, { id, actor });
        return { json: revoked, text: `The key ${id} holds no longer.` };
      }),
    );

  apiKey
    .command('leaked')
    .argument('<key>', 'its id')
    .description(
      'a key is in wrong hands: end it at once, make a successor where it has none, tell the operator, put all on record',
    )
    .action(
      cli.act(async ({ deps, actor }, id: string) => {
        const { answerLeakedKey } = await import('../use-cases/answer-leaked-key.ts');
        const { successor, made, alert, lastUsedAt } = await answerLeakedKey.typed(deps, { id, actor });
        const used =
          lastUsedAt === undefined ? 'It was never used.' : `It was last used at ${lastUsedAt} (to the hour).`;
        return {
          json: { ...made, successor, alert, lastUsedAt: lastUsedAt ?? null },
          text: `The key ${id} holds no longer. ${used} Alert ${alert} is open until somebody has looked what was done with it.\n${
            made === undefined ? `Its successor ${successor}, made when it was rotated, goes on.` : madeText(made)
          }`,
        };
      }),
    );
};

function madeText({ id, key, expiresAt }: MadeApiKey): string {
  return `Key ${id}, good until ${expiresAt}. It is shown this once:\n${key}`;
}
