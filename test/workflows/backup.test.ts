import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { InvalidError, UnavailableError } from '../../src/domain/errors.ts';
import { runSummaries, slots } from '../../src/records.ts';
import { beginBackup } from '../../src/repository/intent.ts';
import { itemsOf } from '../../src/use-cases/run-items.ts';
import { setTenant } from '../../src/use-cases/set-tenant.ts';
import {
  copiesOf,
  dieAfter,
  expectTidy,
  failing,
  filesOf,
  itemOfEvent,
  mailIds,
  openAlerts,
  restoredFiles,
  sample,
  twice,
  twins,
} from './checks.ts';
import {
  type MemoryHome,
  memoryHome,
  operator,
  type ProcessOptions,
  type TestProcess,
  writeFiles,
} from './memory-home.ts';

const daily = { cadence: 'daily', scheduledAt: '2026-03-03T02:00:00.000Z' } as const;

/** One tenant with two sources. */
async function twoSources(): Promise<MemoryHome & { folders: string[] }> {
  const home = await memoryHome({ now: '2026-03-02T10:00:00.000Z' });
  await home.tenant('acme');
  const folders = [
    await home.source('acme', 'files'),
    await home.source('acme', 'mail', { 'in/1': 'one', 'in/2': 'x'.repeat(200_000) }),
  ];
  home.clock.moveTo(daily.scheduledAt);
  return { ...home, folders };
}

/**
 * A process whose steps have no time: each copies one file at most, so that no source is finished where it is planned, and
 * its driver offers to be cut.
 */
const hurried: ProcessOptions = {
  change: (deps) => ({
    timeLeft: () => -10_000,
    sourceDriver: (source) => {
      const splits = async () => ['a.txt', 'deep/', 'in/1'].map((key) => Buffer.from(key));
      return { ...deps.sourceDriver(source), splits };
    },
  }),
};
const ways: [string, ProcessOptions][] = [
  ['small', {}],
  ['in shards', hurried],
];

/** Each source has exactly `count` copies, and the newest restores to what is there. */
async function expectCopies(home: MemoryHome & { folders: string[] }, count: number): Promise<void> {
  for (const [index, source] of ['files', 'mail'].entries()) {
    const copies = await copiesOf(home, 'acme', source);
    expect(
      copies.map(({ seq }) => seq),
      source,
    ).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    const newest = copies.at(-1);
    expect(newest && (await restoredFiles(home, newest))).toEqual(filesOf(home.folders[index] ?? ''));
  }
  await home.expectLedgerWhole();
  await expectTidy(home);
}

