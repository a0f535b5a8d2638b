import { closeSync, constants, openSync, readSync } from 'node:fs';
import { NotFoundError, UnavailableError } from '../../domain/errors.ts';
import type { OpenedSource, SourceEntry } from '../../ports/source-driver.ts';
import { type FolderChain, splitKey, toBytes, toText } from './directory-folders.ts';
import { errorCode } from './directory-libc.ts';
import type { Owners } from './directory-owners.ts';
import { toEntry } from './directory-scan.ts';
import { type Stat, statOpen } from './directory-stat.ts';
import { reasonOf } from './directory-walk.ts';

/** How long after a change a further one could carry the same timestamp. */
const RACY_MS = 2000;

/** Never follows a link and never waits for the other end of a named pipe. */
const OPEN_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file of the source for reading. Throws NotFoundError when there is no file under the key any more and
 * UnavailableError when it cannot be read.
 *
 * @param chain Folders of the source; only the file itself stays open after the call.
 * @param wall Milliseconds of the machine's clock.
 * @param done Called once when the file is closed.
 */
export function openSourceFile(
  chain: FolderChain,
  wanted: SourceEntry,
  owners: Owners,
  wall: () => number,
  done: () => void,
): OpenedSource {
  const fd = openFile(chain, wanted.key);
  const before = statOpen(fd);
  if (before.kind !== 'file') {
    closeSync(fd);
    throw gone(wanted.key, `it is a ${before.kind} now`);
  }
  const racy = isRacy(before, wall());
  return {
    entry: toEntry(wanted.key, before, owners),
    read: (buffer, position) => read(fd, wanted.key, buffer, position),
    close: async () => {
      try {
        const now = statOpen(fd);
        return { unchanged: isSame(before, now), racy, entry: toEntry(wanted.key, now, owners) };
      } finally {
        closeSync(fd);
        done();
      }
    },
  };
}

function openFile(chain: FolderChain, keyBytes: Buffer): number {
  const key = toText(keyBytes);
  const { parent, name } = splitKey(key);
  try {
    const path = toBytes(chain.at(parent).base + name);
    try {
      // Reading leaves no trace in the access time, where the system allows that (owner or root).
      return openSync(path, OPEN_FILE | (constants.O_NOATIME ?? 0));
    } catch (error) {
      if (errorCode(error) !== 'EPERM') throw error;
      return openSync(path, OPEN_FILE);
    }
  } catch (error) {
    const code = errorCode(error);
    // ENXIO: a socket, or a named pipe without a reader.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO') {
      throw gone(keyBytes, code === 'ENOENT' ? 'it is gone' : 'something else is there now');
    }
    throw new UnavailableError(`"${keyBytes.toString()}" cannot be read: ${reasonOf(error)}.`, {
      hint: 'Let the user that runs Tenure read it.',
      cause: error,
    });
  }
}

function read(fd: number, key: Buffer, buffer: Buffer, position: number): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, position);
  } catch (error) {
    throw new UnavailableError(`"${key.toString()}" cannot be read: ${reasonOf(error)}.`, {
      hint: 'Look at the health of the device it lies on.',
      cause: error,
    });
  }
}

const gone = (key: Buffer, why: string): NotFoundError =>
  new NotFoundError(`"${key.toString()}" is no file of the source any more: ${why}.`, {
    hint: 'It was there when the source was scanned; the next backup sees what is there now.',
  });

const isSame = (a: Stat, b: Stat): boolean =>
  a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode;

/** Every change sets ctime; mtime counts too, for file systems that keep no ctime of their own. */
function isRacy(stat: Stat, wallMs: number): boolean {
  const sinceCtime = wallMs - Number(stat.ctimeNs / 1_000_000n);
  const sinceMtime = wallMs - Number(stat.mtimeNs / 1_000_000n);
  return sinceCtime < RACY_MS || Math.abs(sinceMtime) < RACY_MS;
}
