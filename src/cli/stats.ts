import type { CopyFigures } from '../use-cases/measure-copies.ts';
import type { CommandModule } from './cli.ts';
import { bytesText, columns, grouped } from './text.ts';

export const define: CommandModule['define'] = (stats, cli) => {
  stats
    .description('what copies cost: sizes, ratios, waste')
    .option('--tenant <id>', 'of this tenant alone')
    .option('--source <name>', 'of this source alone')
    .action(
      cli.view(async ({ deps }, options: { tenant?: string; source?: string }) => {
        const { measureCopies } = await import('../use-cases/measure-copies.ts');
        const figures = await measureCopies.typed(deps, options);
        const total = {
          snapshots: sum(figures, 'snapshots'),
          logicalBytes: sum(figures, 'logicalBytes'),
          storedBytes: sum(figures, 'storedBytes'),
          wasteBytes: sum(figures, 'wasteBytes'),
          unlistedBytes: sum(figures, 'unlistedBytes'),
        };
        return {
          json: { sources: figures, total },
          text: () => (figures.length === 0 ? 'No copies.' : statsText(figures, total)),
        };
      }),
    );
};

const head = [
  'SOURCE',
  'SNAPSHOTS',
  'OBJECTS',
  'SIZE',
  'ALL COPIES',
  'STORED',
  'COMPRESSED',
  'SAVED',
  'WASTE',
  'UNLISTED',
];

function statsText(figures: readonly CopyFigures[], total: Record<string, number>): string {
  const rows = figures.map((each) => [
    `${each.tenant}/${each.source}`,
    grouped(each.snapshots),
    grouped(each.objects),
    bytesText(each.bytes),
    bytesText(each.logicalBytes),
    bytesText(each.storedBytes),
    times(each.compressionRatio),
    times(each.savingRatio),
    bytesText(each.wasteBytes),
    bytesText(each.unlistedBytes),
  ]);
  const all = [
    'total',
    grouped(total.snapshots ?? 0),
    '',
    '',
    bytesText(total.logicalBytes ?? 0),
    bytesText(total.storedBytes ?? 0),
    '',
    '',
    bytesText(total.wasteBytes ?? 0),
    bytesText(total.unlistedBytes ?? 0),
  ];
  return [
    columns(head, figures.length > 1 ? [...rows, all] : rows),
    '',
    'SIZE: content of the newest copy. COMPRESSED: that ÷ what its frames take. SAVED: content of all copies ÷ what is stored.',
    'WASTE: parts of packs that no live copy uses, at most. UNLISTED: of running, aborted or condemned copies.',
  ].join('\n');
}

function times(ratio: number | null): string {
  return ratio === null ? '-' : `${ratio.toFixed(2)} x`;
}

function sum(
  figures: readonly CopyFigures[],
  name: 'snapshots' | 'logicalBytes' | 'storedBytes' | 'wasteBytes' | 'unlistedBytes',
): number {
  return figures.reduce((all, each) => all + each[name], 0);
}
