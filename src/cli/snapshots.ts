import type { CommandModule } from './cli.ts';
import { atText, bytesText, columns, grouped } from './text.ts';

export const define: CommandModule['define'] = (snapshots, cli) => {
  snapshots
    .description('the copies that live, oldest first')
    .option('--tenant <id>', 'of this tenant alone')
    .option('--source <name>', 'of this source alone')
    .action(
      cli.view(async ({ deps }, options: { tenant?: string; source?: string }) => {
        const { listLiveSnapshots } = await import('../use-cases/list-snapshots.ts');
        const found = await listLiveSnapshots.typed(deps, options);
        const rows = found.map((each) => [
          each.id,
          `${each.tenant}/${each.source}`,
          each.cadence,
          atText(each.takenAt),
          atText(each.expiresAt ?? undefined),
          grouped(each.objects),
          bytesText(each.bytes),
        ]);
        return {
          json: found,
          text:
            rows.length === 0
              ? 'No copies: `tenure run backup` makes one.'
              : columns(['SNAPSHOT', 'SOURCE', 'CADENCE', 'TAKEN', 'EXPIRES', 'OBJECTS', 'SIZE'], rows),
        };
      }),
    );
};