describe('a backup run', () => {
  test('makes one copy of every source that restores to what was there, and meets its slot', async () => {
    const home = await twoSources();
    const process = home.process();
    const report = await process.run('backup', daily);
    expect(report).toMatchObject({ run: 'backup-daily-2026-03-03', outcome: 'ok', counts: { done: 2 } });
    await expectCopies(home, 1);
    const [slot] = await slots.list(home.table, 'SLOTS#acme/files', { prefix: 'daily#' });
    expect(slot?.value).toMatchObject({ at: '2026-03-03T02:00:00.000Z', metAt: '2026-03-03T02:00:00.000Z' });
    const states = (await process.runner.history('backup', report.run)).filter(({ type }) => type === 'state-entered');
    expect(states.map(({ state }) => state).slice(0, 2)).toEqual(['SelectSources', 'ForEachSource']);
    expect(states.at(-1)?.state).toBe('RunDone');
    expect(await openAlerts(home)).toEqual([]);
  });

  test('that fires twice for one slot happens once', async () => {
    const home = await twoSources();
    const [one, two] = [home.process(), home.process()];
    await Promise.all([one.run('backup', daily), two.run('backup', daily)]);
    await one.run('backup', daily);
    await expectCopies(home, 1);
  });

  test('leaves out paused tenants and cadences that the plan does not have', async () => {
    const home = await twoSources();
    home.plan('unattended', ({ cadences: { weekly: _weekly, ...cadences }, ...plan }) => ({ ...plan, cadences }));
    const process = home.process();
    expect((await process.run('backup', { cadence: 'weekly' })).outcome).toBe('nothing-to-do');
    await setTenant.typed(process.deps, { id: 'acme', paused: true, actor: operator });
    expect((await process.run('backup')).outcome).toBe('nothing-to-do');
  });

  test('of a source that fails fails for that source alone; release runs, the operator is told once, success settles it', async () => {
    const home = await memoryHome();
    await home.tenant('acme');
    await home.source('acme', 'good');
    const folder = await home.source('acme', 'gone');
    const released = join(home.dir, 'released');
    await home.source('acme', 'unready', {}, { prepare: 'echo cannot dump; exit 3', release: `touch ${released}` });
    rmSync(folder, { recursive: true });
    const process = home.process();
    const report = await process.run('backup');
    expect(report.execution.status).toBe('succeeded');
    expect(report).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 2 } });
    expect(report.items.find(({ source }) => source === 'unready')?.reasons[0]).toContain('exit code 3: cannot dump');
    expect(existsSync(released)).toBe(true);
    expect(await copiesOf(home, 'acme', 'good')).toHaveLength(1);
    expect(await openAlerts(home)).toEqual(['backup-failed acme/gone', 'backup-failed acme/unready']);
    await process.run('backup');
    expect(mailIds(home, 'alert/')).toHaveLength(2);
    writeFiles(folder, { 'back.txt': 'again' });
    await process.run('backup', { source: 'gone' });
    expect(await openAlerts(home)).toEqual(['backup-failed acme/unready']);
    await home.expectLedgerWhole();
  });

  test('finds a source that another process is backing up busy, and says who', async () => {
    const home = await twoSources();
    const other = home.process();
    const begun = await beginBackup(other.deps, {
      ...{ tenant: 'acme', source: 'files', cadence: 'manual', takenAt: home.clock.now(), planDigest: 'p' },
      run: 'another-run',
    });
    expect(begun.outcome).toBe('begun');
    const report = await home.process().run('backup', daily);
    expect(report).toMatchObject({ outcome: 'busy', counts: { done: 1, busy: 1 } });
    expect(report.items[0]?.reasons[0]).toContain(`another-run (${other.holder})`);
    expect(await openAlerts(home)).toEqual([]);
  });

  test('counts what was planned and never done as failed', async () => {
    const home = await twoSources();
    const process = home.process({
      around: async (name, event, call) =>
        name === 'PrepareSource' && itemOfEvent(event) === 1 ? { outcome: 'skipped' } : await call(),
    });
    const report = await process.run('backup', daily);
    expect(report).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 1 } });
    expect(await openAlerts(home)).toEqual(['backup-failed acme/mail']);
  });

  test.each([
    ['PrepareSource', {}],
    ['PlanShards', {}],
    ['PlanShards', hurried],
    ['BackUpShard', hurried],
    ['CommitSnapshot', hurried],
    ['ReleaseSource', hurried],
  ] as [string, ProcessOptions][])('tries %s again when something does not answer, and succeeds', async (step, way) => {
    const home = await twoSources();
    const around = failing(step, () => new UnavailableError('no answer'), 3);
    const report = await home.process({ ...way, around }).run('backup', daily);
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 2 } });
    await expectCopies(home, 1);
  });

  test.each([
    ['PrepareSource', 0, {}],
    ['PlanShards', 0, {}],
    ['PlanShards', 0, hurried],
    ['CommitSnapshot', 0, hurried],
    ['ReleaseSource', 1, hurried],
  ] as [string, number, ProcessOptions][])(
    'whose %s fails for good for one source goes on with the others',
    async (step, copies, way) => {
      const home = await twoSources();
      let calls = 0;
      const process = home.process({
        ...way,
        around: async (name, event, call) => {
          if (name !== step || itemOfEvent(event) !== 1) return await call();
          calls++;
          throw new InvalidError('cannot be used');
        },
      });
      const report = await process.run('backup', daily);
      expect(calls).toBe(1);
      expect(report.execution.status).toBe('succeeded');
      expect(report).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 1 } });
      expect(report.items[1]?.reasons.join()).toContain('InvalidError: cannot be used');
      expect(await copiesOf(home, 'acme', 'files')).toHaveLength(1);
      expect(await copiesOf(home, 'acme', 'mail')).toHaveLength(copies);
      await home.process().run('backup');
      await expectTidy(home);
    },
  );

  test('whose own step fails for good fails with an alert, and may be started again under its name', async () => {
    const home = await twoSources();
    const broken = home.process({ around: failing('SelectSources', () => new InvalidError('no list')) });
    const report = await broken.run('backup', daily);
    expect(report).toMatchObject({ outcome: 'failed', fault: { name: 'InvalidError', message: 'no list' } });
    expect(report.execution.error?.name).toBe('RunFault');
    expect(await openAlerts(home)).toEqual([`run-failed ${report.run}`]);
    const again = await home.process().run('backup', daily);
    expect(again).toMatchObject({ outcome: 'ok', execution: { status: 'succeeded', redrives: 1 } });
    expect(await openAlerts(home)).toEqual([]);
    await expectCopies(home, 1);
  });
});

