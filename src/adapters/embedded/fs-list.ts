import type { Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import type { ObjectInfo } from '../../ports/object-store.ts';
import { faultCode } from './fs-faults.ts';

const segment = /^[A-Za-z0-9._=-]+$/;

/**
 * Lists the objects below a folder in byte order of their keys, one folder in memory at a time. A folder sorts as its
 * name with `/`, so that `a.b` comes before `a/b` and both before `a0`. Links and foreign names (`~tmp`) are no objects.
 *
 * @param foundEmpty told of every empty folder that is met: a put that was killed leaves them, and their names tell of whom
 */
export async function* listObjects(
  root: string,
  prefix: string,
  after: string,
  foundEmpty: (folder: string) => Promise<void>,
): AsyncIterable<ObjectInfo> {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (start.split('/').some((part) => part === '.' || part === '..')) return;
  yield* listFolder({ root, prefix, after, foundEmpty }, start);
}

interface Listing {
  root: string;
  prefix: string;
  after: string;
  foundEmpty: (folder: string) => Promise<void>;
}

async function* listFolder(listing: Listing, folder: string): AsyncIterable<ObjectInfo> {
  const { root, prefix, after } = listing;
  const entries = await readFolder(`${root}/${folder}`);
  if (entries?.length === 0) await listing.foundEmpty(`${root}/${folder}`.slice(0, -1));
  const names = (entries ?? [])
    .filter((entry) => segment.test(entry.name) && (entry.isFile() || entry.isDirectory()))
    .map((entry) => folder + entry.name + (entry.isDirectory() ? '/' : ''))
    // ASCII only: the order of strings is the order of bytes.
    .sort();
  for (const name of names) {
    if (name.endsWith('/')) {
      const mayMatch = name.startsWith(prefix) || prefix.startsWith(name);
      if (mayMatch && (name > after || after.startsWith(name))) yield* listFolder(listing, name);
    } else if (name.startsWith(prefix) && name > after) {
      const info = await objectInfo(root, name);
      if (info) yield info;
    }
  }
}

/** What the file of a key tells, `undefined` when there is none (any more). */
export async function objectInfo(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const stat = await fs.lstat(`${root}/${key}`);
    return stat.isFile() ? { key, size: stat.size, storedAt: stat.mtime.toISOString() } : undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function readFolder(path: string): Promise<Dirent[] | undefined> {
  try {
    return await fs.readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** No such file, or what should be a folder on the way is a file. */
export function isAbsence(error: unknown): boolean {
  const code = faultCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
