import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { definitionOf, tasksOf } from '../../src/adapters/embedded/asl-definitions.ts';
import { addDays } from '../../src/domain/calendar.ts';
import { InvalidError, UnavailableError } from '../../src/domain/errors.ts';
import type { RestoreTest } from '../../src/domain/restore-test.ts';
import { packCoverages, restoreTests } from '../../src/records.ts';
import { copiesOf, dieAfter, failing, itemOfEvent, openAlerts, sample, twice, twins } from './checks.ts';
import { type Around, type MemoryHome, memoryHome } from './memory-home.ts';

const firstDay = '2026-03-02T10:00:00.000Z';
const definitions = join(import.meta.dirname, '../../state-machines');

/** One tenant with two sources and two copies of each. */
async function withCopies(days = 2): Promise<MemoryHome> {
  const home = await memoryHome({ now: firstDay });
  await home.tenant('acme');
  await home.source('acme', 'files', { 'a.txt': 'alpha', 'deep/b.txt': 'beta' });
  await home.source('acme', 'mail', { 'in/1': 'x'.repeat(100_000) });
  for (let day = 0; day < days; day++) {
    home.clock.moveTo(addDays(firstDay, day));
    await home.process().run('backup');
  }
  return home;
}

async function testsOf(home: MemoryHome, source: string): Promise<RestoreTest[]> {
  return (await restoreTests.list(home.table, `RESTORE-TESTS#acme/${source}`)).map(({ value }) => value);
}

