import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definitionOf, tasksOf } from '../../src/adapters/embedded/asl-definitions.ts';
import { ageInDays } from '../../src/domain/calendar.ts';
import { InvalidError, UnavailableError } from '../../src/domain/errors.ts';
import { managedPoints, restoreTests, slots } from '../../src/records.ts';
import { addSource } from '../../src/use-cases/add-source.ts';
import { examine } from '../../src/use-cases/examine.ts';
import { listLiveSnapshots } from '../../src/use-cases/list-snapshots.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { releaseHold } from '../../src/use-cases/release-hold.ts';
import { runControls } from '../../src/use-cases/run-controls.ts';
import { takeBackupEvent } from '../../src/use-cases/take-backup-event.ts';
import { type MemoryManagedBackup, memoryManagedBackup } from '../memory/managed-backup.ts';
import { dieAfter, failing, openAlerts, twice, twins } from './checks.ts';
import { type Around, type MemoryHome, memoryHome, operator, type RunOptions } from './memory-home.ts';

const database = 'arn:aws:rds:eu-west-1:123456789012:db:orders';
const daily = { cadence: 'daily', scheduledAt: '2026-03-03T02:00:00.000Z' } as const;

interface ManagedHome extends MemoryHome {
  managed: MemoryManagedBackup;
}

/** `acme` (plan `unattended`) with a database that AWS Backup protects. */
async function databaseHome(): Promise<ManagedHome> {
  const service: { made?: MemoryManagedBackup } = {};
  const home = await memoryHome({
    managed: (now) => {
      service.made = memoryManagedBackup(now);
      return service.made;
    },
  });
  await home.tenant('acme');
  const managed = service.made ?? expect.fail();
  const source = { tenant: 'acme', name: 'orders', kind: 'aws-backup' as const, location: database };
  await addSource.typed(home.process().deps, { source, actor: operator });
  home.clock.moveTo(daily.scheduledAt);
  return Object.assign(home, { managed });
}

const pointsOnRecord = async (home: MemoryHome) =>
  (await managedPoints.list(home.table, 'MANAGED#acme/orders')).map(({ value }) => value);

/** A day later, at the hour of the backups. */
function nextDay(home: MemoryHome, days = 1): { cadence: 'daily'; scheduledAt: string } {
  const at = new Date(Date.parse(home.clock.now()) + days * 86_400_000).toISOString();
  home.clock.moveTo(at);
  return { cadence: 'daily', scheduledAt: at };
}

