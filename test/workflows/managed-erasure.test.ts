import { describe, expect, test } from 'vitest';
import { readCertificateFile } from '../../src/documents/certificate-file.ts';
import type { CertificateContent } from '../../src/domain/certificate.ts';
import type { Tenant } from '../../src/domain/tenant.ts';
import { certificates, erasureItems, erasures, managedPoints } from '../../src/records.ts';
import { addSource } from '../../src/use-cases/add-source.ts';
import { attestErasure } from '../../src/use-cases/attest-erasure.ts';
import { changeCase } from '../../src/use-cases/change-case.ts';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { releaseHold } from '../../src/use-cases/release-hold.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { type MemoryManagedBackup, memoryManagedBackup } from '../memory/managed-backup.ts';
import { dieAfter, twice } from './checks.ts';
import { caseOf, erasureDay, firstDay, sweepOf } from './erasure-life.ts';
import { type Around, finance, type MemoryHome, memoryHome, operator } from './memory-home.ts';

const database = 'arn:aws:rds:eu-west-1:123456789012:db:orders';
const proof = { by: 'Dora Database', evidence: 'change 4711: instance deleted, final snapshot declined' };

interface ManagedLife extends MemoryHome {
  managed: MemoryManagedBackup;
  caseId: string;
}

/**
 * `acme` has a database with two recovery points of its own, and one that somebody else has made; unpaid on the first day. The
 * clock stands at the day of the erasure.
 */
async function unpaidDatabase(change: { sharedWith?: string; tenant?: Partial<Tenant> } = {}): Promise<ManagedLife> {
  const service: { made?: MemoryManagedBackup } = {};
  const home = await memoryHome({
    now: firstDay,
    managed: (now) => {
      service.made = memoryManagedBackup(now);
      return service.made;
    },
  });
  const managed = service.made ?? expect.fail();
  await home.tenant('acme', change.tenant);
  const owners = ['acme', ...(change.sharedWith === undefined ? [] : [change.sharedWith])];
  if (change.sharedWith !== undefined) await home.tenant(change.sharedWith);
  for (const tenant of owners) {
    const source = { tenant, name: 'orders', kind: 'aws-backup' as const, location: database };
    await addSource.typed(home.process().deps, { source, actor: operator });
  }
  const process = home.process();
  await process.run('backup');
  const { case: opened } = await takeFinanceEvent.typed(process.deps, {
    ...{ tenant: 'acme', type: 'unpaid', invoice: '2026-77', actor: finance },
  });
  await process.run('notice');
  home.clock.moveTo('2026-03-03T10:00:00.000Z');
  await process.run('backup');
  home.clock.moveTo(erasureDay);
  return Object.assign(home, { managed, caseId: opened?.id ?? '' });
}

const remainderOf = async (home: ManagedLife) =>
  ((await erasures.read(home.table, home.caseId))?.value.remainder ?? []).filter(({ goneAt }) => goneAt === undefined);

/** The sweep of a later day, which tries again. */
async function sweepAgain(home: ManagedLife, days = 1): Promise<void> {
  home.clock.moveTo(new Date(Date.parse(home.clock.now()) + days * 86_400_000).toISOString());
  await home.process().run('notice', sweepOf(home));
}

async function attest(home: ManagedLife): Promise<void> {
  await attestErasure.typed(home.process().deps, { case: home.caseId, source: 'orders', ...proof, actor: operator });
}

async function certificateOf(home: ManagedLife): Promise<CertificateContent> {
  const record = (await certificates.read(home.table, home.caseId))?.value ?? expect.fail('no certificate');
  return readCertificateFile(home.evidence.objects.get(record.json) ?? Buffer.alloc(0)).content;
}

