import fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { CorruptError } from '../../domain/errors.ts';
import { faultCode } from './fs-faults.ts';

/**
 * Makes the names in a folder durable.
 *
 * @throws the foreign error, ENOENT among them
 */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Folders below one root, made durably and pruned when they are empty. */
export interface Folders {
  /** Makes a folder and everything above it, so that it survives a crash. */
  ensure(folder: string): Promise<void>;
  /** Refuses a folder that is reached through a link. An absent one passes. @throws CorruptError */
  assertInside(folder: string): Promise<void>;
  /** Removes a folder and what is above it as long as they are empty, durably. */
  prune(folder: string): Promise<void>;
}

/** @param root real path of a folder that exists */
export function foldersBelow(root: string): Folders {
  /** Known to be durable and no links. Only this process's knowledge: another may prune, then `link` fails with ENOENT and `ensure` runs again. */
  const durable = new Set<string>([root]);
  const assertInside = async (folder: string): Promise<void> => {
    try {
      if ((await fs.realpath(folder)) === folder) return;
    } catch (error) {
      if (faultCode(error) === 'ENOENT' || faultCode(error) === 'ENOTDIR') return;
      throw error;
    }
    throw new CorruptError(`${folder} is reached through a link; a store never follows links out of its root`, {
      hint: 'Put the folder itself in the place of the link.',
    });
  };
  const ensure = async (folder: string): Promise<void> => {
    if (durable.has(folder)) {
      if (await exists(folder)) return;
      for (const known of durable) if (known === folder || known.startsWith(`${folder}/`)) durable.delete(known);
    }
    const parent = dirname(folder);
    if (folder !== root) await ensure(parent);
    try {
      await fs.mkdir(folder, { mode: 0o700 });
    } catch (error) {
      if (faultCode(error) === 'ENOENT') return ensure(folder); // pruned again above us
      if (faultCode(error) !== 'EEXIST') throw error;
    }
    await assertInside(folder);
    // Also when it existed: whoever made it may have been killed before this.
    await syncFolder(parent);
    durable.add(folder);
  };
  const prune = async (folder: string): Promise<void> => {
    if (folder === root || !folder.startsWith(`${root}/`)) return;
    durable.delete(folder);
    try {
      await fs.rmdir(folder);
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(faultCode(error) ?? '')) return;
      if (faultCode(error) !== 'ENOENT') throw error;
    }
    const parent = dirname(folder);
    if (await exists(parent)) await syncFolder(parent).catch(ignoreAbsence);
    return prune(parent);
  };
  return { ensure, assertInside, prune };
}

async function exists(path: string): Promise<boolean> {
  try {
    await fs.lstat(path);
    return true;
  } catch (error) {
    if (faultCode(error) === 'ENOENT' || faultCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function ignoreAbsence(error: unknown): void {
  if (faultCode(error) !== 'ENOENT') throw error;
}