describe('a source', () => {
  /** How often the run entered each state. */
  async function statesOf(process: TestProcess, run: string): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { type, state } of await process.runner.history('backup', run)) {
      if (type === 'state-entered' && state !== undefined) counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  }

  test('that is small is finished where it is planned; one with a release command is released by a step of its own', async () => {
    const home = await memoryHome();
    await home.tenant('acme');
    await home.source('acme', 'plain');
    const released = join(home.dir, 'released');
    await home.source('acme', 'released', {}, { release: `echo x >> ${released}` });
    const process = home.process();
    const report = await process.run('backup');
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 2 } });
    const states = await statesOf(process, report.run);
    expect(states).toMatchObject({ PlanShards: 2, ReleaseSource: 1, SourceDone: 2 });
    expect(states).not.toHaveProperty('CommitSnapshot');
    expect(readFileSync(released, 'utf8')).toBe('x\n');
    await expectTidy(home);
  });

  test('whose process died after the commit is still released', async () => {
    const home = await memoryHome();
    await home.tenant('acme');
    const released = join(home.dir, 'released');
    await home.source('acme', 'files', {}, { release: `echo x >> ${released}` });
    await home.process({ around: dieAfter('PlanShards') }).runOrDie('backup', daily);
    expect(existsSync(released)).toBe(false);
    const heir = home.process();
    await heir.redrive();
    expect(readFileSync(released, 'utf8')).toBe('x\n');
    expect((await heir.run('backup', daily)).outcome).toBe('ok');
    expect(readFileSync(released, 'utf8')).toBe('x\n');
  });

  test('with very many files is not, also where time has no end: it is copied as one shard', async () => {
    const home = await memoryHome();
    await home.tenant('acme');
    const folder = await home.source('acme', 'many', {});
    for (let i = 0; i < 5001; i++) writeFileSync(join(folder, `f${i}`), '');
    const process = home.process();
    const first = await process.run('backup');
    const large = { PlanShards: 1, BackUpShard: 1, CommitSnapshot: 1, ReleaseSource: 1 };
    expect(await statesOf(process, first.run)).toMatchObject(large);
    expect(first.items[0]?.facts.totals).toMatchObject({ objects: 5001 });
    // The next one knows it from its parent.
    const second = await process.run('backup');
    expect(await statesOf(process, second.run)).toMatchObject(large);
    await expectTidy(home);
  });

  test('for which there is too little time is copied in shards, each in as many legs as it takes', async () => {
    const home = await twoSources();
    const answers: string[] = [];
    const process = home.process({
      ...hurried,
      around: async (name, event, call) => {
        const answer = await call();
        const { item, shard } = event as { item?: number; shard?: number };
        if (item === 0 && shard !== undefined)
          answers.push(`${name} ${shard} ${(answer as { outcome: string }).outcome}`);
        return answer;
      },
    });
    expect((await process.run('backup', daily)).counts).toEqual({ done: 2 });
    await expectCopies(home, 1);
    // The folder itself was copied before the plan; then what lies up to a.txt, up to deep/, up to in/1, and the rest.
    expect(answers.sort()).toEqual([0, 1, 2, 3, 4].map((shard) => `BackUpShard ${shard} done`));
    writeFiles(home.folders[0] ?? '', { 'b.txt': 'b', 'c.txt': 'c', 'deep/1': '1', 'deep/2': '2' });
    answers.length = 0;
    home.clock.moveTo('2026-03-04T02:00:00.000Z');
    const report = await process.run('backup', { cadence: 'daily', scheduledAt: '2026-03-04T02:00:00.000Z' });
    expect(answers.filter((answer) => answer.endsWith('more')).length).toBeGreaterThan(1);
    expect(report.items[0]?.facts).toMatchObject({ notices: 0, unread: 0, totals: { objects: 7, files: 6 } });
    await expectCopies(home, 2);
  });

  test('of which one shard fails has no new copy, says why, and is left alone by its other shards; others have theirs', async () => {
    const home = await twoSources();
    let calls = 0;
    const process = home.process({
      ...hurried,
      around: async (name, event, call) => {
        if (name !== 'BackUpShard' || itemOfEvent(event) !== 0) return await call();
        if ((event as { shard?: number }).shard === 0 && calls++ === 0) throw new InvalidError('cannot be used');
        await expect.poll(async () => (await itemsOf(home.process().deps, run))[0]?.status).toBe('failed');
        const answer = await call();
        expect(answer).toEqual({ outcome: 'failed' });
        return answer;
      },
    });
    const run = 'backup-daily-2026-03-03';
    const report = await process.run('backup', daily);
    expect(report).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 1 } });
    expect(report.items[0]?.reasons).toEqual(['InvalidError: cannot be used']);
    expect(await copiesOf(home, 'acme', 'files')).toEqual([]);
    expect(await copiesOf(home, 'acme', 'mail')).toHaveLength(1);
    expect(await openAlerts(home)).toEqual(['backup-failed acme/files']);
    await expectTidy(home);
  });

  test('of which all shards fail at the same time tells every reason', async () => {
    const home = await twoSources();
    const process = home.process({
      ...hurried,
      around: async (name, event, call) => {
        if (name === 'BackUpShard') throw new InvalidError(`shard ${(event as { shard?: number }).shard} is broken`);
        return await call();
      },
    });
    const report = await process.run('backup', { source: 'files' });
    expect([...(report.items[0]?.reasons ?? [])].sort()).toEqual(
      [0, 1, 2, 3, 4].map((shard) => `InvalidError: shard ${shard} is broken`),
    );
  });
});

