import { describeScope } from '../domain/scope.ts';
import type { CommandModule } from './cli.ts';
import { shownName } from './shown-name.ts';
import { atText, columns } from './text.ts';

interface PlaceOptions {
  tenant: string;
  source?: string;
  reason: string;
  reviewOn?: string;
}

export const define: CommandModule['define'] = (hold, cli) => {
  hold
    .command('place')
    .description('place a legal hold: nothing in its scope is destroyed until it is released')
    .requiredOption('--tenant <id>')
    .option('--source <name>', 'this source alone')
    .requiredOption('--reason <text>', 'why; it may be shown to the customer')
    .option('--review-on <day>', 'when somebody should look whether it is still needed, for instance 2027-01-31')
    .action(
      cli.act(async ({ deps, actor }, options: PlaceOptions) => {
        const { placeHold } = await import('../use-cases/place-hold.ts');
        const placed = await placeHold.typed(deps, { ...options, actor });
        return {
          json: placed,
          text: `Hold ${placed.id} covers ${describeScope(placed.scope)}: nothing in it is destroyed any more.`,
        };
      }),
    );

  hold
    .command('release')
    .description('release a hold; its record stays')
    .argument('<hold>')
    .requiredOption('--reason <text>', 'why it is no longer needed')
    .action(
      cli.act(async ({ deps, actor }, id: string, { reason }: { reason: string }) => {
        const { releaseHold } = await import('../use-cases/release-hold.ts');
        const released = await releaseHold.typed(deps, { hold: id, reason, actor });
        return { json: released, text: `Hold ${id} on ${describeScope(released.scope)} is released.` };
      }),
    );

  hold
    .command('list')
    .description('the holds in force, oldest first')
    .option('--tenant <id>', 'of this tenant alone')
    .option('--all', 'released ones too')
    .action(
      cli.view(async ({ deps }, options: { tenant?: string; all?: boolean }) => {
        const { listHolds } = await import('../use-cases/list-holds.ts');
        const found = await listHolds.typed(deps, options);
        const rows = found.map(({ id, scope, placedAt, placedBy, reviewOn, releasedAt, reason }) => [
          id,
          describeScope(scope),
          atText(placedAt),
          placedBy,
          reviewOn ?? '-',
          atText(releasedAt),
          shownName(reason),
        ]);
        return {
          json: found,
          text:
            rows.length === 0
              ? 'No holds.'
              : columns(['HOLD', 'COVERS', 'PLACED', 'BY', 'REVIEW ON', 'RELEASED', 'REASON'], rows),
        };
      }),
    );
};
