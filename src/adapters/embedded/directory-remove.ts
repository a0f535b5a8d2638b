import { rmdirSync, unlinkSync } from 'node:fs';
import { closeFolder, type Folder, FolderChain, openChildFolder, splitKey, toBytes } from './directory-folders.ts';
import { statAt, statOpen } from './directory-stat.ts';
import { walk } from './directory-walk.ts';

/**
 * Removes what is under a name in an open folder, whole trees too; never follows a link and never enters a mount point.
 * Throws the system's error where something cannot be removed.
 */
export function removePath(folder: Folder, name: string): void {
  if (statAt(folder, name).kind !== 'directory') {
    unlinkSync(toBytes(folder.base + name));
    return;
  }
  const tree = openChildFolder(folder, name);
  const folders: string[] = [];
  try {
    for (const seen of walk(tree, '', statOpen(tree.fd).device)) {
      if (seen.kind !== 'entry') continue;
      if (seen.stat.kind === 'directory') folders.push(seen.key);
      else unlinkSync(toBytes(seen.folder.base + seen.name));
    }
    removeFolders(tree, folders);
  } finally {
    closeFolder(tree);
  }
  rmdirSync(toBytes(folder.base + name));
}

/** Removes empty folders below an open one; the keys come in byte order, so the last ones lie deepest. */
function removeFolders(tree: Folder, keys: readonly string[]): void {
  const chain = new FolderChain(tree);
  try {
    for (const key of keys.toReversed()) {
      const { parent, name } = splitKey(key);
      rmdirSync(toBytes(chain.at(parent).base + name));
    }
  } finally {
    chain.forget();
  }
}
