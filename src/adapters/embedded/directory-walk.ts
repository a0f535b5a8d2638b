import { closeFolder, type Folder, openChildFolder, sortedNames } from './directory-folders.ts';
import { errorCode } from './directory-libc.ts';
import { type Stat, statAt } from './directory-stat.ts';

/** One thing met on a walk. Keys are Latin-1 text, a folder's ends in `/`. */
export type Seen =
  | { kind: 'entry'; key: string; name: string; folder: Folder; stat: Stat; mounted: boolean }
  | { kind: 'vanished'; key: string; reason: string }
  | { kind: 'unreadable'; key: string; reason: string };

/** Something that is there and could be looked at. */
export type SeenEntry = Extract<Seen, { kind: 'entry' }>;

/**
 * Walks what is below an open folder, in byte order of the keys, each folder before its content. Links are not followed
 * and mount points are not entered (`mounted`): what another file system holds is another source, for backup and for
 * erasure alike. `folder` stays open; folders that the walk opens are closed by it, also when it is left early.
 *
 * @param device Device of the source's own folder; tells mount points apart where the kernel does not.
 * @param after Only keys after this one.
 */
export function* walk(folder: Folder, prefix: string, device: bigint, after?: string): Generator<Seen, void> {
  const levels = [{ folder, prefix, names: list(folder), next: 0 }];
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const listed = level.names[level.next++];
      if (listed === undefined) {
        levels.pop();
        if (level.folder !== folder) closeFolder(level.folder);
        continue;
      }
      const key = level.prefix + listed;
      const passed = after !== undefined && key <= after;
      if (passed && !(listed.endsWith('/') && after.startsWith(key))) continue;
      const seen = look(level.folder, key, listed, device);
      if (!passed) yield seen;
      if (seen.kind !== 'entry' || seen.stat.kind !== 'directory' || seen.mounted) continue;
      let opened: Folder | undefined;
      try {
        opened = openChildFolder(level.folder, seen.name);
        levels.push({ folder: opened, prefix: key, names: list(opened), next: 0 });
      } catch (error) {
        if (opened !== undefined) closeFolder(opened);
        yield problem(key, error);
      }
    }
  } finally {
    for (const level of levels) if (level.folder !== folder) closeFolder(level.folder);
  }
}

function look(folder: Folder, key: string, listed: string, device: bigint): Seen {
  const isFolder = listed.endsWith('/');
  const name = isFolder ? listed.slice(0, -1) : listed;
  try {
    const stat = statAt(folder, name);
    if ((stat.kind === 'directory') !== isFolder) {
      return { kind: 'vanished', key, reason: 'became something else while it was read' };
    }
    return { kind: 'entry', key, name, folder, stat, mounted: stat.mountRoot ?? stat.device !== device };
  } catch (error) {
    return problem(key, error);
  }
}

const list = (folder: Folder): string[] =>
  sortedNames(folder, (name) => {
    try {
      return statAt(folder, name).kind === 'directory';
    } catch {
      return false;
    }
  });

/** Turns an error of the system into something that a report can say. */
export function problem(key: string, error: unknown): Seen {
  const code = errorCode(error);
  if (code === 'ENOENT') return { kind: 'vanished', key, reason: 'gone while it was read' };
  if (code === 'ENOTDIR' || code === 'ELOOP') {
    return { kind: 'vanished', key, reason: 'became something else while it was read' };
  }
  return { kind: 'unreadable', key, reason: reasonOf(error) };
}

/** A system error in words. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EIO':
      return 'input/output error of the device';
    case 'ENOSPC':
      return 'no space left on the device';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EBUSY':
      return 'in use by the system';
    default:
      return code ?? (error instanceof Error ? error.message : String(error));
  }
}
