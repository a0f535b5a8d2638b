import { mkdirSync } from 'node:fs';
import { ConflictError, NotFoundError, TenureError, UnavailableError } from '../../domain/errors.ts';
import { type Folder, FolderChain, splitKey, toBytes } from './directory-folders.ts';
import { errorCode } from './directory-libc.ts';
import { makeFolderWritable } from './directory-pinned.ts';
import { removePath } from './directory-remove.ts';
import { statAt } from './directory-stat.ts';
import { reasonOf } from './directory-walk.ts';

/** Makes places below the target's root, replacing what is in the way only with `force`. Keys are Latin-1 text. */
export class RestorePlaces {
  readonly root: Folder;
  private readonly chain: FolderChain;
  /** A hard link needs two folders at a time. */
  private readonly others: FolderChain;
  private readonly force: boolean;
  private readonly isRoot = process.geteuid?.() === 0;

  constructor(root: Folder, force: boolean) {
    this.root = root;
    this.chain = new FolderChain(root);
    this.others = new FolderChain(root);
    this.force = force;
  }

  /** The open folder under a key that exists. */
  folder(key: string): Folder {
    try {
      return this.chain.at(key);
    } catch (error) {
      throw restoreError(key, error);
    }
  }

  /** Path of a file that was restored before, through its open folder. */
  existing(key: string): Buffer {
    const { parent, name } = splitKey(key);
    try {
      return toBytes(this.others.at(parent).base + name);
    } catch (error) {
      throw restoreError(key, error);
    }
  }

  /** Makes a folder, and the folders above that are missing, for the time being with mode 0700. */
  makeFolder(key: string): Folder {
    if (key === '') return this.chain.root;
    try {
      return this.writable(this.chain.at(key));
    } catch (error) {
      if (!isMissing(error)) throw restoreError(key, error);
    }
    const { parent, name } = splitKey(key);
    const above = this.makeFolder(parent);
    this.make(key, above, name, (path) => mkdirSync(path, { mode: 0o700 }));
    return this.folder(key);
  }

  /** Creates something that is no folder; `make` gets its path and must fail with EEXIST when something is there. */
  create<T>(key: string, make: (path: Buffer) => T): T {
    const { parent, name } = splitKey(key);
    return this.make(key, this.makeFolder(parent), name, make);
  }

  /** Opens a file that an earlier target has begun. */
  reopen<T>(key: string, open: (path: Buffer) => T): T {
    const { parent, name } = splitKey(key);
    try {
      return open(toBytes(this.makeFolder(parent).base + name));
    } catch (error) {
      throw restoreError(key, error);
    }
  }

  close(): void {
    this.others.forget();
    this.chain.close();
  }

  /** A folder that was there before may forbid writing to its owner; its own mode comes back when it is finished. */
  private writable(folder: Folder): Folder {
    if (!this.isRoot) makeFolderWritable(folder.fd);
    return folder;
  }

  private make<T>(key: string, folder: Folder, name: string, make: (path: Buffer) => T): T {
    const path = toBytes(folder.base + name);
    try {
      try {
        return make(path);
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
        if (!this.force) throw inTheWay(key, statAt(folder, name).kind);
        // A folder that goes may be held open by the chains.
        this.others.forget();
        removePath(folder, name);
        return make(path);
      }
    } catch (error) {
      throw restoreError(key, error);
    }
  }
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '');

const inTheWay = (key: string, kind: string): ConflictError =>
  new ConflictError(`"${toBytes(key)}" cannot be restored: a ${kind} is there already.`, {
    hint: 'Restore into an empty folder, or use --force to replace what is in the way.',
    details: { key },
  });

/** A system error during a restore as one of ours; our own pass through. */
export function restoreError(key: string, error: unknown): Error {
  if (error instanceof TenureError) return error;
  const what = key === '' ? 'The target folder' : `"${toBytes(key)}"`;
  if (isMissing(error)) {
    return new NotFoundError(`${what} is not in the target any more, or something else is there.`, {
      hint: 'Somebody changed the target while it was written; restore again.',
      cause: error,
      details: { key },
    });
  }
  return new UnavailableError(`${what} cannot be written: ${reasonOf(error)}.`, {
    hint: 'Look at the space, the permissions and the health of the target.',
    cause: error,
    details: { key },
  });
}