describe('a backup of a source that AWS Backup protects', () => {
  test('leaves a recovery point on record that goes a day before the cap, and meets its slot', async () => {
    const home = await databaseHome();
    home.managed.faults.slowness = 2;
    const report = await home.process().run('backup', daily);
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 1 } });
    const [point] = await pointsOnRecord(home);
    expect(point).toMatchObject({ status: 'live', cadence: 'daily', bytes: 1000, takenAt: daily.scheduledAt });
    expect(point?.expiresAt).toBe('2026-05-31T02:00:00.000Z');
    expect([...home.managed.points.keys()]).toEqual([point?.arn]);
    const [slot] = await slots.list(home.table, 'SLOTS#acme/orders', { prefix: 'daily#' });
    expect(slot?.value).toMatchObject({ snapshot: point?.arn, metAt: daily.scheduledAt });
    const listed = await listLiveSnapshots.typed(home.process().deps, {});
    expect(listed).toEqual([
      {
        ...{ id: point?.arn, tenant: 'acme', source: 'orders', cadence: 'daily', takenAt: daily.scheduledAt },
        ...{ expiresAt: '2026-06-01T02:00:00.000Z', objects: 0, bytes: 1000 },
      },
    ]);
    expect(await openAlerts(home)).toEqual([]);
    await home.expectLedgerWhole();
  });

  test('whose steps all run twice starts one job and records one point', async () => {
    const home = await databaseHome();
    const around = async (_name: string, _event: unknown, call: () => Promise<never>) => {
      await call();
      return await call();
    };
    await home.process({ around: around as never }).run('backup', daily);
    expect(home.managed.jobs.size).toBe(1);
    expect(await pointsOnRecord(home)).toHaveLength(1);
    await home.expectLedgerWhole();
  });

  test('that fails there fails for this source alone; the same run, started again, makes another job', async () => {
    const home = await databaseHome();
    await home.source('acme', 'files');
    home.managed.faults.jobs = 'failed';
    const report = await home.process().run('backup', daily);
    expect(report).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 1 } });
    const failed = report.items.find(({ source }) => source === 'orders');
    expect(failed?.reasons.join()).toContain('FAILED: the resource does not answer');
    expect(await openAlerts(home)).toEqual(['backup-failed acme/orders']);
    home.managed.faults.jobs = 'completed';
    await home.process().run('backup', { source: 'orders' });
    expect(await pointsOnRecord(home)).toHaveLength(1);
    expect(await openAlerts(home)).toEqual([]);
  });

  test('that is partial is a copy that has to go, and no backup', async () => {
    const home = await databaseHome();
    home.managed.faults.jobs = 'partial';
    const report = await home.process().run('backup', daily);
    expect(report).toMatchObject({ outcome: 'failed', counts: { failed: 1 } });
    expect(await pointsOnRecord(home)).toMatchObject([{ status: 'partial' }]);
    expect(await listLiveSnapshots.typed(home.process().deps, {})).toEqual([]);
    home.managed.faults.jobs = 'completed';
    await home.process().run('backup', nextDay(home));
    await home.process().run('expiry');
    expect(await pointsOnRecord(home)).toMatchObject([{ status: 'live' }]);
    expect(home.managed.points.size).toBe(1);
  });

  test('is refused by a vault that keeps copies for longer than the plan allows', async () => {
    const home = await databaseHome();
    home.managed.rules = { name: 'tenure-test', locked: true, minRetentionDays: 120 };
    const report = await home.process().run('backup', daily);
    expect(report.items[0]?.reasons.join()).toContain('vault tenure-test keeps every copy for at least 120 days');
    expect(home.managed.jobs.size).toBe(0);
    const examined = await examine.typed(home.process().deps, {});
    expect(examined.filter(({ status }) => status === 'wrong')).toMatchObject([
      { check: 'source acme/orders', message: expect.stringContaining('at least 120 days') },
    ]);
    const source = { tenant: 'acme', name: 'more', kind: 'aws-backup' as const, location: `${database}2` };
    await expect(addSource.typed(home.process().deps, { source, actor: operator })).rejects.toMatchObject({
      code: 'invalid',
    });
  });

  test('goes on while AWS Backup does not answer for a while', async () => {
    const home = await databaseHome();
    const { describe: answer } = home.managed;
    let silent = 5;
    home.managed.describe = async (jobId) => {
      if (silent-- > 0) throw new UnavailableError('AWS Backup does not answer');
      return await answer(jobId);
    };
    expect(await home.process().run('backup', daily)).toMatchObject({ outcome: 'ok' });
    silent = 1000;
    const report = await home.process().run('backup', nextDay(home));
    expect(report).toMatchObject({ outcome: 'failed' });
    expect(report.items[0]?.reasons.join()).toContain('does not answer');
  });

  test('whose failing steps run twice says its reason once', async () => {
    const home = await databaseHome();
    for (const jobs of ['failed', 'partial'] as const) {
      home.managed.faults.jobs = jobs;
      const report = await home.process({ around: twice }).run('backup', nextDay(home));
      expect(report.items[0]?.reasons).toHaveLength(1);
    }
  });

  test('ends by what an event told, without asking AWS Backup again', async () => {
    const home = await databaseHome();
    home.managed.faults.slowness = 1_000_000;
    const { deps } = home.process();
    const around = async (name: string, _event: unknown, call: () => Promise<never>) => {
      if (name === 'CheckManagedBackup') {
        const [jobId] = home.managed.jobs.keys();
        const detail = { backupJobId: jobId, state: 'FAILED', statusMessage: 'no right to snapshot' };
        const event = { 'detail-type': 'Backup Job State Change', detail, resources: [] };
        expect(await takeBackupEvent.typed(deps, event)).toEqual({ outcome: 'noted' });
        expect(await takeBackupEvent.typed(deps, event)).toEqual({ outcome: 'ignored' });
      }
      return await call();
    };
    const report = await home.process({ around: around as never }).run('backup', daily);
    expect(report.items[0]?.reasons.join()).toContain('FAILED: no right to snapshot');
  });
});

