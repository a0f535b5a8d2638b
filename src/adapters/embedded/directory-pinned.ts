import { chmodSync, closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { ConflictError } from '../../domain/errors.ts';
import { type Folder, hasProc } from './directory-folders.ts';
import { errorCode } from './directory-libc.ts';
import { type Stat, statAt, statOpen } from './directory-stat.ts';

/** O_PATH (uapi/asm-generic/fcntl.h): names a file without opening it, so neither its mode nor its kind matters. */
const O_PATH = 0o10000000;

/**
 * Holds a file in place while `use` works on it. Opening a device or a named pipe may do something by itself, and chmod
 * follows links; a pinned file is neither. `use` gets a path that leads to exactly this file.
 *
 * @throws ConflictError when something else than a file is there; the system's error when nothing is.
 */
function withPinnedFile<T>(path: Buffer, use: (pinned: Buffer | string, stat: Stat) => T): T {
  if (!hasProc()) return withOpenFile(path, use);
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    return use(`/proc/self/fd/${fd}`, mustBeFile(statOpen(fd)));
  } finally {
    closeSync(fd);
  }
}

function withOpenFile<T>(path: Buffer, use: (pinned: Buffer, stat: Stat) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return use(path, mustBeFile(statOpen(fd)));
  } finally {
    closeSync(fd);
  }
}

function mustBeFile(stat: Stat): Stat {
  if (stat.kind === 'file') return stat;
  throw new ConflictError(`a ${stat.kind} took the place of a file`, { hint: 'Stop whoever writes there.' });
}

/** Throws ConflictError when another file, or something else, took the place of one that is still open. */
export function mustStandAt(folder: Folder, name: string, fd: number): void {
  const found = mustBeFile(statAt(folder, name));
  const own = statOpen(fd);
  if (found.inode === own.inode && found.device === own.device) return;
  throw new ConflictError('another file took the place of a file', { hint: 'Stop whoever writes there.' });
}

/** Sets the mode of a file, never of what a link points to. */
export function setFileMode(path: Buffer, mode: number): void {
  withPinnedFile(path, (pinned) => chmodSync(pinned, mode));
}

/** Opens a file for reading and writing in place, giving its owner the right to write where that is missing. */
export function openWritable(path: Buffer): number {
  return withPinnedFile(path, (pinned, stat) => {
    const flags = constants.O_RDWR | (typeof pinned === 'string' ? 0 : constants.O_NOFOLLOW);
    try {
      return openSync(pinned, flags);
    } catch (error) {
      if (errorCode(error) !== 'EACCES') throw error;
      chmodSync(pinned, stat.mode | 0o600);
      return openSync(pinned, flags);
    }
  });
}

/** Lets the owner of an open folder change what is in it. */
export function makeFolderWritable(fd: number): void {
  const { mode } = statOpen(fd);
  if ((mode & 0o700) !== 0o700) fchmodSync(fd, mode | 0o700);
}
