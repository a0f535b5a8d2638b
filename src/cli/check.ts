import type { CheckOutcome } from '../use-cases/check-copies.ts';
import type { CommandModule } from './cli.ts';
import { shownName } from './shown-name.ts';
import { bytesText, counted, grouped } from './text.ts';

interface CheckOptions {
  tenant?: string;
  source?: string;
  readData?: boolean;
  readDataSubset?: string;
}

/** Objects of a source that are named per problem; `--json` names more. */
const shownAffected = 10;

export const define: CommandModule['define'] = (check, cli) => {
  check
    .description('verify the live copies: roots, parts and lengths of packs; with --read-data every byte')
    .option('--read-data', 'read every pack in full, open every frame')
    .option('--read-data-subset <share>', '2/5: the second of five shares of the packs; 10%: a random tenth')
    .option('--tenant <id>', 'of this tenant alone')
    .option('--source <name>', 'of this source alone')
    .action(
      cli.act(async ({ deps }, { tenant, source, readData, readDataSubset }: CheckOptions) => {
        const { checkCopies } = await import('../use-cases/check-copies.ts');
        const report = await checkCopies.typed(deps, {
          tenant,
          source,
          readData: readDataSubset ?? (readData ? 'all' : 'none'),
        });
        return { json: report, text: reportText(report), exitCode: report.problems.length === 0 ? 0 : 6 };
      }),
    );
};

function reportText(report: CheckOutcome): string {
  const read =
    report.packsRead === 0
      ? `the lengths of ${counted(report.packs, 'pack')}`
      : `${grouped(report.packsRead)} of ${counted(report.packs, 'pack')} in full (${bytesText(report.bytesRead)})`;
  const looked = `Looked at ${counted(report.snapshots, 'snapshot')}, ${counted(report.objects, 'stored object')}, ${read}`;
  if (report.problems.length === 0) return `${looked}: no damage.`;
  return [`${looked}: ${counted(report.problems.length, 'problem')}.`, ...report.problems.flatMap(problemText)].join(
    '\n',
  );
}

function problemText({ kind, object, reason, affects, affectedCount }: CheckOutcome['problems'][number]): string[] {
  const names = new Map<string, number>();
  for (const { key } of affects) names.set(key, (names.get(key) ?? 0) + 1);
  const shown = [...names]
    .slice(0, shownAffected)
    .map(([key, count]) => `    ${shownName(key)}${count > 1 ? ` (in ${count} snapshots)` : ''}`);
  const more = names.size > shownAffected ? [`    and more; --json names up to 100`] : [];
  return [
    `${kind} ${object}: ${reason}`,
    `  hits ${counted(affectedCount, 'object')} over all snapshots:`,
    ...shown,
    ...more,
  ];
}
