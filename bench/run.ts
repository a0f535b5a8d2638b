import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Program, restic, resticVersion, tenure } from './programs.ts';
import { type Round, runRound, type Work, works } from './round.ts';
import { table } from './table.ts';
import { makeTree, sizeOf } from './tree.ts';

const usage = `npm run bench -- [--rounds N] [--disk DIR] [--data DIR] [--only WORK]...

Measures Tenure and restic one after the other on the same tree. Nothing is asserted: the figures are printed.
  --rounds N   how often (default 3); the first one to go changes from round to round
  --disk DIR   work in a folder of a disk (default: /dev/shm, where there is one)
  --data DIR   back up a copy of this folder instead of the tree of 1.07 GB of random bytes and /usr/share
  --only WORK  ${works.join(', ')}; the first backup is always measured`;

/** A file that changed within two seconds of being read is read again next time; this lets the fresh tree settle. */
const settleMs = 2500;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    disk: { type: 'string' },
    data: { type: 'string' },
    only: { type: 'string', multiple: true, default: [...works] },
    help: { type: 'boolean', default: false },
  },
});

const rounds = Number(values.rounds);
const unknown = values.only.find((work) => !works.some((known) => known === work));
if (values.help || unknown !== undefined || !Number.isInteger(rounds) || rounds < 1) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const base = values.disk ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
const place = mkdtempSync(join(resolve(base), 'tenure-bench-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    rmSync(place, { recursive: true, force: true });
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}
try {
  await bench();
} finally {
  rmSync(place, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const tree = join(place, 'tree');
  makeTree(tree, values.data);
  const { files, bytes } = sizeOf(tree);
  const version = resticVersion();
  console.log(
    `${files} files, ${(bytes / 1e9).toFixed(2)} GB in ${base}; ${cpus().length} processors, Node ${process.version}`,
  );
  console.log(version ?? 'restic is not installed: Tenure is measured alone, there is nothing to compare with');
  await setTimeout(settleMs);
  const only = new Set<Work>(['first backup', ...works.filter((work) => values.only.includes(work))]);
  const programs: Program[] = version === undefined ? [tenure] : [tenure, restic];
  const results = new Map<Program, Round[]>(programs.map((program) => [program, []]));
  for (let i = 0; i < rounds; i++) {
    for (const program of i % 2 === 0 ? programs : programs.toReversed()) {
      const round = await runRound(program, join(place, program.name), tree, only);
      results.get(program)?.push(round);
      const parts = [...round.costs].map(([work, { seconds }]) => `${work} ${seconds.toFixed(2)} s`);
      console.error(`round ${i + 1}, ${program.name}: ${parts.join(', ')}`);
    }
  }
  console.log(table([...only], results.get(tenure) ?? [], results.get(restic) ?? []));
}
