import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { faultCode } from './fs-faults.ts';

/** A temporary file is written within seconds; one that nobody touched this long belongs to nobody. */
const abandonedAfterMs = 3_600_000;

/** Process ids mean something on one boot of one machine, in one namespace of processes. */
const machine = createHash('sha256')
  .update(`${hostname()}\n${readQuietly('/proc/sys/kernel/random/boot_id')}\n${linkQuietly('/proc/self/ns/pid')}`)
  .digest('hex')
  .slice(0, 12);

/** A fresh name for a temporary file that says whose it is: `<machine>-<process>-<random>`. */
export function tempName(): string {
  return `${machine}-${process.pid}-${randomBytes(8).toString('hex')}`;
}

/**
 * Removes what killed processes left in a folder of temporary files: files of processes of this machine that are gone, and
 * any file untouched for an hour. Losing a race does no harm: the loser of its temporary file fails, and tries again.
 */
export function clearAbandonedTemps(folder: string): void {
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch (error) {
    if (faultCode(error) === 'ENOENT') return;
    throw error;
  }
  for (const name of names) {
    const path = join(folder, name);
    if (!isAbandoned(name, path)) continue;
    try {
      fs.unlinkSync(path);
    } catch (error) {
      if (faultCode(error) !== 'ENOENT') throw error;
    }
  }
}

function isAbandoned(name: string, path: string): boolean {
  const [, owner, pid] = /^([0-9a-f]{12})-(\d+)-/.exec(name) ?? [];
  if (owner === machine && pid !== undefined && !isAlive(Number(pid))) return true;
  const touched = fs.lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return touched !== undefined && Date.now() - touched > abandonedAfterMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return faultCode(error) !== 'ESRCH';
  }
}

function readQuietly(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkQuietly(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    return '';
  }
}
