import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidError, UnavailableError } from '../../domain/errors.ts';
import type { RestoreTarget, SourceDriver } from '../../ports/source-driver.ts';
import { directoryRestoreTarget } from './directory-restore-target.ts';
import { directorySourceDriver } from './directory-source-driver.ts';

/** Folders in which copies are restored to be compared and thrown away. */
export interface FsScratch {
  target(name: string): Promise<RestoreTarget>;
  reader(name: string): SourceDriver;
  path(name: string): string;
  remove(name: string): Promise<void>;
  list(): Promise<string[]>;
}

/** Scratch folders below `root` (0700), which is made when it is missing. They need not survive a crash, so nothing is synced. */
export function fsScratch(root: string): FsScratch {
  const pathOf = (name: string): string => {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/.test(name))
      throw new InvalidError(`"${name}" cannot name a scratch folder`);
    return join(root, name);
  };
  return {
    path: pathOf,
    async target(name) {
      await mkdir(root, { recursive: true, mode: 0o700 });
      return await directoryRestoreTarget(pathOf(name), { force: true, durable: false });
    },
    reader: (name) => directorySourceDriver(pathOf(name)),
    async remove(name) {
      const path = pathOf(name);
      try {
        removeTree(Buffer.from(path));
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code;
        if (code === 'ENOENT') return;
        throw new UnavailableError(`the scratch folder ${path} cannot be removed: ${code}`, {
          hint: 'It holds customer data in the clear: remove it by hand.',
          cause,
        });
      }
    },
    async list() {
      try {
        return (await readdir(root)).sort();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
  };
}

const slash = Buffer.from('/');

/** Removes a tree whose names may be any bytes and whose folders may carry restored modes without write permission. */
function removeTree(path: Buffer): void {
  if (!lstatSync(path).isDirectory()) {
    unlinkSync(path);
    return;
  }
  chmodSync(path, 0o700);
  for (const name of readdirSync(path, { encoding: 'buffer' })) removeTree(Buffer.concat([path, slash, name]));
  rmdirSync(path);
}
