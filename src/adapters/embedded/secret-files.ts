import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { faultCode } from './fs-faults.ts';

/**
 * Small secret files, written and destroyed one process at a time: every function here that writes is called
 * under a lock (process-lock.ts), so a temporary file that is found belongs to a process that was killed.
 */

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;
/** File systems without hard links (a replica on a FAT stick) answer one of these. */
const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Reads a file, never through a link; `undefined` when there is none. */
export function readSecret(path: string): Buffer | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch (error) {
    if (faultCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Makes a name that was made or removed in the folder durable. */
export function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, O_RDONLY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Makes a private folder below `root`, durably, with what is missing above it.
 *
 * @param durable folders of which this process knows that they are; who made an existing one may have been killed before
 *   its name was durable
 */
export function ensureFolder(root: string, folder: string, durable: Set<string>): void {
  const present = fs.existsSync(folder);
  if (folder === root || (present && durable.has(folder))) return;
  ensureFolder(root, dirname(folder), durable);
  if (!present) fs.mkdirSync(folder, { mode: 0o700 });
  syncFolder(dirname(folder));
  durable.add(folder);
}

/** Removes folders that are empty, from `folder` up to but without `root`. */
export function pruneFolders(root: string, folder: string): void {
  for (let at = folder; at !== root && at.startsWith(root); at = dirname(at)) {
    try {
      fs.rmdirSync(at);
    } catch (error) {
      if (faultCode(error) === 'ENOENT') continue;
      if (faultCode(error) === 'ENOTEMPTY' || faultCode(error) === 'EEXIST') return;
      throw error;
    }
    syncFolder(dirname(at));
  }
}

/**
 * Writes a file (0600), durable in content and name; nothing may be there. Killed before the rename, a temporary file is
 * left, which `clearTemps` destroys; killed after it, the file is whole.
 */
export function createSecret(temps: string, path: string, data: Buffer): void {
  const temp = writeTemp(temps, data);
  fs.renameSync(temp, path);
  syncFolder(dirname(path));
}

/**
 * Puts new content in the place of a file and destroys the old bytes. The old file keeps a second name until it is
 * overwritten, so that a kill in between leaves something for `clearTemps` to destroy.
 */
export function replaceSecret(temps: string, path: string, data: Buffer): void {
  const temp = writeTemp(temps, data);
  const aside = join(temps, `${randomBytes(8).toString('hex')}.old`);
  const old = openExisting(path);
  try {
    if (old !== undefined) linkAside(path, aside);
    fs.renameSync(temp, path);
    syncFolder(dirname(path));
    if (old !== undefined) overwrite(old);
  } finally {
    if (old !== undefined) fs.closeSync(old);
  }
  if (old !== undefined) removeIfThere(aside);
}

/**
 * Overwrites a file with random bytes, through to the device, and removes its name; the folder is not synced yet. False
 * when there was none. Where the device itself keeps old blocks (SSD, copy-on-write, snapshots) this is no more than an attempt.
 */
export function destroySecret(path: string): boolean {
  const fd = openExisting(path);
  if (fd === undefined) return false;
  try {
    overwrite(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.unlinkSync(path);
  return true;
}

/**
 * Destroys what killed writers left. A file that has a second name may be a living key whose replacement had not happened
 * yet: only the second name goes, its bytes stay.
 */
export function clearTemps(temps: string): void {
  const names = fs.existsSync(temps) ? fs.readdirSync(temps) : [];
  for (const name of names) {
    const path = join(temps, name);
    const stat = fs.lstatSync(path);
    if (stat.isFile() && stat.nlink === 1) destroySecret(path);
    else fs.unlinkSync(path);
  }
  if (names.length > 0) syncFolder(temps);
}

function writeTemp(temps: string, data: Buffer): string {
  const temp = join(temps, `${randomBytes(8).toString('hex')}.new`);
  const fd = fs.openSync(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeAll(fd, data);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  return temp;
}

function openExisting(path: string): number | undefined {
  try {
    return fs.openSync(path, O_WRONLY | O_NOFOLLOW | fs.constants.O_NONBLOCK);
  } catch (error) {
    if (faultCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function linkAside(path: string, aside: string): void {
  try {
    fs.linkSync(path, aside);
    // Some file systems do not count names; there the second name would later pass for a leftover.
    if (fs.lstatSync(aside).nlink < 2) fs.unlinkSync(aside);
    syncFolder(dirname(aside));
  } catch (error) {
    if (!noLinks.has(faultCode(error) ?? '')) throw error;
  }
}

function overwrite(fd: number): void {
  const { size } = fs.fstatSync(fd);
  const pieceLength = 65_536;
  for (let at = 0; at < size; at += pieceLength) writeAll(fd, randomBytes(Math.min(pieceLength, size - at)), at);
  fs.fsyncSync(fd);
}

function writeAll(fd: number, data: Buffer, position = 0): void {
  for (let done = 0; done < data.length; ) {
    done += fs.writeSync(fd, data, done, data.length - done, position + done);
  }
}

function removeIfThere(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if (faultCode(error) !== 'ENOENT') throw error;
  }
}
