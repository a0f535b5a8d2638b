import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { definitionOf, tasksOf } from '../../src/adapters/embedded/asl-definitions.ts';
import { addDays } from '../../src/domain/calendar.ts';
import { InvalidError, NotFoundError, UnavailableError } from '../../src/domain/errors.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { beginBackup } from '../../src/repository/intent.ts';
import { releasePin, takePin } from '../../src/repository/pins.ts';
import { openSnapshot } from '../../src/repository/read-snapshot.ts';
import type { CopyDecision } from '../../src/use-cases/list-copies.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { releaseHold } from '../../src/use-cases/release-hold.ts';
import { resumeDestruction, stopDestruction } from '../../src/use-cases/set-operator-stop.ts';
import {
  copiesOf,
  dieAfter,
  expectTidy,
  failing,
  filesOf,
  itemOfEvent,
  openAlerts,
  restoredFiles,
  sample,
  twice,
  twins,
} from './checks.ts';
import { type MemoryHome, memoryHome, operator, writeFiles } from './memory-home.ts';

const firstDay = '2026-03-02T10:00:00.000Z';
const definitions = join(import.meta.dirname, '../../state-machines');

/** One tenant with one source and a copy each day. What each copy must restore to is noted. */
async function copiesEachDay(days: number, options: { simulated?: boolean } = {}) {
  const home = await memoryHome({ now: firstDay, ...options });
  await home.tenant('acme');
  const folder = await home.source('acme', 'files');
  const process = home.process();
  const expected: Record<string, string>[] = [];
  for (let day = 0; day < days; day++) {
    home.clock.moveTo(addDays(firstDay, day));
    writeFiles(folder, { 'a.txt': `day ${day}`, [`only-${day}.txt`]: `${day}`.repeat(20_000) });
    await process.run('backup');
    expected.push(filesOf(folder));
  }
  return { ...home, process: home.process, folder, expected };
}

/** Keeps only the newest `keepLast` copies. */
function keepLast(home: MemoryHome, keep: number): void {
  home.plan('unattended', (plan) => ({ ...plan, retention: { retentionDays: 90, keepLast: keep } }));
}

/** The copies of these days are live and restore to what was there then; nothing else is left of any other. */
async function expectDays(home: Awaited<ReturnType<typeof copiesEachDay>>, days: number[]): Promise<void> {
  const copies = await copiesOf(home, 'acme', 'files');
  expect(copies.map(({ takenAt }) => takenAt)).toEqual(days.map((day) => addDays(firstDay, day)));
  for (const [index, copy] of copies.entries())
    expect(await restoredFiles(home, copy)).toEqual(home.expected[days[index] ?? -1]);
  await home.expectLedgerWhole();
  await expectTidy(home);
}