describe('the erasure of a source that AWS Backup protects', () => {
  test('deletes every recovery point, and is certified once an operator has attested the rest', async () => {
    const home = await unpaidDatabase();
    home.managed.hold({ resource: database });
    home.managed.faults.slowness = 2;
    await home.process().run('notice', sweepOf(home));
    expect(home.managed.points.size).toBe(0);
    expect((await caseOf(home, home.caseId)).status).toBe('remainder');
    expect(await remainderOf(home)).toMatchObject([
      { place: `live: aws-backup ${database}`, what: 'the resource itself', reason: expect.stringContaining('attest') },
    ]);
    home.clock.moveTo('2026-04-02T12:00:00.000Z');
    await attest(home);
    await sweepAgain(home);
    expect((await caseOf(home, home.caseId)).status).toBe('closed');
    const content = await certificateOf(home);
    const vault = content.places.find(({ place }) => place === 'AWS Backup vault tenure-test');
    expect(vault?.steps).toMatchObject([
      {
        operation: 'delete recovery points of orders',
        result: 'verified',
        detail: '3 recovery points (3000 bytes) deleted, 0 left',
      },
    ]);
    const live = content.places.find(({ place }) => place === `live: aws-backup ${database}`);
    expect(live?.steps).toMatchObject([{ result: 'attested', detail: `attested by ${proof.by}: ${proof.evidence}` }]);
    expect(content.inventory).toMatchObject({ objects: 0, copies: 3 });
    expect(content.inventory.sources[0]?.merkleRoot).toMatch(/^[0-9a-f]{64}$/);
    expect(content.sanitization.method).toBe('clear');
    expect(content.remainder).toMatchObject([{ what: 'the resource itself' }]);
    expect(content.exclusions.map(({ what }) => what).join()).toContain('other Regions and accounts');
    expect(content.exclusions.map(({ what }) => what).join()).not.toContain('gone before');
    expect(await managedPoints.all(home.table)).toEqual([]);
    expect(JSON.stringify([...home.rows.values()].filter(({ pk }) => pk.startsWith('LEDGER#')))).not.toContain(
      'arn:aws',
    );
    await home.expectLedgerWhole();
  });

  test('is never certified without what an operator attests', async () => {
    const home = await unpaidDatabase();
    for (let day = 0; day < 5; day++) await sweepAgain(home);
    expect((await caseOf(home, home.caseId)).status).toBe('remainder');
    expect(await certificates.list(home.table, 'CERTIFICATES')).toEqual([]);
  });

  test.each(['says-so', 'expired'] as const)(
    'that AWS Backup only claims (%s) is remainder until the points are gone',
    async (deletions) => {
      const home = await unpaidDatabase();
      home.managed.faults.deletions = deletions;
      await home.process().run('notice', sweepOf(home));
      await attest(home);
      const [left] = await remainderOf(home);
      expect(left).toMatchObject({ place: 'AWS Backup vault tenure-test', what: 'recovery points of orders' });
      expect(left?.reason).toContain('2 stay: it is said to be deleted and is still there');
      await sweepAgain(home);
      expect((await caseOf(home, home.caseId)).status).toBe('remainder');
      home.managed.faults.deletions = 'works';
      await sweepAgain(home);
      expect((await caseOf(home, home.caseId)).status).toBe('closed');
      const vault = (await certificateOf(home)).places.find(({ place }) => place === 'AWS Backup vault tenure-test');
      expect(vault?.steps.map(({ result, detail }) => `${result}: ${detail}`)).toEqual([
        'done: 0 recovery points (0 bytes) deleted, 2 left',
        'verified: 2 recovery points (2000 bytes) deleted, 0 left',
      ]);
    },
  );

  test('says from when a locked vault gives its points back', async () => {
    const home = await unpaidDatabase();
    home.managed.faults.lockedUntil = '2026-05-01T00:00:00.000Z';
    await home.process().run('notice', sweepOf(home));
    await attest(home);
    expect(await remainderOf(home)).toMatchObject([
      {
        place: 'AWS Backup vault tenure-test',
        until: '2026-05-01T00:00:00.000Z',
        reason: '2 stay: the vault is locked',
      },
      { place: `live: aws-backup ${database}` },
    ]);
    await sweepAgain(home, 40);
    expect(home.managed.points.size).toBe(0);
    expect((await caseOf(home, home.caseId)).status).toBe('closed');
  });

  test('waits for points in other vaults, for running backups, and tells of a point that was released', async () => {
    const home = await unpaidDatabase();
    const deleteAt = '2026-04-10T00:00:00.000Z';
    const copy = home.managed.hold({ resource: database, vault: 'archive', deleteAt });
    home.managed.hold({ resource: database, status: 'available', continuous: true });
    home.managed.faults.slowness = 100;
    await home.managed.start({ resource: database, name: 'by hand', deleteAfterDays: 1 });
    home.managed.faults.slowness = 0;
    await home.process().run('notice', sweepOf(home));
    await attest(home);
    const left = await remainderOf(home);
    expect(left.map(({ place, what }) => `${place}: ${what}`)).toEqual([
      'AWS Backup vault tenure-test: recovery points of orders',
      'AWS Backup vault tenure-test: a running backup of orders',
      'AWS Backup vault archive: recovery points of orders',
      `live: aws-backup ${database}: the resource itself`,
    ]);
    expect(left[2]?.until).toBe(deleteAt);
    for (const jobId of home.managed.jobs.keys()) await home.managed.describe(jobId);
    home.managed.points.delete(copy.arn);
    await sweepAgain(home);
    expect((await caseOf(home, home.caseId)).status).toBe('closed');
    const vault = (await certificateOf(home)).places.find(({ place }) => place === 'AWS Backup vault tenure-test');
    expect(vault?.steps[0]).toMatchObject({
      result: 'done',
      detail: expect.stringContaining('released to the service'),
    });
  });

  test('stops at a hold that is placed between two points, and goes on after its release', async () => {
    const home = await unpaidDatabase();
    const { delete: remove } = home.managed;
    let held = '';
    home.managed.delete = async (arn) => {
      const answer = await remove(arn);
      held ||= (await placeHold.typed(home.process().deps, { tenant: 'acme', reason: 'lawsuit', actor: operator })).id;
      return answer;
    };
    await home.process().run('notice', sweepOf(home));
    expect(home.managed.points.size).toBe(1);
    await sweepAgain(home);
    expect(home.managed.points.size).toBe(1);
    await releaseHold.typed(home.process().deps, { hold: held, reason: 'settled', actor: operator });
    await sweepAgain(home);
    expect(home.managed.points.size).toBe(0);
    await attest(home);
    await sweepAgain(home, 2);
    expect((await caseOf(home, home.caseId)).status).toBe('closed');
  });

  test('waits for a restore test that runs, and asks to attest what a test has left', async () => {
    const home = await unpaidDatabase();
    home.managed.faults.cleanUps = 'fails';
    await home.process().run('restore-test');
    home.managed.faults.cleanUps = 'works';
    const around: Around = async (name, _event, call, process) => {
      const answer = await call();
      if (name === 'CheckManagedRestore') process.kill();
      return answer;
    };
    expect(await home.process({ around }).runOrDie('restore-test', { source: 'orders' })).toBe('died');
    await home.process().run('notice', sweepOf(home));
    const left = await remainderOf(home);
    expect(left.map(({ what }) => what)).toContain('the resource itself');
    expect(left.find(({ what }) => what.startsWith('restored by'))?.reason).toContain('a restore test runs');
    expect(left.find(({ what }) => what === 'the resource itself')?.reason).toContain('which a test has left');
    await attest(home);
    await sweepAgain(home, 3);
    expect((await caseOf(home, home.caseId)).status).toBe('closed');
  });

  test.each([
    ['is done twice', twice],
    ['is killed after DropCopies', dieAfter('DropCopies')],
    ['is killed after TakeInventory', dieAfter('TakeInventory')],
    ['is killed after SweepSurvivors', dieAfter('SweepSurvivors')],
  ] as [string, Around][])('ends the same when every step %s', async (_title, around) => {
    const home = await unpaidDatabase();
    if ((await home.process({ around }).runOrDie('notice', sweepOf(home))) === 'died') await home.process().redrive();
    await attest(home);
    await sweepAgain(home);
    expect((await caseOf(home, home.caseId)).status).toBe('closed');
    const vault = (await certificateOf(home)).places.find(({ place }) => place === 'AWS Backup vault tenure-test');
    expect(vault?.steps.map(({ detail }) => detail)).toEqual(['2 recovery points (2000 bytes) deleted, 0 left']);
    await home.expectLedgerWhole();
  });
});

