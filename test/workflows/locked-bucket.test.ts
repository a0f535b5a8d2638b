import { describe, expect, test } from 'vitest';
import { verifyCertificate } from '../../src/documents/verify-certificate.ts';
import type { CertificateContent } from '../../src/domain/certificate.ts';
import { certificates, erasureItems } from '../../src/records.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { mailIds, openAlerts } from './checks.ts';
import { hurried } from './deadline.ts';
import { caseOf, erasureDay, finance, firstDay } from './erasure-life.ts';
import { type LockedBucket, lockedBucket } from './locked-bucket.ts';
import { type MemoryHome, memoryHome, type ProcessOptions } from './memory-home.ts';

const lockEnds = '2026-04-20T12:00:00.000Z';

/** A tenant whose data lie in a bucket, some of them locked; due to be erased. */
async function bucketLife(locks: Record<string, string>) {
  const home = await memoryHome({ now: firstDay });
  await home.tenant('acme');
  await home.source('acme', 'bucket', {});
  const bucket = lockedBucket(home.clock);
  for (let n = 0; n < 12; n++) {
    const name = `${n % 3}/object-${n}`;
    const lockedUntil = locks[name];
    bucket.objects.set(name, { content: Buffer.from(`content ${n}`), ...(lockedUntil && { lockedUntil }) });
  }
  const open = (options: ProcessOptions = {}) =>
    home.process({ ...options, change: (deps) => ({ ...options.change?.(deps), sourceDriver: () => bucket.driver }) });
  await open().run('backup');
  await open().run('backup');
  const event = { tenant: 'acme', type: 'unpaid', invoice: '2026-77', actor: finance } as const;
  const { case: opened } = await takeFinanceEvent.typed(open().deps, event);
  await open().run('notice');
  home.clock.moveTo(erasureDay);
  return { home, bucket, open, caseId: opened?.id ?? '' };
}

async function certificateOf(home: MemoryHome, caseId: string): Promise<CertificateContent> {
  const record = (await certificates.read(home.table, caseId))?.value;
  const file = home.evidence.objects.get(record?.json ?? '') ?? Buffer.alloc(0);
  const { content, problems } = await verifyCertificate(file, { keys: await home.keys.publicKeys() });
  expect(problems).toEqual([]);
  return content ?? expect.fail('no certificate');
}

async function inventoryOf(home: MemoryHome, caseId: string) {
  const [item] = await erasureItems.list(home.table, `ERASURE#${caseId}`, { prefix: 'ITEM#' });
  return { root: item?.value.inventoryRoot, objects: item?.value.objects, touched: item?.value.touchedAt };
}

const remaining = (bucket: LockedBucket): string[] => [...bucket.objects.keys()].sort();