describe('an expiry run', () => {
  test('removes what is past the cap, with the reason for each copy; what it held alone is gone, the rest restores', async () => {
    const home = await copiesEachDay(4);
    const gone = (await copiesOf(home, 'acme', 'files')).slice(0, 2);
    home.clock.moveTo(addDays(firstDay, 91.5));
    const report = await home.process().run('expiry');
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 1, removed: 2 } });
    const decisions = report.items[0]?.facts.decisions as CopyDecision[];
    expect(decisions.map(({ keep }) => keep)).toEqual([true, true, false, false]);
    expect(decisions[3]?.reasons).toEqual(['removed: older than 90 days (cap)']);
    await expectDays(home, [2, 3]);
    for (const snapshot of gone) await expect(openSnapshot(home, snapshot)).rejects.toThrow(NotFoundError);
    const all = await listSnapshots(home, { tenant: 'acme', source: 'files', status: 'any' });
    expect(all.map(({ status }) => status)).toEqual(['gone', 'gone', 'live', 'live']);
  });

  test('92 days later removes every copy', async () => {
    const home = await copiesEachDay(2);
    home.clock.moveTo(addDays(firstDay, 93));
    expect((await home.process().run('expiry')).counts).toMatchObject({ removed: 2 });
    await expectDays(home, []);
    expect(home.objects.objects.size).toBe(0);
  });

  test('as a dry run lists the same decisions and changes nothing', async () => {
    const home = await copiesEachDay(3);
    keepLast(home, 2);
    const before = structuredClone([...home.objects.objects.keys()]);
    const dry = await home.process().run('expiry', { dryRun: true });
    expect([...home.objects.objects.keys()]).toEqual(before);
    await expectDays(home, [0, 1, 2]);
    const real = await home.process().run('expiry');
    expect(dry.items.map(({ facts }) => facts.decisions)).toEqual(real.items.map(({ facts }) => facts.decisions));
    expect(dry).toMatchObject({ outcome: 'ok' });
    await expectDays(home, [1, 2]);
  });

  test('asks first before it removes much that is not past the cap, and goes on when that is confirmed', async () => {
    const home = await copiesEachDay(8);
    keepLast(home, 2);
    const asked = await home.process().run('expiry');
    expect(asked).toMatchObject({ outcome: 'blocked', counts: { blocked: 1, removed: 0 } });
    expect(asked.items[0]?.reasons[0]).toContain('6 of 8 copies would go before they are past the cap');
    expect(await openAlerts(home)).toEqual(['expiry-failed acme/files']);
    await expectDays(home, [0, 1, 2, 3, 4, 5, 6, 7]);
    const confirmed = await home.process().run('expiry', { confirmed: true });
    expect(confirmed).toMatchObject({ outcome: 'ok', counts: { removed: 6 } });
    await expectDays(home, [6, 7]);
  });

  test('removes nothing under a hold, says which, and goes on after its release', async () => {
    const home = await copiesEachDay(3);
    keepLast(home, 1);
    const { deps } = home.process();
    const hold = await placeHold.typed(deps, { tenant: 'acme', source: 'files', reason: 'lawsuit', actor: operator });
    const held = await home.process().run('expiry');
    expect(held).toMatchObject({ outcome: 'blocked' });
    expect(held.items[0]?.reasons.join()).toContain(hold.id);
    await expectDays(home, [0, 1, 2]);
    await releaseHold.typed(deps, { hold: hold.id, reason: 'settled', actor: operator });
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'ok', counts: { removed: 2 } });
    await expectDays(home, [2]);
  });

  test('that meets a hold between two steps stops before the next one, and is finished after its release', async () => {
    const home = await copiesEachDay(3);
    keepLast(home, 1);
    const { deps } = home.process();
    let hold = '';
    const process = home.process({
      around: async (name, _event, call) => {
        const answer = await call();
        if (name === 'CondemnCopies')
          hold = (await placeHold.typed(deps, { tenant: 'acme', reason: 'lawsuit', actor: operator })).id;
        return answer;
      },
    });
    const stopped = await process.run('expiry');
    expect(stopped).toMatchObject({ outcome: 'blocked', counts: { blocked: 1, removed: 0 } });
    expect(stopped.items[0]?.reasons.join()).toContain('BlockedError');
    expect(home.keys.keys.size).toBeGreaterThan(3 + 2);
    await releaseHold.typed(deps, { hold, reason: 'settled', actor: operator });
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'ok', counts: { removed: 2 } });
    await expectDays(home, [2]);
  });

  test('does nothing while an operator has stopped destruction', async () => {
    const home = await copiesEachDay(2);
    keepLast(home, 1);
    const { deps } = home.process();
    await stopDestruction.typed(deps, { reason: 'looking', actor: operator });
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'blocked' });
    await expectDays(home, [0, 1]);
    await resumeDestruction.typed(deps, { confirm: [], actor: operator });
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'ok' });
    await expectDays(home, [1]);
  });

  test('in a real home refuses a clock that has jumped until an operator confirms it', async () => {
    const home = await copiesEachDay(2, { simulated: false });
    home.clock.moveTo(addDays(firstDay, 95));
    const jumped = await home.process().run('expiry');
    expect(jumped).toMatchObject({ outcome: 'blocked' });
    expect(jumped.items[0]?.reasons.join()).toMatch(/over 48 h after the ledger/);
    await expectDays(home, [0, 1]);
    await resumeDestruction.typed(home.process().deps, { confirm: ['clock'], actor: operator });
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'ok', counts: { removed: 2 } });
    await expectDays(home, []);
  });

  test('finds a source busy whose copy is being read, or is the parent of a running backup', async () => {
    const home = await copiesEachDay(2);
    keepLast(home, 1);
    const reader = home.process();
    const [oldest] = await copiesOf(home, 'acme', 'files');
    const pin = await takePin(reader.deps, oldest ?? expect.fail());
    const read = await home.process().run('expiry');
    expect(read).toMatchObject({ outcome: 'busy', counts: { busy: 1 } });
    await expectDays(home, [0, 1]);
    await releasePin(reader.deps, pin);
    home.clock.moveTo(addDays(firstDay, 120));
    const begun = await beginBackup(reader.deps, {
      ...{ tenant: 'acme', source: 'files', cadence: 'manual', takenAt: home.clock.now(), planDigest: 'p', run: 'r' },
    });
    expect(begun.outcome).toBe('begun');
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'busy' });
    expect(await openAlerts(home)).toEqual([]);
    reader.kill();
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'ok', counts: { removed: 2 } });
    await expectDays(home, []);
  });

  test.each(['CondemnCopies', 'DestroyCopyKeys', 'DeleteCopyObjects', 'RecordExpiry'])(
    'whose %s fails for good for one source goes on with the others; the next run finishes it',
    async (step) => {
      const home = await copiesEachDay(2);
      await home.source('acme', 'mail');
      const process = home.process();
      for (const day of [2, 3]) {
        home.clock.moveTo(addDays(firstDay, day));
        await process.run('backup', { source: 'mail' });
      }
      keepLast(home, 1);
      const broken = home.process({
        around: async (name, event, call) => {
          if (name === step && itemOfEvent(event) === 0) throw new InvalidError('cannot be used');
          return await call();
        },
      });
      const report = await broken.run('expiry');
      expect(report.execution.status).toBe('succeeded');
      expect(report).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 1 } });
      expect(await openAlerts(home)).toEqual(['expiry-failed acme/files']);
      expect(await copiesOf(home, 'acme', 'mail')).toHaveLength(1);
      expect(await home.process().run('expiry')).toMatchObject({ outcome: 'ok', counts: { done: 2 } });
      expect(await copiesOf(home, 'acme', 'mail')).toHaveLength(1);
      await expectDays({ ...home }, [1]);
    },
  );

  test('counts what was planned and never done as failed', async () => {
    const home = await copiesEachDay(2);
    keepLast(home, 1);
    const process = home.process({
      around: async (name, _event, call) => (name === 'CondemnCopies' ? { outcome: 'nothing' } : await call()),
    });
    expect(await process.run('expiry')).toMatchObject({ outcome: 'failed', counts: { failed: 1 } });
    expect(await openAlerts(home)).toEqual(['expiry-failed acme/files']);
  });

  test('settles its alert once the copies are gone', async () => {
    const home = await copiesEachDay(2);
    keepLast(home, 1);
    await home.process({ around: failing('DestroyCopyKeys', () => new UnavailableError('no answer')) }).run('expiry');
    expect(await openAlerts(home)).toEqual(['expiry-failed acme/files']);
    await home.process().run('expiry');
    expect(await openAlerts(home)).toEqual([]);
  });
});

