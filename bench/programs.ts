import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { CommandLine } from './child.ts';

/** A program under measurement: what it is called with, for each kind of work. */
export interface Program {
  name: string;
  /** Where it keeps what it stores, for its size. */
  store(place: string): string;
  /** Makes an empty repository for a tree. */
  setUp(place: string, tree: string): CommandLine[];
  backUp(place: string, tree: string): CommandLine;
  restore(place: string, to: string): CommandLine;
  verify(place: string): CommandLine;
  start(): CommandLine;
  list(place: string): CommandLine;
}

const launcher = join(import.meta.dirname, '../bin/tenure.js');

/** The real command line in a real home: SQLite, key files, fsync. */
export const tenure: Program = {
  name: 'tenure',
  store: (place) => join(place, 'home'),
  setUp: (place, tree) => [
    inHome(place, ['init', '--company', 'Bench', '--operator-name', 'Bench', '--operator-email', 'bench@example.org']),
    inHome(place, ['tenant', 'add', 'bench', '--name', 'Bench', '--email', 'bench@example.org']),
    inHome(place, ['source', 'add', 'bench', 'tree', '--directory', tree]),
  ],
  backUp: (place) => inHome(place, ['run', 'backup']),
  restore: (place, to) => inHome(place, ['restore', 'latest', '--tenant', 'bench', '--source', 'tree', '--to', to]),
  verify: (place) => inHome(place, ['check', '--read-data']),
  start: () => ({ command: process.execPath, args: [launcher, '--version'] }),
  list: (place) => inHome(place, ['snapshots']),
};

function inHome(place: string, args: string[]): CommandLine {
  return { command: process.execPath, args: [launcher, ...args], env: { TENURE_HOME: join(place, 'home') } };
}

/** Its defaults; the cache lies beside the repository, so that a round begins without it and leaves nothing behind. */
export const restic: Program = {
  name: 'restic',
  store: (place) => join(place, 'repository'),
  setUp: (place) => [inRepository(place, ['init'])],
  backUp: (place, tree) => inRepository(place, ['backup', tree]),
  restore: (place, to) => inRepository(place, ['restore', 'latest', '--target', to]),
  verify: (place) => inRepository(place, ['check', '--read-data']),
  start: () => ({ command: 'restic', args: ['version'] }),
  list: (place) => inRepository(place, ['snapshots']),
};

function inRepository(place: string, args: string[]): CommandLine {
  const env = { RESTIC_PASSWORD: 'bench', RESTIC_REPOSITORY: join(place, 'repository') };
  return { command: 'restic', args: [...args, '--cache-dir', join(place, 'cache')], env };
}

/** First line of `restic version`, or undefined where it is not installed. */
export function resticVersion(): string | undefined {
  const { status, stdout } = spawnSync('restic', ['version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}