describe('the erasure of one customer in a shared database', () => {
  test('deletes the points made for it alone, and waits until those of others have expired', async () => {
    const home = await unpaidDatabase({ sharedWith: 'other' });
    await home.process().run('notice', sweepOf(home));
    const others = (await managedPoints.list(home.table, 'MANAGED#other/orders')).map(({ value }) => value);
    expect([...home.managed.points.keys()].sort()).toEqual(others.map(({ arn }) => arn).sort());
    const last = others
      .map(({ expiresAt }) => expiresAt)
      .sort()
      .at(-1);
    expect(await remainderOf(home)).toMatchObject([
      { what: 'shared recovery points of orders', reason: expect.stringContaining('2 of them'), until: last },
      { what: 'the resource itself' },
    ]);
    home.clock.moveTo('2026-04-02T12:00:00.000Z');
    await attest(home);
    // Taken after the rows were deleted: it holds nothing of them.
    home.clock.moveTo('2026-04-03T12:00:00.000Z');
    await home.process().run('backup', { tenant: 'other' });
    await sweepAgain(home);
    expect(await remainderOf(home)).toMatchObject([{ what: 'shared recovery points of orders' }]);
    for (const { arn } of others) home.managed.points.delete(arn);
    // It was said when the last of them would be gone: nobody looks before.
    await sweepAgain(home, 60);
    expect((await caseOf(home, home.caseId)).status).toBe('closed');
    expect(home.managed.points.size).toBe(1);
    expect((await certificateOf(home)).remainder.map(({ what }) => what)).toContain('shared recovery points of orders');
  });

  test('of which a case names a part deletes no point', async () => {
    const home = await unpaidDatabase();
    const { deps } = home.process();
    await changeCase.typed(deps, { case: home.caseId, change: { type: 'cancel' }, actor: operator });
    const opened = await openCase.typed(deps, {
      ...{ tenant: 'acme', source: 'orders', paths: ['schema/gulls/'], reason: 'obsolete', actor: operator },
    });
    expect(opened.scope.paths).toEqual(['schema/gulls/']);
    const part = { ...home, caseId: opened.id };
    await home.process().run('notice', sweepOf(home));
    await sweepAgain(part, 32);
    await sweepAgain(part, 2);
    expect(home.managed.points.size).toBe(2);
    expect((await remainderOf(part)).map(({ what }) => what)).toEqual([
      'shared recovery points of orders',
      'schema/gulls/ in the resource',
    ]);
  });
});

