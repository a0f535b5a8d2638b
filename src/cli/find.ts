import type { CommandModule } from './cli.ts';
import { shownName } from './shown-name.ts';
import { atText, columns, grouped } from './text.ts';

export const define: CommandModule['define'] = (find, cli) => {
  find
    .description('look for names in all live copies of a tenant')
    .argument('<pattern>', '"*.pdf" in any folder, "reports/**" from the top of the source')
    .requiredOption('--tenant <id>')
    .option('--source <name>', 'in this source alone')
    .action(
      cli.view(async ({ deps }, pattern: string, options: { tenant: string; source?: string }) => {
        const { findObjects } = await import('../use-cases/find-objects.ts');
        const found = await findObjects.typed(deps, { pattern, ...options });
        const rows = found.map((object) => [
          object.source,
          grouped(object.size),
          atText(object.modifiedAt),
          copiesText(object.snapshots),
          `${shownName(object.path)}${object.type === 'directory' ? '/' : ''}`,
        ]);
        return {
          json: found,
          text: () =>
            rows.length === 0
              ? 'Nothing found.'
              : columns(['SOURCE', 'SIZE', 'MODIFIED', 'IN SNAPSHOTS', 'NAME'], rows),
        };
      }),
    );
};

/** The newest copies that hold it: from the newest one it is restored. */
function copiesText(ids: readonly string[]): string {
  const shown = ids
    .slice(-3)
    .reverse()
    .map((id) => id.slice(0, 8));
  return ids.length > shown.length ? `${shown.join(' ')} and ${ids.length - shown.length} more` : shown.join(' ');
}
