import fs from 'node:fs';
import fsPromises from 'node:fs/promises';

/** What a call throws that never happened because the process was killed before it. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Calls that change what is on disk, or make it durable. Closing is left out: a dying process closes everything. */
const changing = [
  'copyFile',
  'fdatasync',
  'fsync',
  'ftruncate',
  'link',
  'mkdir',
  'open',
  'rename',
  'rm',
  'rmdir',
  'truncate',
  'unlink',
  'write',
  'writeFile',
  'writev',
];
const ofHandles = ['datasync', 'sync', 'truncate', 'write', 'writeFile', 'writev'];

type Methods = Record<string, unknown>;

/**
 * Runs work in a process that "is killed" at its n-th change: the n-th call does not happen (of a write, only half does),
 * and neither does any call after it, in clean-up code or elsewhere. Then the disk is as a SIGKILL would have left it.
 *
 * @returns whether the kill happened, that is, whether the work made n changes at all
 */
export async function killedAt(n: number, work: () => unknown): Promise<boolean> {
  const handle = await fsPromises.open('/dev/null');
  const handleMethods = Object.getPrototypeOf(handle) as Methods;
  await handle.close();
  let calls = 0;
  const restores: (() => void)[] = [];
  const guard = (target: Methods, name: string): void => {
    const original = target[name];
    if (typeof original !== 'function') return;
    target[name] = function (this: unknown, ...args: unknown[]) {
      calls++;
      if (calls < n) return Reflect.apply(original, this, args);
      if (calls === n && name.startsWith('write') && Buffer.isBuffer(args[1]) && typeof args[0] === 'number') {
        Reflect.apply(original, this, [args[0], args[1].subarray(0, args[1].length / 2), 0, args[1].length >> 1]);
      }
      throw new Killed(`killed at change ${n} (${name})`);
    };
    restores.push(() => {
      target[name] = original;
    });
  };
  for (const name of changing) {
    guard(fs as unknown as Methods, `${name}Sync`);
    guard(fsPromises as unknown as Methods, name);
  }
  for (const name of ofHandles) guard(handleMethods, name);
  try {
    await work();
  } catch (error) {
    if (calls < n) throw error;
  } finally {
    for (const restore of restores) restore();
  }
  return calls >= n;
}
