import type { CommandModule } from './cli.ts';
import { atText, columns } from './text.ts';

export const define: CommandModule['define'] = (access, cli) => {
  access
    .command('review')
    .description(
      'who could do what over HTTP, and when they last did; keys that were never used are the ones to end. MARK is how the ledger of the system and the log of requests name them',
    )
    .action(
      cli.view(async ({ deps }) => {
        const { reviewAccess } = await import('../use-cases/review-access.ts');
        const lines = await reviewAccess.typed(deps, {});
        const rows = lines.map(({ who, mark, by, key, scopes, tenant, state, until, lastUsedAt }) => [
          who,
          mark ?? '-',
          key ?? by,
          scopes.join(' '),
          tenant ?? '-',
          state,
          atText(until),
          lastUsedAt === undefined ? 'never' : atText(lastUsedAt),
        ]);
        return {
          json: lines,
          text:
            rows.length === 0
              ? 'Nobody could come in: there are no keys, and no token was ever used.'
              : columns(['WHO', 'MARK', 'BY', 'SCOPES', 'TENANT', 'STATE', 'UNTIL', 'LAST USED'], rows),
        };
      }),
    );
};
