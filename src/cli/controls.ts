import type { ControlResult } from '../domain/controls.ts';
import type { CommandModule } from './cli.ts';
import { columns } from './text.ts';

/** What fails stands first, what passes last. */
const order: readonly ControlResult['status'][] = ['fail', 'exception', 'pass'];

export const define: CommandModule['define'] = (controls, cli) => {
  controls
    .description('every control as it was last evaluated; exit 1 when one fails')
    .option('--failing', 'only what does not pass')
    .action(
      cli.view(async ({ deps }, options: { failing?: boolean }) => {
        const { showControls } = await import('../use-cases/show-controls.ts');
        const report = await showControls.typed(deps, {});
        const results = report.results
          .filter((result) => options.failing !== true || result.status !== 'pass')
          .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
        const failed = report.results.filter((result) => result.status === 'fail').length;
        return {
          json: { at: report.at, failed, results },
          text: () =>
            [
              columns(
                ['STATUS', 'CONTROL', 'SUBJECT', 'REASON'],
                results.map((result) => [result.status, result.id, result.subject, result.reason]),
              ),
              `${failed === 0 ? 'No control fails' : `${failed} fail`}, as of ${report.at}.`,
            ].join('\n'),
          exitCode: failed === 0 ? 0 : 1,
        };
      }),
    );
};
