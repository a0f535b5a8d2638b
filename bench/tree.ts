import { spawnSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 1024 * 1024;

/** Files of random bytes, together 1 GiB (1.07 GB): how many of which size. */
const sizes: [count: number, bytes: number][] = [
  [4, 128 * MIB],
  [16, 16 * MIB],
  [128, MIB],
  [512, MIB / 8],
  [2048, MIB / 32],
];

/**
 * Makes the tree that is backed up: files of random bytes, the same in each run, and a copy of /usr/share where there is
 * one. Or a copy of `data` alone.
 */
export function makeTree(dir: string, data?: string): void {
  mkdirSync(dir, { recursive: true });
  if (data !== undefined) {
    copy(data, join(dir, 'data'));
    return;
  }
  const noise = createCipheriv('aes-256-ctr', Buffer.alloc(32, 7), Buffer.alloc(16));
  const zeros = Buffer.alloc(MIB);
  for (const [count, bytes] of sizes) {
    const folder = join(dir, 'random', `${bytes}`);
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < count; i++) {
      const fd = openSync(join(folder, `${i}`), 'wx');
      for (let left = bytes; left > 0; left -= MIB) writeSync(fd, noise.update(zeros.subarray(0, Math.min(left, MIB))));
      closeSync(fd);
    }
  }
  if (existsSync('/usr/share')) copy('/usr/share', join(dir, 'share'));
}

function copy(from: string, to: string): void {
  // Not `cp -a`: extended attributes are not what is compared here.
  const { status, stderr } = spawnSync('cp', ['-dR', '--preserve=mode,timestamps,links', from, to], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${from} cannot be copied: ${stderr}`);
}

/** Files below a folder and their bytes; each name of a file counts. */
export function sizeOf(dir: string): { files: number; bytes: number } {
  const sum = { files: 0, bytes: 0 };
  for (const { name, parentPath } of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    const stat = lstatSync(join(parentPath, name));
    if (!stat.isFile()) continue;
    sum.files += 1;
    sum.bytes += stat.size;
  }
  return sum;
}
