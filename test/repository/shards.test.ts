import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConflictError, InvalidError } from '../../src/domain/errors.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { SourceDriver } from '../../src/ports/source-driver.ts';
import { backUpShard, type ShardOptions } from '../../src/repository/backup.ts';
import type { Intent } from '../../src/repository/chain-rows.ts';
import { commitBackup } from '../../src/repository/commit.ts';
import { abortBackup, beginBackup } from '../../src/repository/intent.ts';
import { joinLegs } from '../../src/repository/join-legs.ts';
import { readLegs } from '../../src/repository/leg-rows.ts';
import { objectKey } from '../../src/repository/object-names.ts';
import { type PlanOptions, planShards } from '../../src/repository/plan-shards.ts';
import { readRoot } from '../../src/repository/read-root.ts';
import { openSnapshot } from '../../src/repository/read-snapshot.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { backUp, copyAll, memoryRepository, restored } from './engine.ts';
import { Crash, mortal } from './faults.ts';
import { assertTidy, change, contentsOf } from './life.ts';
import { type MemorySource, memorySource } from './memory-source.ts';

const part = { entries: 9, chunks: 40, text: 4000 };
const limits = { part, packBytes: 20_000 };
/** Time is always up, so each call copies what it must and `overtimeEntries` more. */
const hurried = (overtimeEntries = 0): ShardOptions => ({
  timeLeft: () => 0,
  limits: { ...limits, overtimeEntries },
});

/** Everything that the entries of a snapshot say, but for where content lies and how it is salted. */
async function entriesOf(repo: Repository, snapshot: Snapshot): Promise<object[]> {
  const all: object[] = [];
  for await (const { entries } of (await openSnapshot(repo, snapshot)).parts()) {
    for (const { chunks, salt: _salt, ...entry } of entries) {
      all.push({ ...entry, content: chunks.map(({ hash, length }) => [hash.toString('hex'), length]) });
    }
  }
  return all;
}

async function begin(repo: Repository, run = 'the-run'): Promise<Intent> {
  const begun = await beginBackup(repo, {
    ...{ tenant: 'acme', source: 'files', cadence: 'daily', planDigest: 'p', run },
    takenAt: repo.clock.now(),
  });
  if (begun.outcome === 'busy') throw new Error(begun.heldBy);
  return begun.intent;
}

/** How a source is cut: as random numbers say. */
interface Cuts {
  plan: PlanOptions | undefined;
  /** Keys that the driver offers, as numbers of entries. */
  splits: number[] | undefined;
  /** Before each entry: is time up? Read in a circle. */
  clock: boolean[];
  overtimeEntries: number;
  /** Which process works on the next leg, and when it dies. */
  deaths: (number | undefined)[];
}

const cuts: fc.Arbitrary<Cuts> = fc.record({
  plan: fc.option(
    fc.record({
      partsInShard: fc.integer({ min: 1, max: 4 }),
      most: fc.integer({ min: 1, max: 9 }),
      objectsInPiece: fc.integer({ min: 1, max: 30 }),
    }),
    {
      nil: undefined,
    },
  ),
  splits: fc.option(fc.array(fc.nat(60), { maxLength: 6 }), { nil: undefined }),
  clock: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
  overtimeEntries: fc.nat(6),
  deaths: fc.array(fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }), { maxLength: 6 }),
});

function driverOf(source: MemorySource, { splits }: Pick<Cuts, 'splits'>): SourceDriver {
  if (splits === undefined) return source.driver;
  return {
    ...source.driver,
    splits: async () => {
      const keys = [...source.objects.keys()].sort();
      const chosen = [...new Set(splits)].sort((a, b) => a - b).flatMap((at) => keys[at] ?? []);
      return chosen.map((key) => Buffer.from(key, 'latin1'));
    },
  };
}

