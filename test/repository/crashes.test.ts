import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listSnapshots } from '../../src/repository/chain.ts';
import { commitBackup } from '../../src/repository/commit.ts';
import { beginBackup } from '../../src/repository/intent.ts';
import { clearLeftovers } from '../../src/repository/leftovers.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { selects } from '../../src/repository/selection.ts';
import { eraseSubject } from '../../src/repository/subject-erasure.ts';
import { copyAll, expire, memoryRepository } from './engine.ts';
import { Crash, mortal } from './faults.ts';
import { assertRestores, assertTidy, change, contentsOf, type Expected, noteNew } from './life.ts';
import { memorySource } from './memory-source.ts';

const limits = { part: { entries: 9, chunks: 40, text: 4000 }, packBytes: 20_000 };

/** By a number: in one go, in legs whose time is always up, in shards of a few parts, or in both. */
function cutsOf(pick: number) {
  const [inLegs, inShards, size] = [pick % 2 === 1, pick % 3 !== 0, 1 + (pick % 4)];
  return {
    limits: { ...limits, overtimeEntries: size * 5 },
    ...(inLegs && { timeLeft: () => 0 }),
    ...(inShards && { plan: { partsInShard: size } }),
  };
}

type Step =
  | { do: 'change'; seeds: number[] }
  | {
      do: 'backup' | 'expire' | 'erase' | 'clear';
      pick: number;
      dieAt?: number | undefined;
      after: boolean;
      again: boolean;
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      seeds: fc.array(fc.nat(5000), { minLength: 1, maxLength: 25 }),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constantFrom('backup' as const, 'backup' as const, 'expire' as const, 'erase' as const, 'clear' as const),
      pick: fc.nat(1000),
      dieAt: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
      after: fc.boolean(),
      again: fc.boolean(),
    }),
  },
);

/** Runs as a process that may die; a later process finds its holder dead. */
async function asProcess(
  repo: Repository,
  id: string,
  { dieAt, after }: { dieAt?: number | undefined; after: boolean },
  act: (repo: Repository) => Promise<void>,
): Promise<boolean> {
  const process = { ...repo, holder: id, holderAlive: (holder: string) => holder === id };
  try {
    await act(dieAt === undefined ? process : mortal(process, dieAt, after));
    return true;
  } catch (error) {
    if (error instanceof Crash || (error instanceof Error && /SourceFault/.test(error.name))) return false;
    throw error;
  }
}

test('whatever happens and whenever a process dies, live snapshots restore exactly and the rest goes', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), async (steps) => {
      const repo = await memoryRepository();
      const source = memorySource();
      const expected: Expected = new Map();
      let processes = 0;
      for (const [number, now] of steps.entries()) {
        if (now.do === 'change') {
          for (const seed of now.seeds) change(source, seed);
          continue;
        }
        const contents = contentsOf(source);
        const live = await listSnapshots(repo);
        const run = `run-${number}`;
        const tries = now.again ? 2 : 1;
        for (let tried = 0; tried < tries; tried++) {
          const die = tried === 0 ? now : { after: false };
          const done = await asProcess(repo, `process-${processes++}`, die, async (mine) => {
            if (now.do === 'backup') {
              const begun = await beginBackup(mine, {
                tenant: 'acme',
                source: 'files',
                cadence: 'daily',
                planDigest: 'p',
                run,
                takenAt: mine.clock.now(),
              });
              if (begun.outcome === 'busy') throw new Error(`busy: ${begun.heldBy}`);
              await copyAll(mine, begun.intent, source.driver, cutsOf(now.pick));
              await commitBackup(mine, begun.intent, {});
            } else if (now.do === 'expire') {
              const ids = live
                .filter(({ seq }) => ((seq * 2654435761 + now.pick * 40503) >>> 7) % 3 === 0)
                .map(({ id }) => id);
              await expire(mine, ids);
            } else if (now.do === 'erase') {
              // A pending expiry has to be finished first, as its answer says.
              await expire(mine, []);
            } else await clearLeftovers(mine, 'acme', 'files');
          });
          await noteNew(repo, expected, contents);
          if (done) break;
        }
        if (now.do === 'erase') {
          const selection = [
            Buffer.from(now.pick % 4 === 0 ? `d${now.pick % 3}/` : `d${now.pick % 3}/f${(now.pick * 7) % 23}`),
          ];
          const chosen = selects(selection);
          await asProcess(repo, `process-${processes++}`, { after: false }, async (mine) => await expire(mine, []));
          await noteNew(repo, expected, contents);
          for (const die of [now, { after: false }]) {
            await asProcess(repo, `process-${processes++}`, die, async (mine) => {
              expect(await eraseSubject(mine, 'acme', 'files', selection, { run })).toMatchObject({
                outcome: 'erased',
              });
            });
          }
          for (const [id, before] of expected) {
            expected.set(id, new Map([...before].filter(([key]) => !chosen(Buffer.from(key, 'latin1')))));
          }
        }
        await assertRestores({ ...repo, holder: 'reader', holderAlive: (holder) => holder === 'reader' }, expected);
      }
      const last = { ...repo, holder: 'last', holderAlive: (holder: string) => holder === 'last' };
      // An intent of a dead process is only found by the next one that begins.
      await asProcess(repo, 'last', { after: false }, async (mine) => {
        const begun = await beginBackup(mine, {
          tenant: 'acme',
          source: 'files',
          cadence: 'daily',
          planDigest: 'p',
          run: 'the last',
          takenAt: mine.clock.now(),
        });
        if (begun.outcome === 'busy') throw new Error(begun.heldBy);
        await copyAll(mine, begun.intent, source.driver, { limits });
        await commitBackup(mine, begun.intent, {});
      });
      await noteNew(repo, expected, contentsOf(source));
      await assertTidy(last);
      await assertRestores(last, expected);
    }),
    { numRuns: Number(process.env.TENURE_CRASH_RUNS ?? 60) },
  );
});
