import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { directorySourceDriver } from '../../src/adapters/embedded/directory-source-driver.ts';
import type { SourceFixture } from '../contracts/source-driver.ts';

/** A folder of the test's own, gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-directory-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A directory source in `<temporary folder>/source`. */
export async function directoryFixture(): Promise<SourceFixture & { root: string; outside: string }> {
  const outside = temporaryFolder();
  const root = join(outside, 'source');
  mkdirSync(root);
  return {
    root,
    outside,
    driver: directorySourceDriver(root),
    write: async (key, content) => {
      mkdirSync(dirname(join(root, key)), { recursive: true });
      writeFileSync(join(root, key), content);
    },
    content: async (key) => {
      try {
        return readFileSync(join(root, key));
      } catch {
        return undefined;
      }
    },
    destroy: async () => rmSync(root, { recursive: true }),
  };
}

/** Everything that makes up a tree, by path (Latin-1), for comparing two of them. Ids of inodes become group numbers. */
export function treeOf(root: string): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  const groups = new Map<bigint, number>();
  const visit = (path: Buffer, key: string): void => {
    const stat = lstatSync(path, { bigint: true });
    const group = stat.isFile() && stat.nlink > 1n ? (groups.get(stat.ino) ?? groups.size) : undefined;
    if (group !== undefined) groups.set(stat.ino, group);
    tree[key] = {
      mode: stat.mode.toString(8),
      owner: `${stat.uid}:${stat.gid}`,
      mtimeNs: stat.mtimeNs,
      group,
      content: stat.isFile() ? readFileSync(path).toString('base64') : undefined,
      target: stat.isSymbolicLink() ? readlinkSync(path, { encoding: 'latin1' }) : undefined,
    };
    if (!stat.isDirectory()) return;
    for (const name of readdirSync(path, { encoding: 'latin1' })) {
      visit(Buffer.concat([path, Buffer.from(`/${name}`, 'latin1')]), `${key}/${name}`);
    }
  };
  visit(Buffer.from(root), '');
  return tree;
}

/** Runs a tool of the machine that Node has no call for; tells its status (0 is success), undefined without the tool. */
export const tool = (command: string, ...args: string[]): number | null => spawnSync(command, args).status;