/** One backup, cut as told: some legs before there is a plan, the shards in turns, and every process dies where it is told to. */
async function backUpInPieces(repo: Repository, source: MemorySource, how: Cuts, run: string) {
  const driver = driverOf(source, how);
  let [tick, life] = [0, 0];
  const timeLeft = (): number => (how.clock[tick++ % how.clock.length] ? 0 : 1000);
  const options: ShardOptions = { timeLeft, limits: { ...limits, overtimeEntries: how.overtimeEntries } };
  const living = { ...repo, holder: 'living', holderAlive: () => true };
  const intent = await begin(living, run);
  /** Does a thing again until no process dies at it. */
  const surely = async <T>(act: (mine: Repository) => Promise<T>): Promise<T> => {
    for (;;) {
      const dieAt = how.deaths[life++];
      try {
        return await act(dieAt === undefined ? living : mortal(living, dieAt, dieAt % 2 === 0));
      } catch (error) {
        if (!(error instanceof Crash) && !(error instanceof Error && error.cause instanceof Crash)) throw error;
      }
    }
  };
  const leg = async (shard: number) =>
    await surely(async (mine) => (await backUpShard(mine, intent, driver, { ...options, shard })).outcome);
  const early = how.plan && how.overtimeEntries % 2 === 1 ? await leg(0) : 'more';
  const { shards } =
    how.plan && early === 'more' ? await surely((mine) => planShards(mine, intent, driver, how.plan)) : { shards: 1 };
  let open = Array.from({ length: shards }, (_, shard) => shard);
  while (open.length > 0) {
    const more: number[] = [];
    for (const shard of open.reverse()) if ((await leg(shard)) === 'more') more.push(shard);
    open = more;
  }
  const joined = await joinLegs(living, intent);
  return { snapshot: await surely((mine) => commitBackup(mine, intent, {})), joined, shards };
}

