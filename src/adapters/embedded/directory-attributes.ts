import { fchmodSync, fchownSync, fsyncSync, futimesSync, lchownSync, lutimesSync } from 'node:fs';
import type { RestoredAttributes, ScanNotice } from '../../ports/source-driver.ts';
import { type Folder, splitKey, toBytes } from './directory-folders.ts';
import { AT_SYMLINK_NOFOLLOW, errorCode, libc } from './directory-libc.ts';
import { mustStandAt, setFileMode } from './directory-pinned.ts';
import { type RestorePlaces, restoreError } from './directory-restore-places.ts';

const SETUID_SETGID = 0o6000;

/** Sets owner, then mode (a change of owner clears setuid), then times. Each shortcoming is told once. */
export class AttributeSetter {
  private readonly places: RestorePlaces;
  private readonly sync: boolean;
  private readonly told = new Set<string>();

  /** @param sync Whether folders are made durable one by one. */
  constructor(places: RestorePlaces, sync: boolean) {
    this.places = places;
    this.sync = sync;
  }

  /**
   * @param key Latin-1 text of `entry.key`; a folder's ends in `/`.
   * @param file The restored file, where it is still open: its own handle needs no path.
   */
  finish(entry: RestoredAttributes, key: string, file?: number): ScanNotice[] {
    const { parent, name } = splitKey(key);
    const shortcomings: string[] = [];
    try {
      if (file !== undefined) {
        mustStandAt(this.places.folder(parent), name, file);
        this.applyToOpen(entry, file, shortcomings);
      } else if (key === '') {
        const { root } = this.places;
        this.apply(entry, root, '.', shortcomings, root.fd);
      } else {
        const folder = this.places.folder(parent);
        if (entry.type === 'directory') this.applyToFolder(entry, folder, name, key, shortcomings);
        else this.apply(entry, folder, name, shortcomings);
      }
    } catch (error) {
      throw restoreError(key, error);
    }
    return shortcomings
      .filter((reason) => !this.told.has(reason) && this.told.add(reason))
      .map((reason) => ({ key: entry.key, kind: 'not-covered', reason }));
  }

  private applyToFolder(entry: RestoredAttributes, folder: Folder, name: string, key: string, out: string[]): void {
    const fd = this.places.folder(key).fd;
    if (this.sync) fsyncSync(fd);
    this.apply(entry, folder, name, out, fd);
  }

  private apply(entry: RestoredAttributes, folder: Folder, name: string, out: string[], fd?: number): void {
    const path = toBytes(folder.base + name);
    const owned = isObject(entry) || setOwner(entry, () => lchownSync(path, entry.uid, entry.gid), out);
    if (entry.type !== 'symlink' && !isObject(entry)) {
      const mode = safeMode(entry, owned, out);
      if (fd === undefined) setFileMode(path, mode);
      else fchmodSync(fd, mode);
    }
    if (!setTimes(folder, name, path, entry.mtimeNs)) out.push(INEXACT_TIMES);
  }

  private applyToOpen(entry: RestoredAttributes, fd: number, out: string[]): void {
    // What was an object has neither owner nor mode: it stays readable (0600) to whoever restores it.
    if (!isObject(entry)) {
      const owned = setOwner(entry, () => fchownSync(fd, entry.uid, entry.gid), out);
      fchmodSync(fd, safeMode(entry, owned, out));
    }
    if (!setOpenTimes(fd, entry.mtimeNs)) out.push(INEXACT_TIMES);
  }
}

const INEXACT_TIMES = 'times: exact to the microsecond only on this platform';

function isObject({ headers }: RestoredAttributes): boolean {
  return headers !== undefined;
}

/** Answers whether the entry belongs to whom it should. */
function setOwner(entry: RestoredAttributes, change: () => void, out: string[]): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EPERM' && errorCode(error) !== 'EINVAL') throw error;
    const own = entry.uid === process.geteuid?.() && entry.gid === process.getegid?.();
    if (!own)
      out.push('owners and groups: only root can set them, the restored files belong to the user that restores');
    return own;
  }
}

/** Without its owner, a setuid program would run as somebody that nobody meant. */
function safeMode({ mode }: RestoredAttributes, owned: boolean, out: string[]): number {
  const safe = owned ? mode : mode & ~SETUID_SETGID;
  if (safe !== mode) out.push('setuid and setgid bits: left out where the owner could not be set');
  return safe;
}

const times = Buffer.alloc(32);
const nameBytes = Buffer.alloc(4096);

/** Sets access and modification time; false when they could not be set to the nanosecond. */
function setTimes(folder: Folder, name: string, path: Buffer, ns: bigint): boolean {
  const native = libc();
  if (native === undefined) {
    const seconds = Number(ns / 1000n) / 1e6;
    lutimesSync(path, seconds, seconds);
    return ns % 1000n === 0n;
  }
  fillTimes(ns);
  nameBytes[nameBytes.write(name, 0, 'latin1')] = 0;
  native.utimensat(folder.fd, nameBytes, times, AT_SYMLINK_NOFOLLOW);
  return true;
}

/** The same for an open file. */
function setOpenTimes(fd: number, ns: bigint): boolean {
  const native = libc();
  if (native === undefined) {
    const seconds = Number(ns / 1000n) / 1e6;
    futimesSync(fd, seconds, seconds);
    return ns % 1000n === 0n;
  }
  fillTimes(ns);
  native.futimens(fd, times);
  return true;
}

/** Two timespecs, for access and modification. */
function fillTimes(ns: bigint): void {
  const inSecond = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  for (const offset of [0, 16]) {
    times.writeBigInt64LE((ns - inSecond) / 1_000_000_000n, offset);
    times.writeBigInt64LE(inSecond, offset + 8);
  }
}
