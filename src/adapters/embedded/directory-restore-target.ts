import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { CorruptError, InvalidError } from '../../domain/errors.ts';
import type { RestoreTarget } from '../../ports/source-driver.ts';
import { AttributeSetter } from './directory-attributes.ts';
import { keyProblem, toText } from './directory-folders.ts';
import { errorCode, libc } from './directory-libc.ts';
import { openWritable } from './directory-pinned.ts';
import { openRestoreFile } from './directory-restore-file.ts';
import { RestorePlaces, restoreError } from './directory-restore-places.ts';
import { openRoot } from './directory-root.ts';

/** How a restore treats its target. */
export interface DirectoryRestoreOptions {
  /** Write into a folder that is not empty, and replace what is in the way. */
  force: boolean;
  /** Default true: everything is on the device when `close` returns. A scratch copy that is compared and dropped can do without. */
  durable?: boolean;
}

const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * A folder of this machine as the target of a restore; made when it is missing. Everything is reached through folders that
 * are held open, so a folder that is swapped for a link meanwhile leads nowhere.
 *
 * Content is complete when its file is closed and durable when the target is closed: one syncfs(2) then costs a fraction of an
 * fsync per file. Where that call is missing, each file is synced as it is closed.
 *
 * @throws InvalidError when the folder is not empty and `force` is not given, or is no folder.
 */
export async function directoryRestoreTarget(dir: string, options: DirectoryRestoreOptions): Promise<RestoreTarget> {
  const root = openRoot(prepare(dir, options.force));
  const places = new RestorePlaces(root, options.force);
  const syncFiles = options.durable !== false && libc() === undefined;
  const attributes = new AttributeSetter(places, syncFiles);

  /** The last file, complete: its attributes are set through its own handle, which costs a third of finding it again. */
  let complete: { key: string; fd: number } | undefined;
  const settle = (): void => {
    if (!complete) return;
    const { key, fd } = complete;
    complete = undefined;
    try {
      closeSync(fd);
    } catch (error) {
      throw restoreError(key, error);
    }
  };

  const sync = (): void => {
    settle();
    try {
      if (options.durable !== false) libc()?.syncfs(root.fd);
      if (syncFiles) fsyncSync(root.fd);
    } catch (error) {
      throw restoreError('', error);
    }
  };

  return {
    directory: async (key) => {
      places.makeFolder(validKey(key, true));
    },
    symlink: async (key, target) => {
      if (target.length === 0 || target.includes(0)) {
        throw new CorruptError(`The link "${key}" has no usable target.`, { details: { key: key.toString('latin1') } });
      }
      places.create(validKey(key, false), (path) => symlinkSync(target, path));
    },
    file: async (key, size, { from = 0 } = {}) => {
      const text = validKey(key, false);
      const fd =
        from === 0 ? places.create(text, (path) => openSync(path, CREATE, 0o600)) : places.reopen(text, openWritable);
      const done = (): void => {
        settle();
        complete = { key: text, fd };
      };
      return openRestoreFile(fd, text, size, { from, sync: syncFiles, done });
    },
    hardLink: async (key, existing) => {
      const from = validKey(existing, false);
      places.create(validKey(key, false), (path) => linkSync(places.existing(from), path));
    },
    finish: async (entry) => {
      const key = validKey(entry.key, entry.type === 'directory');
      try {
        return attributes.finish(entry, key, complete?.key === key ? complete.fd : undefined);
      } finally {
        settle();
      }
    },
    sync: async () => sync(),
    close: async () => {
      try {
        sync();
      } finally {
        places.close();
      }
    },
  };
}

/** Makes the folder, or refuses one that holds something. Answers its path without links. */
function prepare(dir: string, force: boolean): string {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!force && readdirSync(dir).length > 0) {
      throw new InvalidError(`The folder ${dir} is not empty.`, {
        hint: 'Restore into an empty folder, or use --force to write over what is there.',
      });
    }
    return realpathSync(dir);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error instanceof InvalidError ? error : restoreError('', error);
    throw new InvalidError(`${dir} is not a folder.`, { hint: 'Name a folder as the target.', cause: error });
  }
}

/** A key as text; a folder's ends in `/`. Throws CorruptError for keys that no honest snapshot holds. */
function validKey(key: Buffer, folder: boolean): string {
  const text = toText(key);
  let problem = keyProblem(text);
  if (!folder && text === '') problem = 'it is empty';
  if (!folder && text.endsWith('/')) problem = 'it ends in "/" and is no folder';
  if (problem !== undefined) {
    throw new CorruptError(
      `The entry ${JSON.stringify(key.toString())} would leave the target or cannot exist: ${problem}.`,
      {
        hint: 'The snapshot was altered or made by something else. Nothing was written for this entry.',
        details: { key: text },
      },
    );
  }
  return folder && text !== '' && !text.endsWith('/') ? `${text}/` : text;
}