/** Folders that are left in scratch. */
function scratch(home: MemoryHome): string[] {
  const folder = join(home.dir, 'scratch');
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Changes what was restored, before it is compared. */
function tampering(change: (folder: string) => void, home: MemoryHome): Around {
  return async (name, event, call) => {
    if (name === 'CompareRestored') {
      const { run, item } = event as { run: string; item: number };
      change(join(home.dir, 'scratch', `${run}.${item}`));
    }
    return await call();
  };
}

/** Flips a byte in every object of a kind of one source. */
function damage(home: MemoryHome, source: string, kind: string): void {
  for (const [key, bytes] of home.objects.objects) {
    if (key.startsWith(`v1/acme/${source}/${kind}/`)) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  }
}

describe('a restore test', () => {
  test('restores the newest copy and an older one of each source, compares them, and reads all packs', async () => {
    const home = await withCopies(3);
    const report = await home.process().run('restore-test');
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 6 } });
    for (const source of ['files', 'mail']) {
      const tests = await testsOf(home, source);
      expect(tests.map(({ verdict }) => verdict)).toEqual(['passed', 'passed']);
      const copies = await copiesOf(home, 'acme', source);
      expect(tests.map(({ snapshot }) => snapshot)).toContain(copies.at(-1)?.id);
      expect(tests[0]?.reasons).toEqual(['every object is identical', 'took 1 of at most 240 minutes']);
      expect((await packCoverages.read(home.table, 'acme', source))?.value).toMatchObject({ unread: 0 });
    }
    expect(scratch(home)).toEqual([]);
    expect(await openAlerts(home)).toEqual([]);
    await home.expectLedgerWhole();
  });

  test('also tests what would expire before the next one and was never tested', async () => {
    const home = await withCopies(4);
    home.plan('unattended', (plan) => ({ ...plan, retention: { retentionDays: 90, keepLast: 9 } }));
    home.clock.moveTo(addDays(firstDay, 85));
    await home.process().run('restore-test', { source: 'files' });
    const tested = (await testsOf(home, 'files')).map(({ snapshot }) => snapshot).sort();
    expect(tested).toEqual((await copiesOf(home, 'acme', 'files')).map(({ id }) => id).sort());
  });

  test.each<[string, string, (folder: string) => void]>([
    ['changed', 'a.txt: has 5 bytes, not 5', (folder) => writeFileSync(join(folder, 'a.txt'), 'alphA')],
    ['grown', 'a.txt: has', (folder) => writeFileSync(join(folder, 'a.txt'), 'alpha and more')],
    ['added', 'new.txt: is not in the snapshot', (folder) => writeFileSync(join(folder, 'new.txt'), '')],
    ['another kind of', 'zz/: is not in the snapshot', (folder) => mkdirSync(join(folder, 'zz'))],
  ])('fails when it finds a %s object, and says which', async (_how, reason, change) => {
    const home = await withCopies(1);
    const process = home.process({ around: tampering(change, home) });
    const report = await process.run('restore-test', { source: 'files' });
    expect(report.execution.status).toBe('succeeded');
    expect(report.outcome).toBe('failed');
    const [verdict] = await testsOf(home, 'files');
    expect(verdict?.verdict).toBe('failed');
    expect(verdict?.reasons.join('; ')).toContain(reason.split(':')[0] ?? '');
    expect(scratch(home)).toEqual([]);
    expect(await openAlerts(home)).toEqual(['restore-test-failed acme/files']);
    expect((await home.process().run('restore-test', { source: 'files' })).outcome).toBe('ok');
    expect(await openAlerts(home)).toEqual([]);
  });

  test.each(['pack', 'part', 'root'])(
    'finds a flipped bit in a %s and names what it hits; the rest passes',
    async (kind) => {
      const home = await withCopies(1);
      damage(home, 'files', kind);
      const report = await home.process().run('restore-test');
      expect(report).toMatchObject({ outcome: 'failed' });
      const [damaged] = await testsOf(home, 'files');
      expect(damaged?.verdict).not.toBe('passed');
      if (kind === 'pack') {
        expect(damaged?.verdict).toBe('failed');
        expect(damaged?.differences.map(({ key }) => key)).toEqual(expect.arrayContaining(['a.txt', 'deep/b.txt']));
      }
      expect((await testsOf(home, 'mail'))[0]?.verdict).toBe('passed');
      const packs = report.items.find((item) => item.facts.kind === 'packs' && item.source === 'files');
      expect(packs?.status).toBe('failed');
      expect(packs?.reasons.length).toBeGreaterThan(0);
      expect(scratch(home)).toEqual([]);
    },
  );

  test('reports how many objects differ, however many it names', async () => {
    const home = await memoryHome({ now: firstDay });
    await home.tenant('acme');
    await home.source('acme', 'files', Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`f${i}`, `${i}`])));
    await home.process().run('backup');
    const change = (folder: string) => {
      for (let i = 0; i < 250; i++) writeFileSync(join(folder, `f${i}`), 'other');
    };
    await home.process({ around: tampering(change, home) }).run('restore-test');
    const [verdict] = await testsOf(home, 'files');
    expect(verdict?.differences).toHaveLength(100);
    expect(verdict?.reasons.at(-1)).toBe('245 more differences');
  });

  test('asks the validator with the restored folder; its refusal fails the test', async () => {
    const home = await withCopies(1);
    const validator = (command: string) =>
      home.plan('unattended', (plan) => ({ ...plan, restoreTests: { ...plan.restoreTests, validator: command } }));
    validator('test -f a.txt && test -f "$TENURE_RESTORED/deep/b.txt" && test "$PWD" = "$TENURE_RESTORED"');
    expect((await home.process().run('restore-test', { source: 'files' })).outcome).toBe('ok');
    expect((await testsOf(home, 'files'))[0]?.reasons).toContain('the validator agreed');
    validator('echo found EICAR; exit 1');
    home.clock.moveTo(addDays(firstDay, 2));
    expect((await home.process().run('restore-test', { source: 'files' })).outcome).toBe('failed');
    const last = (await testsOf(home, 'files')).at(-1);
    expect(last?.verdict).toBe('failed');
    expect(last?.reasons).toEqual(['the validator refused it: found EICAR']);
  });

  test('fails when the restore took longer than the objective', async () => {
    const home = await withCopies(1);
    const now = performance.now.bind(performance);
    let late = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now() + late);
    home.onProgress = ({ what }) => {
      if (what.startsWith('restoring')) late = 241 * 60_000 - 5000;
    };
    expect((await home.process().run('restore-test', { source: 'files' })).outcome).toBe('failed');
    const [verdict] = await testsOf(home, 'files');
    expect(verdict).toMatchObject({ verdict: 'failed' });
    expect(verdict?.reasons.join()).toContain('took 241 minutes, over the recovery-time objective of 240');
  });

  test.each([
    ['RestoreIntoScratch', 'not-tested'],
    ['CompareRestored', 'not-tested'],
    ['CleanUpScratch', 'passed'],
  ])(
    'whose %s fails for good for one point says %s, goes on with the others and leaves nothing in scratch',
    async (step, verdict) => {
      const home = await withCopies(1);
      const process = home.process({
        around: async (name, event, call) => {
          if (name !== step || itemOfEvent(event) !== 0) return await call();
          if (step === 'CleanUpScratch') await call();
          throw new InvalidError('cannot be used');
        },
      });
      const report = await process.run('restore-test');
      expect(report.execution.status).toBe('succeeded');
      expect(report.outcome).toBe('failed');
      expect((await testsOf(home, 'files'))[0]).toMatchObject({ verdict });
      expect((await testsOf(home, 'mail'))[0]).toMatchObject({ verdict: 'passed' });
      expect(scratch(home)).toEqual([]);
      expect(await openAlerts(home)).toEqual(['restore-test-failed acme/files']);
    },
  );

  test('removes what a restore that broke off half-way has left in scratch', async () => {
    const home = await withCopies(1);
    const process = home.process({
      around: async (name, event, call) => {
        const answer = await call();
        if (name === 'RestoreIntoScratch' && itemOfEvent(event) === 0) throw new InvalidError('broke off');
        return answer;
      },
    });
    await process.run('restore-test');
    expect(scratch(home)).toEqual([]);
  });

  test('removes what killed runs have left in scratch, and not what another run is at', async () => {
    const home = await withCopies(1);
    const killed = home.process({ around: dieAfter('RestoreIntoScratch') });
    expect(await killed.runOrDie('restore-test')).toBe('died');
    expect(scratch(home).length).toBeGreaterThan(0);
    const heir = home.process();
    await heir.redrive();
    expect(scratch(home)).toEqual([]);
    mkdirSync(join(home.dir, 'scratch', 'somebody-else.0', 'deep'), { recursive: true });
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let seen: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const slow = home.process({
      around: async (name, _event, call) => {
        if (name !== 'CompareRestored') return await call();
        seen();
        await opened;
        return await call();
      },
    });
    const running = slow.run('restore-test', { source: 'files' });
    await reached;
    const [mine] = scratch(home);
    await home.process().run('restore-test', { source: 'mail' });
    expect(scratch(home)).toEqual([mine]);
    open();
    expect((await running).outcome).toBe('ok');
    expect(scratch(home)).toEqual([]);
  });

  test('says of a copy that expired meanwhile that it was skipped, not that it passed', async () => {
    const home = await withCopies(2);
    const other = home.process();
    const process = home.process({
      around: async (name, _event, call) => {
        const answer = await call();
        if (name === 'SelectRestorePoints') {
          home.plan('unattended', (plan) => ({ ...plan, retention: { retentionDays: 90, keepLast: 1 } }));
          await other.run('expiry');
        }
        return answer;
      },
    });
    const report = await process.run('restore-test', { source: 'files' });
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 2, skipped: 1 } });
    expect((await testsOf(home, 'files')).map(({ verdict }) => verdict)).toEqual(['passed']);
  });

  test('counts what was planned and never done as failed', async () => {
    const home = await withCopies(1);
    const process = home.process({
      around: async (name, event, call) =>
        ['RecordRestoreTest', 'ReadPacks'].includes(name) && itemOfEvent(event) % 2 === 0
          ? { outcome: 'read' }
          : await call(),
    });
    expect(await process.run('restore-test')).toMatchObject({ outcome: 'failed', counts: { done: 2, failed: 2 } });
  });

  test('tries again when something does not answer', async () => {
    const home = await withCopies(1);
    for (const step of ['RestoreIntoScratch', 'CompareRestored', 'RecordRestoreTest', 'ReadPacks']) {
      const process = home.process({ around: failing(step, () => new UnavailableError('no answer'), 2) });
      expect((await process.run('restore-test')).outcome, step).toBe('ok');
    }
  });
});