describe('a backup in pieces', () => {
  test('has the same entries, totals and notices as one in one go, however it is cut and whoever dies', {
    timeout: 240_000,
  }, async () => {
    let [cutOnes, mostShards, mostLegs] = [0, 0, 0];
    const round = fc.record({ seeds: fc.array(fc.nat(5000), { maxLength: 60 }), how: cuts });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 5 }), async (rounds) => {
        const [repo, whole] = [await memoryRepository(), await memoryRepository()];
        const source = memorySource();
        source.directory('');
        for (let i = 0; i < 60; i++) change(source, 3 + i * 31);
        for (const key of ['d0/f1-socket', 'd1/', 'zz']) source.skipped.add(key);
        for (const [number, { seeds, how }] of rounds.entries()) {
          for (const seed of seeds) change(source, seed);
          const plain = await backUp(whole, source.driver, { limits });
          const { snapshot, joined, shards } = await backUpInPieces(repo, source, how, `run ${number}`);
          expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
          expect(await entriesOf(repo, snapshot)).toEqual(await entriesOf(whole, plain.snapshot));
          const { addedBytes: _here, ...totals } = snapshot.totals;
          const { addedBytes: _there, ...expected } = plain.snapshot.totals;
          expect(totals).toEqual(expected);
          expect(snapshot.notices).toBe(3);
          expect(joined?.notices.map(({ key }) => key.toString())).toEqual(['d0/f1-socket', 'd1/', 'zz']);
          mostShards = Math.max(mostShards, shards);
          mostLegs = Math.max(mostLegs, joined?.legs ?? 0);
          if ((joined?.legs ?? 0) > 1) cutOnes += 1;
          const { packs } = await readRoot(repo, snapshot);
          for (const { used, length } of packs) expect(used).toBeLessThanOrEqual(length);
          expect(new Set(packs.map(({ id }) => id)).size).toBe(packs.length);
        }
        await assertTidy(repo);
      }),
      { numRuns: Number(process.env.TENURE_CRASH_RUNS ?? 50) },
    );
    // Otherwise it shows nothing.
    expect(cutOnes).toBeGreaterThan(10);
    expect(mostShards).toBeGreaterThan(3);
    expect(mostLegs).toBeGreaterThan(10);
  });

  test('gets something done with each leg, though time is always up', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 7; i++) source.file(`f${i}`, `content ${i}`);
    const intent = await begin(repo);
    for (let call = 0; call < 6; call++) {
      expect(await backUpShard(repo, intent, source.driver, hurried())).toMatchObject({ outcome: 'more' });
    }
    expect(await backUpShard(repo, intent, source.driver, hurried())).toMatchObject({ outcome: 'done' });
    expect(await backUpShard(repo, intent, source.driver, hurried())).toMatchObject({ outcome: 'done' });
    expect(source.opened).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6']);
    const snapshot = await commitBackup(repo, intent, {});
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
    await assertTidy(repo);
  });

  test('is not committed before every shard is done', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 60; i++) source.file(`f${i}`, `content ${i}`);
    await backUp(repo, source.driver, { limits });
    const intent = await begin(repo);
    await expect(commitBackup(repo, intent, {})).rejects.toThrow(InvalidError);
    const { shards } = await planShards(repo, intent, source.driver, { partsInShard: 1 });
    expect(shards).toBeGreaterThan(4);
    for (let shard = shards - 1; shard > 0; shard--) await backUpShard(repo, intent, source.driver, { limits, shard });
    await backUpShard(repo, intent, source.driver, hurried());
    await expect(commitBackup(repo, intent, {})).rejects.toThrow(/shard 0 .* is not done/);
    await expect(backUpShard(repo, intent, source.driver, { shard: shards })).rejects.toThrow(InvalidError);
    await copyAll(repo, intent, source.driver, { limits });
    expect(await restored(repo, await commitBackup(repo, intent, {}))).toEqual(contentsOf(source));
    await assertTidy(repo);
  });

  test('of which nothing changed reads nothing, and keeps every part of its parent, also where shards meet', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 100; i++) source.file(`f${i}`, `content ${i}`);
    const first = await backUp(repo, source.driver, { limits });
    source.opened = [];
    const second = await backUp(repo, source.driver, { limits, plan: { partsInShard: 2 } });
    expect(second.legs).toBe(6);
    expect(source.opened).toEqual([]);
    const parts = async (snapshot: Snapshot) => (await readRoot(repo, snapshot)).parts.map(({ id }) => id);
    expect(await parts(second.snapshot)).toEqual(await parts(first.snapshot));
    expect(second.snapshot.totals.addedBytes).toBe(0);
  });

  test('never cuts within one object, however many segments it has', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    source.file('a', 'before');
    source.file('big', randomBytes(9_000_000));
    source.file('c', 'after');
    // Parts of two chunks: the segments of one object lie in several parts of the parent.
    const small = { ...limits, part: { ...part, chunks: 2 }, segmentBytes: 1_500_000 };
    for (const options of [
      { limits: small },
      { limits: { ...small, overtimeEntries: 0 }, timeLeft: () => 0 },
      { limits: small, plan: { partsInShard: 1 } },
      { limits: { ...small, overtimeEntries: 0 }, timeLeft: () => 0, plan: { partsInShard: 1 } },
    ]) {
      source.opened = [];
      const { snapshot } = await backUp(repo, source.driver, options);
      expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
      expect(snapshot.totals).toMatchObject({ objects: 3, files: 3, bytes: 9_000_011 });
    }
    expect(source.opened).toEqual([]);
  });

  test('leaves an object that needs more time than there is to the next leg, unless it need not be read', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    source.file('a', 'small');
    source.file('b', Buffer.alloc(3_000_000, 'large'));
    source.file('c', 'small');
    // 100 ms of overtime are left for 3 MB, of which 2.5 MB are expected to be read.
    const timeLeft = () => -4900;
    const first = await backUp(repo, source.driver, { timeLeft });
    expect(first.legs).toBe(2);
    expect(await restored(repo, first.snapshot)).toEqual(contentsOf(source));
    expect((await backUp(repo, source.driver, { timeLeft })).legs).toBe(1);
  });
});

