import { defineCaseChanges } from './case-changes.ts';
import { caseText } from './case-text.ts';
import type { CommandModule } from './cli.ts';
import { repeated } from './options.ts';
import { shownName } from './shown-name.ts';
import { atText, columns } from './text.ts';

interface OpenOptions {
  tenant: string;
  source?: string;
  path?: string[];
  reason: string;
  note?: string;
}

export const define: CommandModule['define'] = (command, cli) => {
  command
    .command('open')
    .description(
      'open a case to erase a tenant, a source or paths of one; nothing is erased before its notice has run out',
    )
    .requiredOption('--tenant <id>')
    .option('--source <name>', 'this source alone')
    .option('--path <path>', 'this object, or this folder with all that is in it; repeat it for more', repeated)
    .requiredOption('--reason <reason>', 'customer-request (a code is mailed, and confirms it) or obsolete')
    .option('--note <text>', 'in words, as the notice shows it')
    .action(
      cli.act(async ({ deps, actor }, { path, reason, ...rest }: OpenOptions) => {
        const [{ openCase }, { statusToShow }] = await Promise.all([
          import('../use-cases/open-case.ts'),
          import('../use-cases/shown-status.ts'),
        ]);
        const asked = reason === 'customer-request';
        const opened = await openCase.typed(deps, {
          ...rest,
          ...(path === undefined ? {} : { paths: path }),
          // The use case refuses what is no reason.
          reason: reason as 'customer-request' | 'obsolete',
          // A request is the customer's own; the operator who enters it may approve it later.
          actor: asked ? { kind: 'customer', id: rest.tenant } : actor,
        });
        const next = asked
          ? `A code was mailed to the customer: \`tenure case confirm ${opened.id} CODE\`.`
          : 'The notice goes out with the next `tenure run notice`.';
        return {
          json: summaryOf({ ...opened, status: await statusToShow(deps, opened) }),
          text: `Opened case ${opened.id} (${opened.reason}). ${next}`,
        };
      }),
    );

  command
    .command('list')
    .description('all cases, oldest first')
    .option('--tenant <id>', 'of this tenant alone')
    .option('--open', 'without those that are closed or cancelled')
    .action(
      cli.view(async ({ deps }, options: { tenant?: string; open?: boolean }) => {
        const { listCases } = await import('../use-cases/list-cases.ts');
        const found = await listCases.typed(deps, options);
        const rows = found.map(({ id, tenant, reason, status, noticeSentAt, dueAt }) => [
          id,
          tenant,
          reason,
          status,
          atText(noticeSentAt ?? undefined),
          atText(dueAt ?? undefined),
        ]);
        return {
          json: found,
          text:
            rows.length === 0
              ? 'No cases.'
              : columns(['CASE', 'TENANT', 'REASON', 'STATUS', 'NOTICE SENT', 'DUE'], rows),
        };
      }),
    );

  command
    .command('show')
    .description('one case: what happened, what stands in its way, how long it still takes')
    .argument('<case>')
    .action(
      cli.view(async ({ deps }, id: string) => {
        const { showCase } = await import('../use-cases/show-case.ts');
        const shown = await showCase.typed(deps, { case: id });
        return { json: shown, text: () => caseText(shown) };
      }),
    );

  defineCaseChanges(command, cli);

  command
    .command('attest')
    .description(
      'record that what Tenure cannot delete itself (a database instance, rows in a shared one) was deleted by hand',
    )
    .argument('<case>')
    .requiredOption('--source <name>', 'which source of the case')
    .requiredOption('--by <name>', 'who did it, as the certificate names them')
    .requiredOption('--evidence <text>', 'what proves it: a ticket, a change number; the certificate quotes it')
    .action(
      cli.act(async ({ deps, actor }, id: string, options: { source: string; by: string; evidence: string }) => {
        const { attestErasure } = await import('../use-cases/attest-erasure.ts');
        const attested = await attestErasure.typed(deps, { case: id, ...options, actor });
        const text = `Attested: ${attested.source} of case ${id}, by ${shownName(attested.by)}. The next sweep goes on with it.`;
        return { json: attested, text };
      }),
    );
};

function summaryOf({
  id,
  tenant,
  reason,
  status,
  scope,
}: {
  id: string;
  tenant: string;
  reason: string;
  status: string;
  scope: object;
}) {
  return { id, tenant, reason, status, scope };
}
