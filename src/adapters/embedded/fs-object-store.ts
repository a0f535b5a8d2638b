import { constants, existsSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConflictError, CorruptError, InvalidError, NotFoundError, UnavailableError } from '../../domain/errors.ts';
import type { ObjectStore, Survivor } from '../../ports/object-store.ts';
import { assertObjectKey, assertObjectPrefix, assertRange } from '../object-key.ts';
import { faultCode, translateFault } from './fs-faults.ts';
import { type Folders, foldersBelow, syncFolder } from './fs-folders.ts';
import { isAbsence, listObjects, objectInfo } from './fs-list.ts';
import { clearAbandonedTemps } from './fs-temp.ts';
import { linkIfAbsent, readFully, writeTemp } from './fs-write.ts';

/** No key has a `~`, so no object can lie here. */
const tempFolder = '~tmp';
/** Opening a FIFO must not wait, and a link is no object. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Objects as files (0600) in folders (0700) below `root`, which is made when it is missing, unless `make` is false: then a
 * folder without its `~tmp` is no store but the place of one, for instance of a disk that is not mounted.
 *
 * A `put` writes a temporary file, makes it durable, links it to its name (which never replaces) and makes the name
 * durable. Killed before the link, nothing is there; killed after it, all is there, and a repeated `put` makes the name
 * durable. What a killed process left among the temporary files is cleared at opening and before each purge.
 *
 * @throws UnavailableError when the folder cannot be used
 */
export async function fsObjectStore(root: string, { make = true } = {}): Promise<ObjectStore> {
  const base = await openRoot(root, make);
  const temps = join(base, tempFolder);
  const folders = foldersBelow(base);
  const pathOf = (key: string): string => {
    assertObjectKey(key);
    return `${base}/${key}`;
  };
  return {
    async *list(prefix, { after } = {}) {
      assertObjectPrefix(prefix);
      try {
        // Tidying is a favour; a store that is mounted read-only lists all the same.
        yield* listObjects(base, prefix, after ?? '', (folder) => folders.prune(folder).catch(() => undefined));
      } catch (error) {
        throw translateFault(error, `cannot list objects of ${prefix}`);
      }
    },
    async head(key) {
      const path = pathOf(key);
      try {
        await folders.assertInside(dirname(path));
        return await objectInfo(base, key);
      } catch (error) {
        throw translateFault(error, `cannot look at object ${key}`);
      }
    },
    async get(key, range, into) {
      const path = pathOf(key);
      if (range) assertRange(range);
      try {
        await folders.assertInside(dirname(path));
        return await readObject(path, key, range, into);
      } catch (error) {
        if (isAbsence(error)) throw new NotFoundError(`object ${key} does not exist`);
        throw translateFault(error, `cannot read object ${key}`);
      }
    },
    async put(key, data) {
      const path = pathOf(key);
      const pieces = Array.isArray(data) ? data : [data];
      try {
        if (await settleExisting(folders, path, key, pieces)) return;
        const temp = await writeTemp(temps, pieces);
        try {
          await folders.assertInside(dirname(path));
          if (!(await linkIfAbsent(folders, temp, path)) && !(await settleExisting(folders, path, key, pieces))) {
            throw new ConflictError(`object ${key} was purged while it was stored`);
          }
        } finally {
          await fs.unlink(temp).catch(() => undefined);
        }
      } catch (error) {
        if (faultCode(error) === 'ENOTDIR') throw new ConflictError(`object ${key} lies below another object`);
        throw translateFault(error, `cannot store object ${key}`);
      }
    },
    async extendLock(key) {
      assertObjectKey(key);
      throw new InvalidError('a folder cannot lock objects', { hint: 'Locks need an S3 bucket with Object Lock.' });
    },
    async purge(keys) {
      const paths = keys.map(pathOf);
      clearAbandonedTemps(temps);
      const survivors: Survivor[] = [];
      const parents = new Set<string>();
      for (const [i, path] of paths.entries()) {
        try {
          await folders.assertInside(dirname(path));
          if (await unlinkFile(path)) parents.add(dirname(path));
        } catch (error) {
          survivors.push({ key: keys[i] ?? '', reason: translateFault(error, 'cannot be removed').message });
        }
      }
      for (const parent of parents) await settleRemovals(base, folders, parent);
      return survivors;
    },
  };
}

async function openRoot(root: string, make: boolean): Promise<string> {
  if (!make && !existsSync(join(root, tempFolder))) {
    throw new UnavailableError(`the object store ${root} is not there: it has no folder ${tempFolder}`, {
      hint: `Mount it or put it back. Make ${join(root, tempFolder)} only if everything else is there.`,
    });
  }
  try {
    await fs.mkdir(join(root, tempFolder), { recursive: true, mode: 0o700 });
    const base = await fs.realpath(root);
    await syncFolder(base);
    await syncFolder(dirname(base));
    clearAbandonedTemps(join(base, tempFolder));
    return base;
  } catch (error) {
    throw translateFault(error, `cannot use ${root} as an object store`);
  }
}

async function readObject(
  path: string,
  key: string,
  range: { offset: number; length: number } | undefined,
  into: Buffer | undefined,
): Promise<Buffer> {
  const handle = await fs.open(path, readFlags);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new NotFoundError(`object ${key} does not exist`);
    const { offset, length } = range ?? { offset: 0, length: stat.size };
    if (offset + length > stat.size) throw shorter(key, stat.size, offset, length);
    const data = into && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafe(length);
    const read = await readFully(handle, data, offset);
    if (read < length) throw shorter(key, offset + read, offset, length);
    return data;
  } finally {
    await handle.close();
  }
}

function shorter(key: string, size: number, offset: number, length: number): CorruptError {
  return new CorruptError(`object ${key} is ${size} bytes long, ${offset}+${length} were wanted`);
}

/**
 * True when the object is there already with these bytes; then its name is made durable, since whoever put it may have
 * been killed before that. @throws ConflictError when it is there with others
 */
async function settleExisting(folders: Folders, path: string, key: string, pieces: Buffer[]): Promise<boolean> {
  let handle: FileHandle;
  try {
    await folders.assertInside(dirname(path));
    handle = await fs.open(path, readFlags);
  } catch (error) {
    if (faultCode(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    if (!(await hasBytes(handle, pieces))) throw new ConflictError(`object ${key} exists with other content`);
  } finally {
    await handle.close();
  }
  await folders.ensure(dirname(path));
  await syncFolder(dirname(path));
  return true;
}

async function hasBytes(handle: FileHandle, pieces: Buffer[]): Promise<boolean> {
  const stat = await handle.stat();
  if (!stat.isFile() || stat.size !== pieces.reduce((sum, piece) => sum + piece.length, 0)) return false;
  let position = 0;
  for (const piece of pieces) {
    const stored = Buffer.allocUnsafe(piece.length);
    if ((await readFully(handle, stored, position)) < piece.length || !stored.equals(piece)) return false;
    position += piece.length;
  }
  return true;
}

/** False when a folder has that name: no object, nothing to remove. */
async function unlinkFile(path: string): Promise<boolean> {
  try {
    if ((await fs.lstat(path)).isDirectory()) return false;
    await fs.unlink(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
  return true;
}

/** Makes removals durable, those of a purge that was killed too, and removes folders that are empty now. */
async function settleRemovals(base: string, folders: Folders, folder: string): Promise<void> {
  try {
    await syncFolder(folder);
  } catch (error) {
    if (!isAbsence(error)) throw translateFault(error, `cannot make removals in ${folder.slice(base.length)} durable`);
  }
  await folders.prune(folder);
}