describe('twins', () => {
  test('at the same leg: the first to finish counts, the other takes its result', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 30; i++) source.file(`f${i}`, `content ${i}`);
    const intent = await begin(repo);
    let legs = 0;
    for (let more = true; more; legs++) {
      const answers = await Promise.all(
        [0, 3, 5].map(async (overtime) => await backUpShard(repo, intent, source.driver, hurried(overtime))),
      );
      expect(new Set(answers.map(({ outcome }) => outcome)).size).toBe(1);
      more = answers[0]?.outcome === 'more';
    }
    expect((await readLegs(repo, intent)).length).toBe(legs);
    expect(legs).toBeGreaterThan(4);
    const snapshot = await commitBackup(repo, intent, {});
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
    expect(snapshot.totals.objects).toBe(30);
    await assertTidy(repo);
  });

  test('that were taken for dead write on without harm, before and after the commit', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 30; i++) source.file(`f${i}`, `content ${i}`);
    const intent = await begin(repo);
    let wake: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const slow = async (leg: number) => {
      const driver = { ...source.driver, scan: source.driver.scan };
      driver.scan = async function* (options) {
        yield* source.driver.scan(options);
        await asleep;
      };
      return await backUpShard(repo, intent, driver, { limits }).catch((error: Error) => `${leg} ${error.name}`);
    };
    const zombies = [slow(0)];
    await backUpShard(repo, intent, source.driver, hurried(8));
    zombies.push(slow(1));
    await copyAll(repo, intent, source.driver, { limits });
    const snapshot = await commitBackup(repo, intent, {});
    wake();
    await Promise.all(zombies);
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
    repo.clock.pass(2 * 3_600_000);
    await assertTidy(repo);
  });

  test('of whom one copies in one go and the other plans: one of the two counts, and no entry twice', async () => {
    for (const planFirst of [true, false]) {
      const repo = await memoryRepository();
      const source = memorySource();
      for (let i = 0; i < 30; i++) source.file(`f${i}`, `content ${i}`);
      const driver = driverOf(source, { splits: [10, 20] });
      const intent = await begin(repo);
      const held: (() => void)[] = [];
      const scan = source.driver.scan;
      // The one in one go has read everything and has not stored its leg when the other plans.
      const waiting = {
        ...driver,
        async *scan(options: Parameters<typeof scan>[0]) {
          yield* scan(options);
          if (planFirst) await new Promise<void>((resolve) => held.push(resolve));
        },
      };
      const inOneGo = backUpShard(repo, intent, waiting, { limits });
      if (planFirst) await expect.poll(() => held.length).toBe(1);
      else await inOneGo;
      const { shards } = await planShards(repo, intent, driver, { objectsInPiece: 10 });
      expect(shards).toBe(planFirst ? 3 : 1);
      held[0]?.();
      expect((await inOneGo).outcome).toBe(planFirst ? 'more' : 'done');
      for (let shard = 0; shard < shards; shard++) await backUpShard(repo, intent, driver, { limits, shard });
      const snapshot = await commitBackup(repo, intent, {});
      expect(snapshot.totals.objects).toBe(30);
      expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
      await assertTidy(repo);
    }
  });

  test('of a plan get the same answer, and so does who asks again', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 100; i++) source.file(`f${i}`, `content ${i}`);
    await backUp(repo, source.driver, { limits });
    const intent = await begin(repo);
    const plans = await Promise.all(
      [1, 2, 3].map(async (partsInShard) => await planShards(repo, intent, source.driver, { partsInShard })),
    );
    plans.push(await planShards(repo, intent, source.driver, { partsInShard: 9 }));
    expect(new Set(plans.map(({ shards }) => shards)).size).toBe(1);
    await abortBackup(repo, intent);
    await expect(backUpShard(repo, intent, source.driver)).rejects.toThrow(ConflictError);
    await assertTidy(repo);
  });
});