describe('an attestation', () => {
  test('is refused before the erasure has begun, twice, for others’ sources, and by others than an operator', async () => {
    const home = await unpaidDatabase();
    await home.source('acme', 'files');
    const { deps } = home.process();
    const asked = { case: home.caseId, source: 'orders', ...proof, actor: operator };
    await expect(attestErasure.typed(deps, asked)).rejects.toMatchObject({ code: 'blocked' });
    await home.process().run('notice', sweepOf(home));
    await expect(attestErasure.typed(deps, { ...asked, actor: finance })).rejects.toMatchObject({ code: 'blocked' });
    await expect(attestErasure.typed(deps, { ...asked, source: 'files' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(attestErasure.typed(deps, { ...asked, source: 'none' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(attestErasure.typed(deps, { ...asked, case: 'c-0' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(attestErasure.typed(deps, { ...asked, evidence: ' ' })).rejects.toMatchObject({ code: 'invalid' });
    await attest(home);
    await expect(attestErasure.typed(deps, asked)).rejects.toMatchObject({ code: 'conflict' });
    const items = await erasureItems.list(home.table, `ERASURE#${home.caseId}`, { prefix: 'ITEM#' });
    expect(items.map(({ value }) => value.attested)).toEqual([undefined, expect.objectContaining(proof)]);
    await home.expectLedgerWhole();
  });
});
