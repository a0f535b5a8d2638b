import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConflictError, NotFoundError } from '../../src/domain/errors.ts';
import { backUpShard } from '../../src/repository/backup.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { commitBackup } from '../../src/repository/commit.ts';
import { condemnSnapshots } from '../../src/repository/condemn.ts';
import { deleteCondemnedObjects, destroyCondemnedKeys, finishCondemned } from '../../src/repository/condemned.ts';
import { abortBackup, beginBackup, openIntent } from '../../src/repository/intent.ts';
import { clearLeftovers } from '../../src/repository/leftovers.ts';
import { releasePin, takePin } from '../../src/repository/pins.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { selects } from '../../src/repository/selection.ts';
import { eraseSubject } from '../../src/repository/subject-erasure.ts';
import { backUp, copyAll, memoryRepository, restored } from './engine.ts';
import { jittery } from './faults.ts';
import { assertRestores, assertTidy, change, contentsOf, type Expected, noteNew } from './life.ts';
import { memorySource } from './memory-source.ts';

const limits = { part: { entries: 9, chunks: 40, text: 4000 }, packBytes: 20_000 };
const chosen = [Buffer.from('d1/')];

/** What may come of an operation beside another; anything else is a fault. */
type Outcome = 'done' | 'busy' | 'aborted' | 'gone';

async function outcomeOf(act: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ConflictError) return 'aborted';
    if (error instanceof NotFoundError) return 'gone';
    throw error;
  }
}

test('operations at once: each is done, waits or gives way, and nothing is damaged', { timeout: 240_000 }, async () => {
  const kinds = fc.constantFrom('backup', 'expire', 'erase', 'restore', 'clear', 'same-backup' as const);
  await fc.assert(
    fc.asyncProperty(fc.array(kinds, { minLength: 2, maxLength: 4 }), fc.nat(1_000_000), async (acts, seed) => {
      const repo = await memoryRepository();
      const source = memorySource();
      const expected: Expected = new Map();
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 40; i++) change(source, seed + round * 1000 + i * 13);
        const { snapshot } = await backUp(repo, source.driver, { limits });
        expected.set(snapshot.id, contentsOf(source));
      }
      change(source, seed + 4711);
      const contents = contentsOf(source);
      const ids = [...expected.keys()].filter((_, at) => (seed >> at) % 2 === 0);
      let state = seed + 1;
      const random = (): number => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return state / 2147483648;
      };
      const before = new Map(expected);
      const live = await listSnapshots(repo);
      let erased = false;
      await Promise.all(
        acts.map(async (kind, number) => {
          const mine: Repository = { ...jittery(repo, random), holder: `p${number}`, holderAlive: () => true };
          return await outcomeOf(async () => {
            if (kind === 'backup' || kind === 'same-backup') {
              const run = kind === 'backup' ? `run-x${number}` : 'run-same';
              const begun = await beginBackup(mine, {
                tenant: 'acme',
                source: 'files',
                cadence: 'daily',
                planDigest: 'p',
                run,
                takenAt: mine.clock.now(),
              });
              if (begun.outcome === 'busy') return 'busy';
              // Twins of the same backup plan and cut at the same time, each by its own clock.
              const inLegs = number % 2 === 1 && { timeLeft: () => 0 };
              await copyAll(mine, begun.intent, source.driver, {
                limits: { ...limits, overtimeEntries: 3 + (seed % 20) },
                plan: { partsInShard: 1 + (seed % 3) },
                ...inLegs,
              });
              await commitBackup(mine, begun.intent, {});
            } else if (kind === 'expire') {
              const condemned = await condemnSnapshots(mine, 'acme', 'files', ids, { reason: 'test' });
              if (condemned.outcome === 'busy') return 'busy';
              await destroyCondemnedKeys(mine, 'acme', 'files');
              await deleteCondemnedObjects(mine, 'acme', 'files');
              await finishCondemned(mine, 'acme', 'files');
            } else if (kind === 'erase') {
              const done = await eraseSubject(mine, 'acme', 'files', chosen, { run: `erase-${number}` });
              if (done.outcome === 'busy') return 'busy';
              erased = true;
            } else if (kind === 'clear') await clearLeftovers(mine, 'acme', 'files');
            else {
              for (const snapshot of live) {
                const whole = before.get(snapshot.id);
                const got = await restored(mine, snapshot);
                const rest = new Map(
                  [...(whole ?? [])].filter(([key]) => !selects(chosen)(Buffer.from(key, 'latin1'))),
                );
                expect([whole, rest]).toContainEqual(got);
              }
            }
            return 'done';
          });
        }),
      );
      if (erased) {
        for (const [id, all] of expected) {
          expected.set(id, new Map([...all].filter(([key]) => !selects(chosen)(Buffer.from(key, 'latin1')))));
        }
      }
      const now = await listSnapshots(repo);
      const fresh = now.filter(({ id }) => !expected.has(id));
      for (const snapshot of fresh) {
        const rest = new Map([...contents].filter(([key]) => !selects(chosen)(Buffer.from(key, 'latin1'))));
        const got = await restored(repo, snapshot);
        expect(erased ? [contents, rest] : [contents]).toContainEqual(got);
        expected.set(snapshot.id, got);
      }
      await noteNew(repo, expected, contents);
      await assertRestores(repo, expected);
      const { snapshot } = await backUp({ ...repo, holderAlive: (holder) => holder === 'test-1' }, source.driver, {
        limits,
      });
      expected.set(snapshot.id, contents);
      await assertTidy(repo);
      await assertRestores(repo, expected);
    }),
    { numRuns: Number(process.env.TENURE_TOGETHER_RUNS ?? 60) },
  );
});