describe('events of AWS Backup', () => {
  test('of a point that somebody else deleted take it off the record and tell the operator', async () => {
    const home = await databaseHome();
    await home.process().run('backup', daily);
    const [point] = await pointsOnRecord(home);
    const detail = { status: 'DELETED' };
    const event = { 'detail-type': 'Recovery Point State Change', detail, resources: [point?.arn ?? ''] };
    const { deps } = home.process();
    expect(await takeBackupEvent.typed(deps, event)).toEqual({ outcome: 'ignored' });
    home.managed.points.clear();
    expect(await takeBackupEvent.typed(deps, event)).toEqual({ outcome: 'lost' });
    expect(await listLiveSnapshots.typed(deps, {})).toEqual([]);
    expect(await openAlerts(home)).toEqual(['copy-lost acme/orders']);
    await home.process().run('expiry');
    expect(await pointsOnRecord(home)).toEqual([]);
    await home.expectLedgerWhole();
  });

  test('of a copy into another vault tell the operator, of one into ours nobody', async () => {
    const home = await databaseHome();
    const { deps } = home.process();
    const detail = { state: 'COMPLETED', resourceArn: database };
    const into = (vault: string) => ({
      'detail-type': 'Copy Job State Change',
      detail: { ...detail, destinationBackupVaultArn: `arn:aws:backup:eu-west-1:123456789012:backup-vault:${vault}` },
    });
    expect(await takeBackupEvent.typed(deps, into('tenure-test'))).toEqual({ outcome: 'ignored' });
    expect(await takeBackupEvent.typed(deps, into('archive'))).toEqual({ outcome: 'told' });
    expect(await openAlerts(home)).toEqual(['copy-elsewhere acme/orders']);
  });
});

describe('a restore test by AWS Backup', () => {
  test('passes when the newest point was restored, and AWS is told; what it restored is gone afterwards', async () => {
    const home = await databaseHome();
    home.managed.faults.slowness = 2;
    await home.process().run('backup', daily);
    const report = await home.process().run('restore-test');
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 1 } });
    const [point] = await pointsOnRecord(home);
    const [tested] = await restoreTests.list(home.table, 'RESTORE-TESTS#acme/orders');
    expect(tested?.value).toMatchObject({ snapshot: point?.arn, verdict: 'passed', durationMs: 300_000 });
    expect(tested?.value.reasons.join()).toContain('its content was not looked at');
    expect([...home.managed.verdicts.values()]).toEqual([{ ok: true, message: 'restored; the plan has no validator' }]);
    expect(home.managed.tests.size).toBe(0);
    const { results } = await runControls.typed(home.process().deps, {});
    const own = results.filter(({ subject }) => subject === 'acme/orders').map(({ id, status }) => `${id} ${status}`);
    expect(own).toEqual([
      ...['freshness pass', 'missed-slots pass', 'restore-tested pass', 'coverage pass', 'copy-age pass'],
    ]);
    await home.expectLedgerWhole();
  });

  test('asks the validator of the plan about the restored resource, and a refusal fails it', async () => {
    const home = await databaseHome();
    home.plan('unattended', (plan) => ({
      ...plan,
      restoreTests: { ...plan.restoreTests, validator: 'echo "looked at $TENURE_RESTORED"; exit 1' },
    }));
    await home.process().run('backup', daily);
    const report = await home.process().run('restore-test');
    expect(report.outcome).toBe('failed');
    const [tested] = await restoreTests.list(home.table, 'RESTORE-TESTS#acme/orders');
    expect(tested?.value).toMatchObject({ verdict: 'failed' });
    expect(tested?.value.reasons.join()).toContain(`looked at ${database}-awsbackup`);
    expect([...home.managed.verdicts.values()]).toEqual([{ ok: false, message: 'the validator refused it' }]);
  });

  test.each([
    ['impossible', 'not-tested', 'AWS restores no such thing for tests'],
    ['never', 'not-tested', 'AWS Backup began no restore within 3 hours'],
    ['fails', 'failed', 'FAILED: no room'],
  ] as const)('that is %s is %s, with the reason, and counts as a failure', async (restores, verdict, reason) => {
    const home = await databaseHome();
    await home.process().run('backup', daily);
    home.managed.faults.restores = restores;
    let looks = 0;
    const around = async (name: string, _event: unknown, call: () => Promise<never>) => {
      if (name === 'CheckManagedRestore' && looks++ > 2) nextDay(home);
      return await call();
    };
    const report = await home.process({ around: around as never }).run('restore-test');
    expect(report.outcome).toBe('failed');
    const [tested] = await restoreTests.list(home.table, 'RESTORE-TESTS#acme/orders');
    expect(tested?.value.verdict).toBe(verdict);
    expect(tested?.value.reasons.join()).toContain(reason);
    expect(home.managed.tests.size).toBe(0);
    expect(await openAlerts(home)).toEqual(['restore-test-failed acme/orders']);
  });

  test('whose restored resource stays behind passes, and the run says what is left', async () => {
    const home = await databaseHome();
    await home.process().run('backup', daily);
    home.managed.faults.cleanUps = 'fails';
    const report = await home.process().run('restore-test');
    expect(report.outcome).toBe('failed');
    expect(report.items[0]?.reasons.join()).toContain('is still there: it is protected');
    const [tested] = await restoreTests.list(home.table, 'RESTORE-TESTS#acme/orders');
    expect(tested?.value.verdict).toBe('passed');
  });
});

