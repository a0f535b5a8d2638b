import type { CommandModule } from './cli.ts';
import { counted } from './text.ts';

export const define: CommandModule['define'] = (keys, cli) => {
  keys
    .command('jwks')
    .description('the public keys of all signatures (RFC 7517), for whoever verifies without us')
    .action(
      cli.view(async ({ deps }) => {
        const jwks = { keys: await deps.keys.publicKeys() };
        // Also without --json: it is made to be written to a file.
        return { json: jwks, text: JSON.stringify(jwks, undefined, 2) };
      }),
    );

  keys
    .command('rotate')
    .description('give a tenant a new key and wrap all its keys anew; data stay as they are')
    .argument('<tenant>')
    .action(
      cli.act(async ({ deps, actor }, tenant: string) => {
        const { rotateTenantKey } = await import('../use-cases/rotate-tenant-key.ts');
        const rotated = await rotateTenantKey.typed(deps, { tenant, actor });
        return {
          json: rotated,
          text: `Tenant ${tenant} has a new key; ${counted(rotated.keys, 'key')} wrapped anew in every replica.`,
        };
      }),
    );
};
