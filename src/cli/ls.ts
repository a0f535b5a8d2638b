import type { ListedEntry } from '../use-cases/listed-entry.ts';
import type { CommandModule } from './cli.ts';
import { shownName } from './shown-name.ts';
import { atText, columns, grouped } from './text.ts';

interface LsOptions {
  tenant?: string;
  source?: string;
  recursive?: boolean;
}

export const define: CommandModule['define'] = (ls, cli) => {
  ls.description('what lies in a folder of a copy')
    .argument('<snapshot>', 'id, its first digits (four or more), or latest')
    .argument('[path]', 'folder or object, relative to the source')
    .option('--tenant <id>', 'for latest')
    .option('--source <name>', 'for latest')
    .option('-r, --recursive', 'everything below too')
    .action(
      cli.view(async ({ deps }, snapshot: string, path: string | undefined, options: LsOptions) => {
        const { listEntries } = await import('../use-cases/list-entries.ts');
        const { entries } = await listEntries.typed(deps, {
          snapshot,
          ...options,
          ...(path === undefined ? {} : { path }),
        });
        return {
          json: entries,
          text: () => columns(['MODE', 'OWNER', 'GROUP', 'SIZE', 'MODIFIED', 'NAME'], entries.map(row)),
        };
      }),
    );
};

function row(entry: ListedEntry): string[] {
  const { owner, uid, group, gid, size, modifiedAt, type, path, linkTarget } = entry;
  const name = `${shownName(path)}${type === 'directory' ? '/' : ''}`;
  return [
    modeText(entry),
    shownName(owner) || String(uid),
    shownName(group) || String(gid),
    grouped(size),
    atText(modifiedAt),
    linkTarget === undefined ? name : `${name} -> ${shownName(linkTarget)}`,
  ];
}

/** `drwxr-xr-x`, as ls shows it, with s, S, t, T for setuid, setgid and sticky. */
function modeText({ type, mode }: Pick<ListedEntry, 'type' | 'mode'>): string {
  const bits = Number.parseInt(mode, 8);
  const special = ['s', 's', 't'];
  const triplets = [6, 3, 0].map((shift, index) => {
    const [r, w, x] = [4, 2, 1].map((bit) => ((bits >> shift) & bit) !== 0);
    const extra = ((bits >> 9) & (4 >> index)) !== 0;
    const sign = special[index] ?? '';
    return `${r ? 'r' : '-'}${w ? 'w' : '-'}${extra ? (x ? sign : sign.toUpperCase()) : x ? 'x' : '-'}`;
  });
  return `${{ directory: 'd', symlink: 'l', file: '-' }[type]}${triplets.join('')}`;
}
