import { NotFoundError } from '../../domain/errors.ts';
import { type Folder, FolderChain, toBytes } from './directory-folders.ts';
import { openRoot } from './directory-root.ts';
import { isPast, walkSelection } from './directory-selection.ts';
import { statOpen } from './directory-stat.ts';

/** One thing that is still there. */
export interface StillThere {
  key: Buffer;
  reason: string;
}

/**
 * Yields what of a selection is still there, in byte order. When everything is selected that includes the source's own
 * folder, unless it is an empty mount point, which cannot go and holds nothing. With `after` only what has a greater key.
 */
export function* survivorsOf(root: string, keys: readonly string[], after?: string): Generator<StillThere, void> {
  const opened = openIfThere(root);
  if (opened === undefined) return;
  const chain = new FolderChain(opened);
  try {
    const own = after === undefined && keys[0] === '' && statOpen(opened.fd).mountRoot !== true;
    if (own) yield { key: Buffer.alloc(0), reason: stillThere };
    for (const seen of walkSelection(chain, keys)) {
      if (seen.kind === 'absent' || seen.kind === 'vanished' || isPast(seen.key, after)) continue;
      const key = toBytes(seen.key);
      if (seen.kind === 'unreadable') yield { key, reason: `cannot be looked into: ${seen.reason}` };
      else yield { key, reason: seen.mounted ? 'something else is mounted here' : stillThere };
    }
  } finally {
    chain.close();
  }
}

function openIfThere(root: string): Folder | undefined {
  try {
    return openRoot(root);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The same for all that nothing stands in the way of: a report counts by it. */
const stillThere = 'it is still there';
