import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, normalize, sep } from 'node:path';
import { InvalidError, NotFoundError, UnavailableError } from '../../domain/errors.ts';
import { type Folder, openFolder, toText } from './directory-folders.ts';
import { errorCode } from './directory-libc.ts';
import { reasonOf } from './directory-walk.ts';

/** The path of a folder in Latin-1 text, without a slash at its end. */
export const rootText = (path: string): string => toText(Buffer.from(normalize(path))).replace(/(?<=.)\/+$/, '');

/** Opens a source's folder. Throws NotFoundError when it is gone, InvalidError when it is a link or no folder. */
export function openRoot(path: string): Folder {
  try {
    return openFolder(rootText(path));
  } catch (error) {
    throw rootError(path, error);
  }
}

function rootError(path: string, error: unknown): Error {
  const code = errorCode(error);
  if (code === 'ENOENT') {
    return new NotFoundError(`The folder ${path} does not exist.`, {
      hint: 'Mount or restore it, or remove the source.',
      cause: error,
    });
  }
  if (code === 'ENOTDIR' || code === 'ELOOP') {
    return new InvalidError(`${path} is ${isLink(path) ? 'a symbolic link' : 'not a folder'}.`, {
      hint: 'Name the folder itself.',
      cause: error,
    });
  }
  if (code === 'ENAMETOOLONG')
    return new InvalidError(`The path of the folder is too long: ${path.length} characters.`);
  return new UnavailableError(`The folder ${path} cannot be read: ${reasonOf(error)}.`, {
    hint: 'Let the user that runs Tenure read it.',
    cause: error,
  });
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/**
 * Refuses a source folder that can never work.
 *
 * @param forbidden Folders that may neither hold the source nor lie in it: the home, other sources, a repository.
 * @throws InvalidError for a relative path, a link, an overlap; NotFoundError when there is no such folder.
 */
export function verifyRoot(path: string, forbidden: readonly string[]): void {
  if (!isAbsolute(path)) {
    throw new InvalidError(`The path ${path} is relative.`, { hint: 'Give the absolute path of the folder.' });
  }
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(path.replace(/(?<=.)\/+$/, ''));
  } catch (error) {
    throw rootError(path, error);
  }
  if (!stat.isDirectory()) throw rootError(path, Object.assign(new Error('ENOTDIR'), { code: 'ENOTDIR' }));
  const real = realpathSync(path);
  for (const other of forbidden) {
    const otherReal = realOrSame(other);
    if (!isWithin(real, otherReal) && !isWithin(otherReal, real)) continue;
    throw new InvalidError(`The folder ${path} overlaps with ${other}.`, {
      hint: 'A source must lie apart from the home, the repository and other sources.',
    });
  }
}

/** Whether a path is a folder or lies in it; both absolute and without links. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return normalize(path);
  }
}
