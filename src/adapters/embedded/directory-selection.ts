import { InvalidError } from '../../domain/errors.ts';
import type { Selection } from '../../ports/source-driver.ts';
import { closeFolder, type FolderChain, keyProblem, openChildFolder, splitKey, toText } from './directory-folders.ts';
import { errorCode } from './directory-libc.ts';
import { statAt, statOpen } from './directory-stat.ts';
import { problem, type Seen, walk } from './directory-walk.ts';

/** What a selection meets: the things themselves, or a selected key under which there is nothing. */
export type Selected = Seen | { kind: 'absent'; key: string };

/**
 * The keys of a selection as text in byte order, without what a chosen prefix covers anyway; `['']` is the whole source.
 * Throws InvalidError for a key that can name nothing in a source.
 */
export function selectedKeys(selection: Selection): string[] {
  if ('all' in selection) return [''];
  const keys: string[] = [];
  for (const key of selection.keys.map(toText).sort()) {
    const wrong = keyProblem(key);
    if (wrong !== undefined) {
      throw new InvalidError(`"${key}" cannot name anything in a source: ${wrong}.`, {
        hint: 'Give paths relative to the source; a folder ends in "/".',
      });
    }
    const last = keys.at(-1);
    const covered = last !== undefined && (last === key || last === '' || (last.endsWith('/') && key.startsWith(last)));
    if (!covered) keys.push(key);
  }
  return keys;
}

/**
 * Walks what is selected, in byte order, each folder before its content; the source's own folder is not among it. Never
 * follows a link and never enters a mount point. The chain belongs to the walk while it runs.
 */
export function* walkSelection(chain: FolderChain, keys: readonly string[]): Generator<Selected, void> {
  const { device } = statOpen(chain.root.fd);
  for (const key of keys) {
    if (key === '') yield* walk(chain.root, '', device);
    else yield* walkOne(chain, key, device);
  }
}

function* walkOne(chain: FolderChain, key: string, device: bigint): Generator<Selected, void> {
  const { parent, name } = splitKey(key);
  try {
    const folder = chain.at(parent);
    const stat = statAt(folder, name);
    if ((stat.kind === 'directory') !== key.endsWith('/')) {
      yield { kind: 'absent', key };
      return;
    }
    const mounted = stat.mountRoot ?? stat.device !== device;
    yield { kind: 'entry', key, name, folder, stat, mounted };
    if (stat.kind !== 'directory' || mounted) return;
    const inside = openChildFolder(folder, name);
    try {
      yield* walk(inside, key, device);
    } finally {
      closeFolder(inside);
    }
  } catch (error) {
    const gone = ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '');
    yield gone ? { kind: 'absent', key } : problem(key, error);
  }
}

/**
 * Counts, for files with several names, how many of them lie in the selection. A file with a name outside is somebody
 * else's too: it must not be overwritten or truncated.
 *
 * @returns `past`: files of which an earlier call has met a name
 */
export function namesInside(
  chain: FolderChain,
  keys: readonly string[],
  after?: string,
): { names: Map<string, number>; past: Set<string> } {
  const names = new Map<string, number>();
  const past = new Set<string>();
  for (const seen of walkSelection(chain, keys)) {
    if (seen.kind !== 'entry' || seen.stat.kind !== 'file' || seen.stat.links < 2) continue;
    const group = hardLinkGroup(seen.stat);
    names.set(group, (names.get(group) ?? 0) + 1);
    if (isPast(seen.key, after)) past.add(group);
  }
  return { names, past };
}

/** Whether an earlier call has dealt with a key. Keys as text compare as their bytes do. */
export const isPast = (key: string, after: string | undefined): boolean => after !== undefined && key <= after;

/** Names the inode that hard links share. */
export const hardLinkGroup = (stat: { device: bigint; inode: bigint }): string => `${stat.device}:${stat.inode}`;