describe('an erasure of a bucket', () => {
  test.each([undefined, 1, 3])(
    'whose versions are locked reports them with the date, comes back for them, then certifies: time for %s objects',
    async (pace) => {
      const locked = { '0/object-3': lockEnds, '2/object-11': '2026-04-20T09:00:00.000Z' };
      const { home, bucket, open, caseId } = await bucketLife(locked);
      const slow = () => (pace === undefined ? {} : hurried(() => pace).options);
      await open(slow()).run('notice');
      expect(remaining(bucket)).toEqual(Object.keys(locked));
      // One line for the day, with the last of its hours.
      expect(await caseOf(home, caseId)).toMatchObject({
        status: 'remainder',
        nextCheckAt: lockEnds,
        remainder: [{ what: '2 objects', reason: 'S3 Object Lock (COMPLIANCE) keeps a version', until: lockEnds }],
      });
      expect(await certificates.list(home.table, 'CERTIFICATES')).toEqual([]);
      expect(mailIds(home, 'interim-report/')).toHaveLength(2);
      expect(await openAlerts(home)).toEqual([`erasure-remainder ${caseId}`]);
      const before = await inventoryOf(home, caseId);
      expect(before).toMatchObject({ objects: 12, touched: expect.any(String) as string });

      home.clock.moveTo('2026-04-20T11:30:00.000Z');
      await open(slow()).run('notice');
      expect(remaining(bucket)).toEqual(Object.keys(locked));
      expect(mailIds(home, 'interim-report/')).toHaveLength(2);

      home.clock.moveTo('2026-04-20T12:30:00.000Z');
      await open(slow()).run('notice');
      expect(remaining(bucket)).toEqual([]);
      expect((await caseOf(home, caseId)).status).toBe('closed');
      // What was listed at first counts, not what was left of it.
      expect(await inventoryOf(home, caseId)).toEqual(before);
      const content = await certificateOf(home, caseId);
      expect(content.inventory).toMatchObject({ objects: 12, copies: 2 });
      expect(content.remainder).toMatchObject([
        { what: '2 objects', until: lockEnds, goneAt: expect.any(String) as string },
      ]);
      const live = content.places.find(({ place }) => place.startsWith('live:'));
      expect(live?.steps.map(({ operation, detail }) => [operation, detail])).toEqual([
        ['look at the place', 'versioning: on'],
        ['overwriting left out', 'overwriting adds a version: all versions removed instead'],
        ['delete', '10 deleted, 2 locked; 91 bytes'],
        ['delete, once more in attempt 2', '2 deleted; 19 bytes'],
      ]);
      expect(content.sanitization.method).toBe('clear');
      expect(content.sanitization.techniques).toContain('removal of all versions');
      expect(content.sanitization.techniques).not.toContain('overwrite in place');
      expect(content.exclusions.map(({ why }) => why)).toContain('were possible during the erasure');
    },
  );

  test('under a legal hold looks again each day, and certifies nothing until it is lifted', async () => {
    const { home, bucket, open, caseId } = await bucketLife({ '1/object-4': 'never-ends' });
    bucket.facts.replication = 'to arn:aws:s3:::elsewhere: copies there were not examined';
    await open().run('notice');
    const value = await caseOf(home, caseId);
    expect(value).toMatchObject({ status: 'remainder', nextCheckAt: '2026-04-03T00:30:00.000Z' });
    expect('remainder' in value && value.remainder?.[0]?.until).toBeUndefined();
    home.clock.moveTo('2026-04-03T00:30:00.000Z');
    await open().run('notice');
    expect(await certificates.list(home.table, 'CERTIFICATES')).toEqual([]);
    expect(mailIds(home, 'interim-report/')).toHaveLength(2);
    const held = bucket.objects.get('1/object-4');
    bucket.objects.set('1/object-4', { content: held?.content ?? Buffer.alloc(0) });
    home.clock.moveTo('2026-04-04T00:30:00.000Z');
    await open().run('notice');
    expect((await caseOf(home, caseId)).status).toBe('closed');
    const { exclusions } = await certificateOf(home, caseId);
    expect(exclusions.map(({ why }) => why)).toContain(bucket.facts.replication);
  });

  test('that somebody still writes to goes through it once more', async () => {
    const { home, bucket, open, caseId } = await bucketLife({});
    const late = open({
      around: async (name, _event, call) => {
        const answer = await call();
        if (name === 'DestroyKeys') bucket.objects.set('0/late', { content: Buffer.from('written meanwhile') });
        return answer;
      },
    });
    await late.run('notice');
    expect(await caseOf(home, caseId)).toMatchObject({
      status: 'remainder',
      remainder: [{ what: '1 objects', reason: 'it is still there' }],
    });
    home.clock.moveTo('2026-04-03T01:00:00.000Z');
    await open().run('notice');
    expect(remaining(bucket)).toEqual([]);
    expect((await caseOf(home, caseId)).status).toBe('closed');
    expect((await certificateOf(home, caseId)).inventory.objects).toBe(12);
  });
});
