import type { CommandModule } from './cli.ts';
import { shownName } from './shown-name.ts';
import { atText, columns } from './text.ts';

export const define: CommandModule['define'] = (alert, cli) => {
  alert
    .command('list')
    .description('the alerts that somebody should look at, the newest first')
    .option('--tenant <id>', 'of this tenant alone')
    .option('--all', 'closed ones too')
    .action(
      cli.view(async ({ deps }, options: { tenant?: string; all?: boolean }) => {
        const { listAlerts } = await import('../use-cases/list-alerts.ts');
        const found = await listAlerts.typed(deps, options);
        const rows = found.map(({ id, kind, status, count, openedAt, lastAt, message }) => [
          id,
          kind,
          status,
          String(count),
          atText(openedAt),
          atText(lastAt),
          shownName(message),
        ]);
        return {
          json: found,
          text:
            rows.length === 0
              ? 'No alerts.'
              : columns(['ALERT', 'KIND', 'STATUS', 'TIMES', 'OPENED', 'LAST', 'MESSAGE'], rows),
        };
      }),
    );

  alert
    .command('ack')
    .description('say that you have seen an alert and look after it')
    .argument('<alert>')
    .action(
      cli.act(async ({ deps, actor }, id: string) => {
        const { acknowledgeAlert } = await import('../use-cases/change-alert.ts');
        const acknowledged = await acknowledgeAlert.typed(deps, { alert: id, actor });
        return { json: acknowledged, text: `Alert ${id} is acknowledged by ${acknowledged.acknowledgedBy}.` };
      }),
    );

  alert
    .command('close')
    .description('say that an alert is done with, and what its cause was')
    .argument('<alert>')
    .requiredOption('--cause <text>')
    .action(
      cli.act(async ({ deps, actor }, id: string, { cause }: { cause: string }) => {
        const { closeAlert } = await import('../use-cases/change-alert.ts');
        return { json: await closeAlert.typed(deps, { alert: id, cause, actor }), text: `Alert ${id} is closed.` };
      }),
    );
};