describe('every step of a restore test', () => {
  test('may be done twice', async () => {
    const home = await withCopies();
    expect((await home.process({ around: twice }).run('restore-test')).outcome).toBe('ok');
    for (const source of ['files', 'mail']) {
      const tests = await testsOf(home, source);
      expect(tests.map(({ verdict }) => verdict)).toEqual(['passed', 'passed']);
    }
    expect(scratch(home)).toEqual([]);
    await home.expectLedgerWhole();
  });

  test('done by two at the same time at worst is not passed, and leaves nothing behind', async () => {
    const home = await withCopies(1);
    vi.mocked(Math.random).mockRestore();
    await home.process({ around: twins }).run('restore-test');
    expect(scratch(home)).toEqual([]);
    expect((await home.process().run('restore-test')).outcome).toBe('ok');
    await home.expectLedgerWhole();
  });

  const steps = tasksOf(definitionOf('restore-test', definitions)).map(({ functionName }) => functionName);
  // Those of AWS Backup are in managed-backup.test.ts.
  const onTheGoodPath = [...new Set(steps)].filter((name) => name !== 'RecordFault' && !name.includes('Managed'));

  test.each(onTheGoodPath)('may be the last one before the process is killed: %s', async (step) => {
    const home = await withCopies(1);
    const scheduled = { scheduledAt: home.clock.now() };
    expect(await home.process({ around: dieAfter(step) }).runOrDie('restore-test', scheduled)).toBe('died');
    const heir = home.process();
    await heir.redrive();
    expect(await heir.run('restore-test', scheduled)).toMatchObject({ outcome: 'ok', counts: { done: 4 } });
    for (const source of ['files', 'mail'])
      expect((await testsOf(home, source)).map(({ verdict }) => verdict)).toEqual(['passed']);
    expect(scratch(home)).toEqual([]);
    await home.expectLedgerWhole();
  });

  test('may break off at any call of a port: the next process finishes the run', async () => {
    const counted = await withCopies(1);
    const undisturbed = counted.process();
    await undisturbed.run('restore-test');
    for (const [round, dieAtCall] of sample(undisturbed.calls() - 10, 12).entries()) {
      const home = await withCopies(1);
      const scheduled = { scheduledAt: home.clock.now() };
      const killed = home.process({ dieAtCall, afterEffect: round % 2 === 0 });
      expect(await killed.runOrDie('restore-test', scheduled), `call ${dieAtCall}`).toBe('died');
      const heir = home.process();
      await heir.redrive();
      expect(await heir.run('restore-test', scheduled), `call ${dieAtCall}`).toMatchObject({ outcome: 'ok' });
      expect(scratch(home)).toEqual([]);
      await home.expectLedgerWhole();
    }
  });
});