describe('every step of an expiry', () => {
  test.each([
    ['twice', twice],
    ['by two at the same time', twins],
  ])('may be done %s', async (_how, around) => {
    const home = await copiesEachDay(3);
    keepLast(home, 1);
    vi.mocked(Math.random).mockRestore();
    await home.process({ around }).run('expiry');
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'ok' });
    await expectDays(home, [2]);
  });

  const steps = tasksOf(definitionOf('expiry', definitions)).map(({ functionName }) => functionName);
  // Those of AWS Backup are in managed-backup.test.ts.
  const onTheGoodPath = [...new Set(steps)].filter((name) => name !== 'RecordFault' && !name.includes('Managed'));

  test.each(onTheGoodPath)('may be the last one before the process is killed: %s', async (step) => {
    const home = await copiesEachDay(4);
    keepLast(home, 2);
    const scheduled = { scheduledAt: home.clock.now() };
    expect(await home.process({ around: dieAfter(step) }).runOrDie('expiry', scheduled)).toBe('died');
    const heir = home.process();
    expect(await heir.redrive()).toHaveLength(1);
    expect(await heir.run('expiry', scheduled)).toMatchObject({ outcome: 'ok', counts: { done: 1 } });
    await expectDays(home, [2, 3]);
    expect(await openAlerts(home)).toEqual([]);
  });
});

test('an expiry that is killed at any call of a port is finished by the next process, and no kept copy is lost', async () => {
  const counted = await copiesEachDay(4);
  keepLast(counted, 2);
  const undisturbed = counted.process();
  await undisturbed.run('expiry');
  for (const [round, dieAtCall] of sample(undisturbed.calls(), 15).entries()) {
    const home = await copiesEachDay(4);
    keepLast(home, 2);
    const killed = home.process({ dieAtCall, afterEffect: round % 2 === 0 });
    expect(await killed.runOrDie('expiry'), `call ${dieAtCall}`).toBe('died');
    // A backup comes first, as it may in life: it must not use anything that is about to go.
    if (round % 3 === 0) await home.process().redrive();
    else {
      await home.process().run('backup');
      const copies = await copiesOf(home, 'acme', 'files');
      expect(await restoredFiles(home, copies.at(-1) ?? expect.fail())).toEqual(filesOf(home.folder));
    }
    const heir = home.process();
    await heir.redrive();
    await heir.run('expiry');
    const copies = await copiesOf(home, 'acme', 'files');
    expect(copies).toHaveLength(2);
    for (const copy of copies) expect(await restoredFiles(home, copy)).not.toEqual({});
    await home.expectLedgerWhole();
    await expectTidy(home);
  }
});
