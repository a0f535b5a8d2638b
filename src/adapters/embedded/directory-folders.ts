import { closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs';

/**
 * A folder held open. Its children are reached through `base`, never by their full path, so that a folder that somebody
 * swaps for a link meanwhile leads nowhere else.
 */
export interface Folder {
  fd: number;
  /** Latin-1 text (one character per byte) that is put before a child's name: `/proc/self/fd/7/`. */
  base: string;
}

/**
 * Names and keys are handled as Latin-1 text inside the directory adapter: each byte is one character, so nothing is lost
 * and the order of strings is the order of bytes.
 */
export const toBytes = (text: string): Buffer => Buffer.from(text, 'latin1');
export const toText = (bytes: Buffer): string => bytes.toString('latin1');

const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

let procFound: boolean | undefined;

/** Whether children can be reached through `/proc/self/fd/N`, which no renaming or link can lead astray. */
export function hasProc(): boolean {
  procFound ??= process.platform === 'linux' && existsSync('/proc/self/fd/');
  return procFound;
}

/** Opens a folder by its path (Latin-1 text). A link as its last part fails with ELOOP or ENOTDIR. */
export function openFolder(path: string): Folder {
  const fd = openSync(toBytes(path), OPEN_FOLDER);
  return { fd, base: hasProc() ? `/proc/self/fd/${fd}/` : `${path}/` };
}

/** Opens a folder in a folder; never follows a link. Throws the system's error. */
export function openChildFolder(parent: Folder, name: string): Folder {
  return openFolder(parent.base + name);
}

export function closeFolder(folder: Folder): void {
  closeSync(folder.fd);
}

/** Names in a folder in byte order of the keys: a folder's name ends in `/`. */
export function sortedNames(folder: Folder, isFolder: (name: string) => boolean): string[] {
  let names: string[];
  try {
    names = readdirSync(toBytes(`${folder.base}.`), { withFileTypes: true, encoding: 'latin1' }).map((found) =>
      found.isDirectory() ? `${found.name}/` : found.name,
    );
  } catch {
    // File systems that do not tell types make Node look each name up, which fails for names that are not UTF-8.
    names = readdirSync(toBytes(`${folder.base}.`), { encoding: 'latin1' }).map((name) =>
      isFolder(name) ? `${name}/` : name,
    );
  }
  return names.sort();
}

/** Keeps the folders along the last path open, so that neighbours cost one call each. */
export class FolderChain {
  readonly root: Folder;
  private readonly open: { key: string; folder: Folder }[] = [];

  constructor(root: Folder) {
    this.root = root;
  }

  /** The open folder with this key (empty, or ending in `/`). Throws the system's error when a part is no folder. */
  at(key: string): Folder {
    let top = this.open.at(-1);
    while (top !== undefined && !key.startsWith(top.key)) {
      closeFolder(top.folder);
      this.open.pop();
      top = this.open.at(-1);
    }
    let from = top === undefined ? 0 : top.key.length;
    let folder = top === undefined ? this.root : top.folder;
    while (from < key.length) {
      const slash = key.indexOf('/', from);
      folder = openChildFolder(folder, key.slice(from, slash));
      from = slash + 1;
      this.open.push({ key: key.slice(0, from), folder });
    }
    return folder;
  }

  /** Closes everything below the root and, with it, the root. */
  close(): void {
    this.forget();
    closeFolder(this.root);
  }

  /** Closes everything below the root. */
  forget(): void {
    for (const { folder } of this.open.splice(0)) closeFolder(folder);
  }
}

/** Splits a key into the key of its folder and its name without a trailing `/`. */
export function splitKey(key: string): { parent: string; name: string } {
  const end = key.endsWith('/') ? key.length - 1 : key.length;
  const slash = key.lastIndexOf('/', end - 1);
  return { parent: key.slice(0, slash + 1), name: key.slice(slash + 1, end) };
}

/** An empty, `.` or `..` segment, a leading `/`, or NUL. */
const suspicious = /^\/|\0|(?:^|\/)(?:\.{1,2}(?:\/|$)|\/)/;

/** Why a key can never name something below a root, or undefined when it can. */
export function keyProblem(key: string): string | undefined {
  if (!suspicious.test(key)) return undefined;
  if (key.includes('\0')) return 'it contains a NUL byte';
  if (key.startsWith('/')) return 'it is absolute';
  const end = key.endsWith('/') ? key.length - 1 : key.length;
  for (const name of key.slice(0, end).split('/')) {
    if (name === '') return 'it has an empty segment';
    if (name === '.' || name === '..') return `it contains "${name}"`;
  }
  return undefined;
}