describe('a plan', () => {
  test('passes over parts that cannot be read, and the copy is whole', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 0; i < 150; i++) source.file(`f${i}`, `content ${i}`);
    const first = await backUp(repo, source.driver, { limits });
    const { parts } = await readRoot(repo, first.snapshot);
    // Every second one: whatever bound is looked for, some of its parts are gone.
    for (const [at, { id }] of parts.entries()) {
      if (at % 2 === 1) repo.objects.objects.delete(objectKey({ tenant: 'acme', source: 'files' }, 'part', id));
    }
    source.opened = [];
    const options = { limits: { ...limits, overtimeEntries: 2 }, timeLeft: () => 0, plan: { partsInShard: 2 } };
    const { snapshot, damaged, readAgain } = await backUp(repo, source.driver, options);
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
    const lost = parts.filter((_, at) => at % 2 === 1);
    expect(damaged.map(({ id }) => id).sort()).toEqual(lost.map(({ id }) => id).sort());
    expect(readAgain).toBe(lost.reduce((sum, { entries }) => sum + entries, 0));
    expect(source.opened.length).toBe(readAgain);
  });

  test('of a first backup follows what the driver says, in at most so many shards', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 100; i < 200; i++) source.file(`f${i}`, `content ${i}`);
    const asked: number[] = [];
    const offered = ['', 'f110', 'f110', 'f105', 'f1205', 'f150', 'g'].map((key) => Buffer.from(key));
    const driver = {
      ...source.driver,
      splits: async (pieces: number) => {
        asked.push(pieces);
        return offered;
      },
    };
    const { snapshot, legs } = await backUp(repo, driver, { limits, plan: { objectsInPiece: 3 } });
    // A hundred objects, three in a piece.
    expect(asked).toEqual([34]);
    // After f110, f1205, f150 and g, beyond which there is nothing.
    expect(legs).toBe(5);
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
    const { legs: second } = await backUp(repo, driver, { limits, plan: { partsInShard: 1, most: 3 } });
    expect(second).toBe(3);
    expect(asked).toHaveLength(1);
  });

  test('of a source that turned out to be large begins with what is copied already', async () => {
    const repo = await memoryRepository();
    const source = memorySource();
    for (let i = 100; i < 120; i++) source.file(`f${i}`, `content ${i}`);
    await backUp(repo, source.driver, { limits });
    for (let i = 120; i < 200; i++) source.file(`f${i}`, `content ${i}`);
    const intent = await begin(repo);
    expect((await backUpShard(repo, intent, source.driver, hurried(30))).outcome).toBe('more');
    source.opened = [];
    const driver = driverOf(source, { splits: [5, 50, 70] });
    const { shards } = await planShards(repo, intent, driver, { partsInShard: 50 });
    // What is copied, up to f150, up to f170, and the rest.
    expect(shards).toBe(4);
    for (let shard = 0; shard < shards; shard++) {
      while ((await backUpShard(repo, intent, driver, { ...hurried(9), shard })).outcome === 'more');
    }
    // Nothing of the first leg is read again.
    expect(source.opened).toEqual(Array.from({ length: 69 }, (_, i) => `f${131 + i}`));
    const snapshot = await commitBackup(repo, intent, {});
    expect(snapshot.totals.objects).toBe(100);
    expect(await restored(repo, snapshot)).toEqual(contentsOf(source));
    await assertTidy(repo);
  });
});

test('headers that a listing does not tell stay as they are while an object is unchanged, and are read with a new one', async () => {
  const repo = await memoryRepository();
  const source = memorySource();
  const headers = (type: string) => ({ 'content-type': type });
  const put = (key: string, content: string, type: string) => {
    const fixed = { ctimeNs: 0n, inode: 0n, etag: `"${content}"`, headers: headers(type) };
    source.file(key, content, fixed);
  };
  put('a', 'one', 'text/plain');
  put('b', 'two', 'text/html');
  const scan = source.driver.scan;
  const driver: SourceDriver = {
    ...source.driver,
    async *scan(options) {
      for await (const { entries, notices } of scan(options)) {
        yield { entries: entries.map(({ headers: _unknown, ...entry }) => entry), notices };
      }
    },
  };
  const types = async (snapshot: Snapshot) =>
    (await entriesOf(repo, snapshot)).map((entry) => (entry as { headers?: object }).headers);
  const first = await backUp(repo, driver, { limits });
  expect(await types(first.snapshot)).toEqual([headers('text/plain'), headers('text/html')]);
  source.opened = [];
  const second = await backUp(repo, driver, { limits });
  expect(source.opened).toEqual([]);
  expect(second.snapshot.totals.addedBytes).toBe(0);
  expect(await types(second.snapshot)).toEqual([headers('text/plain'), headers('text/html')]);
  put('a', 'three', 'text/css');
  const other = source.objects.get('b');
  if (other) other.entry.mode = 0o600;
  const third = await backUp(repo, driver, { limits });
  expect(source.opened).toEqual(['a']);
  expect(await types(third.snapshot)).toEqual([headers('text/css'), headers('text/html')]);
});
