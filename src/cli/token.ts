import { InvalidError } from '../domain/errors.ts';
import type { CommandModule } from './cli.ts';

interface TokenOptions {
  sub: string;
  scope: string[];
  tenant?: string;
  mfa?: boolean;
  minutes?: string;
}

export const define: CommandModule['define'] = (token, cli) => {
  token
    .description("make a token for the HTTP API, signed with the home's own key (where no OIDC provider does)")
    .requiredOption('--sub <name>', 'who comes in with it: opener and approver are told apart by this name')
    .requiredOption('--scope <scope...>', 'tenant:self, finance, operator, auditor')
    .option('--tenant <id>', 'whose own it is, with tenant:self')
    .option('--mfa', 'a second factor was shown: approvals, hold releases, changes of plan and contacts ask for it')
    .option('--minutes <number>', 'how long it holds, at most 1440 (default: 60)')
    .action(
      cli.act(async ({ deps, actor }, { sub, scope, tenant, mfa, minutes }: TokenOptions) => {
        const { issueToken } = await import('../use-cases/issue-token.ts');
        if (minutes !== undefined && !/^\d+$/.test(minutes))
          throw new InvalidError(`"${minutes}" is no number of minutes`);
        const issued = await issueToken(deps)({
          subject: sub,
          scopes: scope,
          actor,
          ...(tenant === undefined ? {} : { tenant }),
          ...(mfa === undefined ? {} : { mfa }),
          ...(minutes === undefined ? {} : { minutes: Number(minutes) }),
        });
        return { json: issued, text: issued.token };
      }),
    );
};