test('an expiry of what is being read waits, and a restore of what is condemned is refused', async () => {
  const repo = await memoryRepository();
  const source = memorySource();
  source.file('a', 'x');
  const { snapshot } = await backUp(repo, source.driver);
  const pin = await takePin(repo, snapshot);
  expect(await condemnSnapshots(repo, 'acme', 'files', [snapshot.id], { reason: 'r' })).toMatchObject({
    outcome: 'busy',
  });
  expect(await eraseSubject(repo, 'acme', 'files', [Buffer.from('a')], { run: 'e' })).toMatchObject({
    outcome: 'busy',
  });
  await releasePin(repo, pin);
  expect(await condemnSnapshots(repo, 'acme', 'files', [snapshot.id], { reason: 'r' })).toMatchObject({
    outcome: 'condemned',
  });
  await expect(takePin(repo, snapshot)).rejects.toThrow(NotFoundError);
});

test('an expiry of the parent of a running backup waits, and aborts that of a dead process', async () => {
  const repo = await memoryRepository();
  const source = memorySource();
  source.file('a', 'x');
  const { snapshot } = await backUp(repo, source.driver);
  const request = {
    tenant: 'acme',
    source: 'files',
    cadence: 'daily',
    planDigest: 'p',
    takenAt: repo.clock.now(),
  } as const;
  const begun = await beginBackup(repo, { ...request, run: 'r1' });
  if (begun.outcome === 'busy') throw new Error('busy');
  expect(await beginBackup(repo, { ...request, run: 'r2' })).toMatchObject({ outcome: 'busy' });
  expect(await condemnSnapshots(repo, 'acme', 'files', [snapshot.id], { reason: 'r' })).toMatchObject({
    outcome: 'busy',
  });
  await backUpShard(repo, begun.intent, source.driver);
  const later = { ...repo, holderAlive: () => false };
  expect(await condemnSnapshots(later, 'acme', 'files', [snapshot.id], { reason: 'r' })).toMatchObject({
    ids: [snapshot.id],
  });
  await expect(commitBackup(repo, begun.intent, {})).rejects.toThrow(ConflictError);
});

test('a pin that was decided before a condemnation or an erasure began is not written after it', async () => {
  const repo = await memoryRepository();
  const source = memorySource();
  source.file('a', 'x');
  const { snapshot } = await backUp(repo, source.driver);
  /** The same repository, where something comes between a pin's reading and its writing. */
  const interrupted = (between: () => Promise<unknown>): Repository => {
    let waiting = true;
    const transact: Repository['table']['transact'] = async (writes) => {
      if (waiting) {
        waiting = false;
        await between();
      }
      await repo.table.transact(writes);
    };
    return { ...repo, table: { ...repo.table, transact } };
  };
  const erasure = {
    tenant: 'acme',
    source: 'files',
    cadence: 'manual',
    planDigest: '',
    takenAt: repo.clock.now(),
  } as const;
  const opened = async () => await openIntent(repo, { ...erasure, kind: 'subject-erasure', run: 'e' });
  await expect(takePin(interrupted(opened), snapshot)).rejects.toThrow(ConflictError);
  const begun = await opened();
  if (begun.outcome === 'busy') throw new Error('busy');
  await abortBackup(repo, begun.intent);
  const condemned = async () => await condemnSnapshots(repo, 'acme', 'files', [snapshot.id], { reason: 'r' });
  await expect(takePin(interrupted(condemned), snapshot)).rejects.toThrow(NotFoundError);
});