describe('expiry of recovery points', () => {
  /** Copies of three days, and the day on which the first is over the cap. */
  async function aged(): Promise<ManagedHome> {
    const home = await databaseHome();
    await home.process().run('backup', daily);
    for (const _ of [1, 2]) await home.process().run('backup', nextDay(home));
    nextDay(home, 88.5);
    return home;
  }

  test('deletes what is over the cap, and says so once AWS Backup knows it no more', async () => {
    const home = await aged();
    home.managed.faults.slowness = 3;
    const before = await pointsOnRecord(home);
    const report = await home.process().run('expiry');
    expect(report).toMatchObject({ outcome: 'ok', counts: { done: 1, removed: 1 } });
    const after = await pointsOnRecord(home);
    expect(before.map(({ arn }) => arn).filter((arn) => !after.some((point) => point.arn === arn))).toHaveLength(1);
    expect([...home.managed.points.keys()].sort()).toEqual(after.map(({ arn }) => arn).sort());
    await home.expectLedgerWhole();
  });

  test.each(['says-so', 'expired'] as const)(
    'that AWS Backup only claims (%s) fails, and the point stays on record',
    async (deletions) => {
      const home = await aged();
      home.managed.faults.deletions = deletions;
      const report = await home.process().run('expiry');
      expect(report.outcome).toBe('failed');
      expect(report.items[0]?.reasons.join()).toContain('is said to be deleted and is still there');
      expect((await pointsOnRecord(home)).map(({ status }) => status).sort()).toEqual(['condemned', 'live', 'live']);
      expect(await openAlerts(home)).toContain('expiry-failed acme/orders');
      home.managed.faults.deletions = 'works';
      await home.process().run('expiry');
      expect(await pointsOnRecord(home)).toHaveLength(2);
      expect(await openAlerts(home)).toEqual([]);
    },
  );

  test('stops at a hold that is placed between two points, and goes on after its release', async () => {
    const home = await aged();
    nextDay(home, 1);
    const { delete: remove } = home.managed;
    let held = '';
    home.managed.delete = async (arn) => {
      const answer = await remove(arn);
      held ||= (await placeHold.typed(home.process().deps, { tenant: 'acme', reason: 'lawsuit', actor: operator })).id;
      return answer;
    };
    const report = await home.process().run('expiry');
    expect(report).toMatchObject({ outcome: 'blocked', counts: { removed: 1 } });
    expect((await pointsOnRecord(home)).map(({ status }) => status).sort()).toEqual(['condemned', 'live']);
    await releaseHold.typed(home.process().deps, { hold: held, reason: 'settled', actor: operator });
    await home.process().run('expiry');
    expect(await pointsOnRecord(home)).toHaveLength(1);
    await home.expectLedgerWhole();
  });

  test('that takes AWS Backup longer than a run is looked at again by the next', async () => {
    const home = await aged();
    home.managed.faults.slowness = 40;
    const report = await home.process().run('expiry');
    expect(report.outcome).toBe('busy');
    expect(await pointsOnRecord(home)).toHaveLength(3);
    await home.process().run('expiry');
    expect(await pointsOnRecord(home)).toHaveLength(2);
  });
});

