import type { RestoreOutcome } from '../use-cases/restore-files.ts';
import type { CommandModule } from './cli.ts';
import { repeated } from './options.ts';
import { shownName } from './shown-name.ts';
import { atText, bytesText, counted } from './text.ts';

interface RestoreOptions {
  to: string;
  tenant?: string;
  source?: string;
  at?: string;
  include?: string[];
  path?: string[];
  force?: boolean;
}

/** Lines of a kind that are shown; `--json` has all. */
const shownLines = 20;

export const define: CommandModule['define'] = (restore, cli) => {
  restore
    .description(
      'write a copy, or what is chosen of it, directly under a folder. An interrupted restore goes on when the same command is repeated.',
    )
    .argument('[snapshot]', 'id, its first digits (four or more), or latest; not with --at')
    .requiredOption('--to <dir>', 'an empty folder, or one that does not exist yet')
    .option('--tenant <id>')
    .option('--source <name>')
    .option(
      '--at <time>',
      'as it was then: an instant (2026-11-22T20:00:00Z) or the end of a day of the tenant (2026-11-22)',
    )
    .option(
      '--include <glob>',
      '"*.pdf" in any folder, "reports/**" from the top; folders with all that is in them; repeat it for more',
      repeated,
    )
    .option('--path <path>', 'this object, or this folder with all that is in it; repeat it for more', repeated)
    .option('--force', 'also into a folder that is not empty, replacing what is in the way, or over a source')
    .action(
      cli.act(async ({ deps, actor }, snapshot: string | undefined, { path, ...options }: RestoreOptions) => {
        const { restoreFiles } = await import('../use-cases/restore-files.ts');
        const outcome = await restoreFiles.typed(deps, {
          ...options,
          ...(snapshot === undefined ? {} : { snapshot }),
          ...(path === undefined ? {} : { paths: path }),
          actor,
        });
        return { json: outcome, text: outcomeText(outcome), exitCode: outcome.damaged.length === 0 ? 0 : 6 };
      }),
    );
};

function outcomeText(outcome: RestoreOutcome): string {
  const { snapshot, folder, objects, bytes, durationMs, damaged, erased, notices, resumed } = outcome;
  const seconds = (durationMs / 1000).toFixed(1);
  return [
    `Restored ${counted(objects, 'object')} (${bytesText(bytes)}) of ${snapshot.tenant}/${snapshot.source}, taken ${atText(snapshot.takenAt)}, to ${folder} in ${seconds} s${resumed ? '; an earlier try had begun it' : ''}.`,
    ...erased.map((one) => `${counted(one.objects, 'object')} stayed away: erased by case ${one.case}.`),
    ...listed(notices, 'remark'),
    ...(damaged.length === 0
      ? []
      : [
          `${counted(damaged.length, 'object is', 'objects are')} damaged in the repository and could not be restored whole:`,
        ]),
    ...listed(damaged, 'damaged object'),
  ].join('\n');
}

function listed(items: readonly { key: string; reason: string }[], what: string): string[] {
  const lines = items
    .slice(0, shownLines)
    .map(({ key, reason }) => `  ${shownName(key) || '(the folder itself)'}: ${reason}`);
  return items.length > shownLines ? [...lines, `  and ${counted(items.length - shownLines, `more ${what}`)}`] : lines;
}
