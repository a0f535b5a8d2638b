import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InvalidError, UnavailableError } from '../../domain/errors.ts';
import type { LiveResult, RestoreTarget } from '../../ports/source-driver.ts';
import { errorCode } from './directory-libc.ts';
import { directoryRestoreTarget } from './directory-restore-target.ts';
import { isWithin } from './directory-root.ts';
import { directorySourceDriver } from './directory-source-driver.ts';

/** A folder that somebody named for a restore. */
export interface DirectoryRestoreFolder {
  path: string;
  empty: boolean;
  identity(): string | undefined;
  open(options: { force: boolean }): Promise<RestoreTarget>;
  remove(keys: Buffer[]): Promise<number>;
}

/** Folders that a restore must not touch. */
export interface RestoreRules {
  /** Home, repository, keys: a restore over them could destroy every copy. */
  never: readonly string[];
  /** Folders of sources: a restore over live data is asked about first. */
  apartFrom: readonly string[];
}

/**
 * Looks at the folder for a restore, without making it.
 *
 * @throws InvalidError when it is no folder, or overlaps with a folder of the rules
 */
export function directoryRestoreFolder(dir: string, { never, apartFrom }: RestoreRules): DirectoryRestoreFolder {
  const path = realPath(resolve(dir));
  const meets = (other: string): boolean => {
    const real = realPath(resolve(other));
    return isWithin(path, real) || isWithin(real, path);
  };
  const home = never.find(meets);
  if (home !== undefined) {
    throw new InvalidError(`${dir} overlaps with ${home}, which belongs to the home of Tenure`, {
      hint: 'Restore into a folder apart from it; --force does not change that.',
    });
  }
  const source = apartFrom.find(meets);
  if (source !== undefined) {
    throw new InvalidError(`${dir} overlaps with ${source}, which is the folder of a source`, {
      hint: 'Restore into a folder of its own, look at it, and copy what you need; or use --force to write over live data.',
    });
  }
  return {
    path,
    empty: isEmpty(path),
    identity: () => identityOf(path),
    open: async (options) => await directoryRestoreTarget(path, options),
    async remove(keys) {
      let removed = 0;
      await directorySourceDriver(path).delete({ keys }, (result: LiveResult) => {
        if (result.result === 'failed') {
          throw new UnavailableError(`${result.key.toString()} was restored and cannot be removed again`, {
            hint: `It was erased by a case: remove it by hand from ${path}.`,
          });
        }
        if (result.result !== 'absent') removed++;
      });
      return removed;
    },
  };
}

/** The path without links, as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT') throw notUsable(path, error);
    // A link that leads nowhere would be followed once its end exists.
    if (isLink(path)) throw new InvalidError(`${path} is a link that leads nowhere`, { hint: 'Name a folder.' });
    return join(realPath(dirname(path)), basename(path));
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function isEmpty(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw notUsable(path, error);
  }
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  // Inodes return; a time of birth does not.
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}

function notUsable(path: string, cause: unknown): Error {
  const code = errorCode(cause);
  if (code === 'ENOTDIR')
    return new InvalidError(`${path} is not a folder`, { hint: 'Name a folder as the target.', cause });
  return new UnavailableError(`${path} cannot be looked at: ${code ?? 'unknown fault'}`, {
    hint: 'Run Tenure as a user that may read it.',
    cause,
  });
}