describe('every step with AWS Backup', () => {
  const definitions = join(import.meta.dirname, '../../state-machines');
  const stepsOf = (machine: 'backup' | 'restore-test' | 'expiry') =>
    tasksOf(definitionOf(machine, definitions))
      .map(({ functionName }) => functionName)
      .filter((name) => name.includes('Managed'));

  /** A backup, a restore test and, after 89 days with another backup, an expiry. */
  async function life(home: ManagedHome, around: Around): Promise<number> {
    let deaths = 0;
    const through = async (machine: 'backup' | 'restore-test' | 'expiry', asked: RunOptions) => {
      if ((await home.process({ around }).runOrDie(machine, asked)) === 'ended') return;
      deaths++;
      await home.process().redrive();
    };
    await through('backup', daily);
    await through('restore-test', { scheduledAt: home.clock.now() });
    nextDay(home, 90.5);
    await through('backup', { cadence: 'daily', scheduledAt: home.clock.now() });
    await through('expiry', { scheduledAt: home.clock.now() });
    return deaths;
  }

  async function expectOneCopy(home: ManagedHome): Promise<void> {
    const points = await pointsOnRecord(home);
    expect(points).toMatchObject([{ status: 'live', takenAt: home.clock.now() }]);
    expect([...home.managed.points.keys()]).toEqual(points.map(({ arn }) => arn));
    expect(home.managed.jobs.size).toBe(2);
    expect(home.managed.tests.size).toBe(0);
    const tests = await restoreTests.list(home.table, 'RESTORE-TESTS#acme/orders');
    expect(tests.map(({ value }) => value.verdict)).toEqual(['passed']);
    expect([...home.rows.keys()].filter((key) => key.includes('MANAGED-JOB'))).toEqual([]);
    await home.expectLedgerWhole();
  }

  test.each([
    ['twice', twice],
    ['by two at the same time', twins],
  ])('may be done %s', async (_title, around) => {
    const home = await databaseHome();
    await life(home, around);
    await expectOneCopy(home);
  });

  test.each([...stepsOf('backup'), ...stepsOf('restore-test'), ...stepsOf('expiry')])(
    'may be the last one before the process is killed: %s',
    async (step) => {
      const home = await databaseHome();
      expect(await life(home, dieAfter(step))).toBeGreaterThan(0);
      await expectOneCopy(home);
    },
  );

  test.each([...stepsOf('backup'), ...stepsOf('restore-test'), ...stepsOf('expiry')])(
    'may fail for good, and the next run makes up for it: %s',
    async (step) => {
      const home = await databaseHome();
      const fault = failing(step, () => new InvalidError('it fails for good'), 1);
      await home.process({ around: fault }).run('backup', daily);
      await home.process().run('backup', nextDay(home));
      await home.process({ around: fault }).run('restore-test');
      await home.process().run('restore-test');
      nextDay(home, 89.5);
      await home.process().run('backup', { cadence: 'daily', scheduledAt: home.clock.now() });
      await home.process({ around: fault }).run('expiry');
      await home.process().run('expiry');
      const now = home.clock.now();
      expect((await pointsOnRecord(home)).every(({ takenAt }) => ageInDays(takenAt, now) <= 90)).toBe(true);
      await home.expectLedgerWhole();
    },
  );
});
