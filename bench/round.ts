import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandLine, type Cost, measure } from './child.ts';
import type { Program } from './programs.ts';
import { sizeOf } from './tree.ts';

/** What is measured, in the order in which it is done. */
export const works = ['first backup', 'second backup', 'restore', 'verify', 'command start', 'list'] as const;
export type Work = (typeof works)[number];

/** One round of one program. */
export interface Round {
  costs: Map<Work, Cost>;
  storedBytes: number;
}

/** Works that are too short for one look. */
const repeated = 5;

/** One whole round of a program in a fresh place, which is removed afterwards. `only` leaves out the other works. */
export async function runRound(program: Program, place: string, tree: string, only: ReadonlySet<Work>): Promise<Round> {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const costs = new Map<Work, Cost>();
  const timed = async (work: Work, line: CommandLine, times = 1): Promise<void> => {
    if (!only.has(work)) return;
    // What is still on its way to a disk belongs to whoever wrote it.
    spawnSync('sync');
    const all: Cost[] = [];
    for (let i = 0; i < times; i++) all.push(await measure(line));
    all.sort((a, b) => a.seconds - b.seconds);
    const middle = all[all.length >> 1];
    if (middle) costs.set(work, middle);
  };
  try {
    for (const line of program.setUp(place, tree)) await measure(line);
    spawnSync('sync');
    costs.set('first backup', await measure(program.backUp(place, tree)));
    const storedBytes = sizeOf(program.store(place)).bytes;
    await timed('second backup', program.backUp(place, tree));
    await timed('restore', program.restore(place, join(place, 'restored')));
    await timed('verify', program.verify(place));
    await timed('command start', program.start(), repeated);
    await timed('list', program.list(place), repeated);
    return { costs, storedBytes };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