describe.each(ways)('every step of a backup of sources that are %s', (_way, way) => {
  test('may run twice', async () => {
    const home = await twoSources();
    expect((await home.process({ ...way, around: twice }).run('backup', daily)).outcome).toBe('ok');
    await expectCopies(home, 1);
  });

  test('may be done by two at the same time', async () => {
    const home = await twoSources();
    vi.mocked(Math.random).mockRestore();
    await home.process({ ...way, around: twins }).run('backup', daily);
    await home.process().run('backup', daily);
    for (const source of ['files', 'mail'])
      expect((await copiesOf(home, 'acme', source)).length).toBeLessThanOrEqual(1);
    await home.process().run('backup');
    await home.expectLedgerWhole();
    // What the slower of two wrote after the faster had committed is found by a later look.
    home.clock.pass(2 * 3_600_000);
    await expectTidy(home);
  });

  const small = ['SelectSources', 'PrepareSource', 'PlanShards', 'SummariseBackup'];
  const onTheGoodPath = way === hurried ? [...small, 'BackUpShard', 'CommitSnapshot', 'ReleaseSource'] : small;

  test.each(onTheGoodPath)('may be the last one before the process is killed: %s', async (step) => {
    const home = await twoSources();
    for (const [day, nth] of [1, 2].entries()) {
      // The second source's step, too; steps of the run as a whole happen once.
      const killed = home.process({ ...way, around: dieAfter(step, nth) });
      const slot = { cadence: 'daily', scheduledAt: `2026-03-0${3 + day}T02:00:00.000Z` } as const;
      home.clock.moveTo(slot.scheduledAt);
      const end = await killed.runOrDie('backup', slot);
      const heir = home.process(way);
      if (nth === 1) expect(end).toBe('died');
      expect(await heir.redrive()).toHaveLength(end === 'died' ? 1 : 0);
      const report = await heir.run('backup', slot);
      expect(report).toMatchObject({ outcome: 'ok', counts: { done: 2 } });
      await expectCopies(home, day + 1);
      writeFiles(home.folders[0] ?? '', { 'new.txt': `day ${day}` });
    }
    expect(await openAlerts(home)).toEqual([]);
  });
});

test.each(ways)(
  'a backup of sources that are %s, killed at any call of a port, is finished by the next process with one copy of each',
  async (_way, way) => {
    const counted = await twoSources();
    const undisturbed = counted.process(way);
    await undisturbed.run('backup', daily);
    for (const [round, dieAtCall] of sample(undisturbed.calls(), 25).entries()) {
      const home = await twoSources();
      const killed = home.process({ ...way, dieAtCall, afterEffect: round % 2 === 0 });
      expect(await killed.runOrDie('backup', daily), `call ${dieAtCall}`).toBe('died');
      const heir = home.process(way);
      await heir.redrive();
      const report = await heir.run('backup', daily);
      expect(report, `call ${dieAtCall}`).toMatchObject({ outcome: 'ok', counts: { done: 2 } });
      expect((await runSummaries.read(home.table, report.run))?.value.outcome).toBe('ok');
      await expectCopies(home, 1);
    }
  },
);

test('forty sources of one tenant commit to one ledger at the same time', async () => {
  const home = await memoryHome();
  await home.tenant('acme');
  for (let i = 0; i < 40; i++) await home.source('acme', `s${i}`, { f: `${i}` });
  vi.mocked(Math.random).mockRestore();
  const report = await home.process().run('backup');
  expect(report.counts).toEqual({ done: 40 });
  await home.expectLedgerWhole();
});

test('a worklist that a killed process left half written is written whole by the next', async () => {
  const home = await memoryHome();
  await home.tenant('acme');
  for (let i = 0; i < 150; i++) await home.source('acme', `s${i}`, {});
  const whole = home.process();
  // The list is two transactions: the first is done, the second is not.
  let lists = 0;
  const killed = home.process({
    change: (deps) => ({
      table: {
        ...deps.table,
        get: deps.table.get,
        query: deps.table.query,
        queryIndex: deps.table.queryIndex,
        transact: async (writes) => {
          const [first] = writes;
          const isList = first !== undefined && 'put' in first && first.put.sk.startsWith('ITEM#') && writes.length > 1;
          if (isList && ++lists === 2) killed.kill();
          await deps.table.transact(writes);
        },
      },
    }),
  });
  expect(await killed.runOrDie('backup', daily)).toBe('died');
  await whole.redrive();
  expect((await whole.run('backup', daily)).counts).toEqual({ done: 150 });
});
