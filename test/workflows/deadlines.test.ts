import { describe, expect, test } from 'vitest';
import { proveInInventory } from '../../src/documents/inventory.ts';
import { verifyCertificate } from '../../src/documents/verify-certificate.ts';
import { addDays } from '../../src/domain/calendar.ts';
import type { CertificateContent } from '../../src/domain/certificate.ts';
import { certificates, erasureItems, packCoverages, restoreTests, runItems } from '../../src/records.ts';
import { copiesOf, dieAfter, expectTidy, filesOf, restoredFiles, sample, twice, twins } from './checks.ts';
import { hurried } from './deadline.ts';
import { expectErased, type Life, sweepOf, unpaidLife } from './erasure-life.ts';
import { type MemoryHome, memoryHome, writeFiles } from './memory-home.ts';

const firstDay = '2026-03-02T10:00:00.000Z';
/** Looks at the clock that a call has; the first of them comes after something was done. */
const paces = [1, 2, 3, 7];

/** More files than a leg has time for, some of them behind folders. */
const manyFiles = Object.fromEntries(
  Array.from({ length: 30 }, (_, n) => [`folder-${n % 4}/${n % 3 === 0 ? 'deep/' : ''}file-${n}`, `content ${n}`]),
);

/** What an object of a test says that does not depend on the place or the hour. */
async function verdictsOf(home: MemoryHome, run: string) {
  const items = (await runItems.list(home.table, `RUN#${run}`, { prefix: 'ITEM#' })).map(({ value }) => value);
  const tests = (await restoreTests.list(home.table, 'RESTORE-TESTS#acme/files')).map(({ value }) => value);
  return {
    items: items.map(({ status, source, subject, facts, reasons, leg }) => {
      const { durationMs: _clock, ...lasting } = facts;
      return { status, source, subject, facts: lasting, reasons, leg };
    }),
    tests: tests.map(({ durationMs: _clock, testedAt: _at, ...test }) => test),
    coverage: (await packCoverages.read(home.table, 'acme', 'files'))?.value,
  };
}

async function tested(pace?: number, spoil?: (home: MemoryHome) => void) {
  const home = await memoryHome({ now: firstDay });
  await home.tenant('acme');
  await home.source('acme', 'files', manyFiles);
  await home.process().run('backup');
  spoil?.(home);
  const slow = hurried(() => pace ?? Number.POSITIVE_INFINITY);
  const report = await home.process(pace === undefined ? {} : slow.options).run('restore-test');
  return { home, slow, verdicts: await verdictsOf(home, report.run), report };
}

/** Damages some of the stored data, the same in each home. */
function damage(home: MemoryHome): void {
  for (const [key, bytes] of home.objects.objects) {
    if (key.includes('/pack/')) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  }
}

const withoutIds = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(/[0-9a-f]{20}(\/[0-9a-f-]+)*|[0-9a-f]{12,}/g, 'id')
      .replaceAll(/\d+ of (\d+) frames/g, 'some of $1 frames'),
  );

describe('a restore test whose steps have little time', () => {
  test.each(paces)('comes to the same verdicts as one that has all the time: %i looks at the clock', async (pace) => {
    const whole = await tested();
    const { home, slow, verdicts, report } = await tested(pace);
    expect(report).toMatchObject({ outcome: 'ok' });
    expect(withoutIds(verdicts)).toEqual(withoutIds(whole.verdicts));
    for (const step of ['RestoreIntoScratch', 'CompareRestored', 'ReadPacks'])
      expect(slow.calls.get(step)?.more, step).toBeGreaterThan(1);
    expect(await home.process().deps.scratch.list()).toEqual([]);
  });

  test('counts damage once, whichever leg meets it', async () => {
    const whole = await tested(undefined, damage);
    const { verdicts } = await tested(2, damage);
    expect(whole.verdicts.tests.map(({ verdict }) => verdict)).toEqual(['failed']);
    expect(withoutIds(verdicts)).toEqual(withoutIds(whole.verdicts));
  });

  test('may be killed between any two legs', async () => {
    const whole = await tested();
    for (const [step, nth] of [
      ...[1, 4, 9].map((n) => ['RestoreIntoScratch', n] as const),
      ...[1, 5].flatMap((n) => [['CompareRestored', n] as const, ['ReadPacks', n] as const]),
    ]) {
      const home = await memoryHome({ now: firstDay });
      await home.tenant('acme');
      await home.source('acme', 'files', manyFiles);
      await home.process().run('backup');
      const first = hurried(() => 2, dieAfter(step, nth));
      expect(await home.process(first.options).runOrDie('restore-test'), `${step} ${nth}`).toBe('died');
      const heir = home.process(hurried(() => 2).options);
      const [taken] = await heir.redrive();
      expect(withoutIds(await verdictsOf(home, taken?.name ?? '')), `${step} ${nth}`).toEqual(
        withoutIds(whole.verdicts),
      );
    }
  });

  test.each([['twice', twice] as const, ['by two at the same time', twins] as const])(
    'may have each leg done %s',
    async (_how, around) => {
      const home = await memoryHome({ now: firstDay });
      await home.tenant('acme');
      await home.source('acme', 'files', manyFiles);
      await home.process().run('backup');
      const report = await home.process(hurried(() => 3, around).options).run('restore-test');
      expect(report).toMatchObject({ outcome: 'ok' });
    },
  );
});

async function certificateOf(life: Life): Promise<CertificateContent> {
  const record = (await certificates.read(life.table, life.caseId))?.value;
  const file = life.evidence.objects.get(record?.json ?? '') ?? Buffer.alloc(0);
  const { content } = await verifyCertificate(file, { keys: await life.keys.publicKeys() });
  return content ?? expect.fail('no certificate');
}

/** What a certificate says, without ids, hours, places on the disk and the root, which hangs on random salts. */
async function said(life: Life) {
  const { inventory, places, sanitization, remainder, exclusions } = await certificateOf(life);
  return {
    inventory: {
      ...inventory,
      merkleRoot: undefined,
      sources: inventory.sources.map(({ merkleRoot: _salted, location: _folder, ...source }) => source),
    },
    places: places.map(({ place, steps }) => ({
      place: place.replace(life.dir, ''),
      steps: steps.map(({ operation, result, detail }) => ({
        operation,
        result,
        detail: operation === 'remove traces of the scope' ? '' : detail,
      })),
    })),
    ...{ sanitization, remainder, exclusions },
  };
}

/** Each line of the mailed inventories proves itself under the root that the certificate states. */
async function expectProofs(life: Life): Promise<string[]> {
  const [mail] = life.mailer.sent.filter(({ id }) => id.startsWith('deletion-report/'));
  const paths: string[] = [];
  for (const { source, merkleRoot } of (await certificateOf(life)).inventory.sources) {
    const file = mail?.attachments?.find(({ filename }) => filename === `inventory-${source}.jsonl`)?.content;
    for (const line of (file ?? Buffer.alloc(0)).toString().trim().split('\n')) {
      const { path } = JSON.parse(line) as { path: string };
      expect(proveInInventory(file ?? Buffer.alloc(0), path, merkleRoot ?? ''), path).toMatchObject({ ok: true });
      paths.push(`${source} ${path}`);
    }
  }
  return paths;
}

async function livedWith(files: Record<string, string>): Promise<Life> {
  const life = await unpaidLife();
  writeFiles(life.folders.files, files);
  return life;
}

describe('an erasure whose steps have little time', () => {
  test.each(paces)('says the same on its certificate as one that has all: %i looks at the clock', async (pace) => {
    const whole = await livedWith(manyFiles);
    await whole.process().run('notice');
    await expectErased(whole);
    const life = await livedWith(manyFiles);
    const slow = hurried(() => pace);
    await life.process(slow.options).run('notice');
    await expectErased(life);
    expect(await said(life)).toEqual(await said(whole));
    expect(await expectProofs(life)).toEqual(await expectProofs(whole));
    for (const step of ['TakeInventory', 'OverwritePass', 'DeleteLive'])
      expect(slow.calls.get(step)?.more, step).toBeGreaterThan(2);
    if (pace === 1) expect(slow.calls.get('SweepSurvivors')?.more).toBeGreaterThan(1);
    expect([...life.evidence.objects.keys()].filter((key) => key.includes('/inventory/'))).toEqual([]);
    const items = await erasureItems.list(life.table, `ERASURE#${life.caseId}`, { prefix: 'ITEM#' });
    expect(items.map(({ value }) => value.leg)).toEqual([undefined, undefined]);
  });

  test('may be killed between any two legs: nothing is counted twice', async () => {
    const whole = await livedWith(manyFiles);
    await whole.process().run('notice');
    const expected = await said(whole);
    for (const [step, nth] of [
      ...[1, 3, 10].map((n) => ['TakeInventory', n] as const),
      ...[1, 2, 13].map((n) => ['OverwritePass', n] as const),
      ...[1, 2, 8].map((n) => ['DeleteLive', n] as const),
      ...['DropCopies', 'DestroyKeys', 'SweepSurvivors'].map((step) => [step, 1] as const),
    ]) {
      const life = await livedWith(manyFiles);
      const first = hurried(() => 3, dieAfter(step, nth));
      expect(await life.process(first.options).runOrDie('notice', sweepOf(life)), `${step} ${nth}`).toBe('died');
      await life.process(hurried(() => 3).options).redrive();
      await expectErased(life);
      expect(await said(life), `${step} ${nth}`).toEqual(expected);
    }
  });

  test('may be killed at any call of a port', async () => {
    const slow = () => hurried(() => 4).options;
    const counted = await livedWith(manyFiles);
    const undisturbed = counted.process(slow());
    await undisturbed.run('notice');
    const expected = await said(counted);
    for (const [round, dieAtCall] of sample(undisturbed.calls(), 12).entries()) {
      const life = await livedWith(manyFiles);
      const killed = life.process({ ...slow(), dieAtCall, afterEffect: round % 2 === 0 });
      expect(await killed.runOrDie('notice'), `call ${dieAtCall}`).toBe('died');
      const heir = life.process(slow());
      await heir.redrive();
      life.clock.moveTo('2026-04-02T01:30:00.000Z');
      await heir.run('notice');
      await expectErased(life);
      const { inventory } = await said(life);
      expect(inventory, `call ${dieAtCall}`).toEqual(expected.inventory);
      await expectProofs(life);
    }
  });

  test.each([['twice', twice] as const, ['by two at the same time', twins] as const])(
    'may have each leg done %s',
    async (_how, around) => {
      const life = await livedWith(manyFiles);
      await life.process(hurried(() => 3, around).options).run('notice');
      life.clock.moveTo('2026-04-02T01:30:00.000Z');
      await life.process().run('notice');
      await expectErased(life);
      await expectProofs(life);
    },
  );
});

test('an expiry whose steps have little time removes the same, and counts it', async () => {
  const days = 6;
  const reports = [];
  for (const pace of [undefined, 1, 2]) {
    const home = await memoryHome({ now: firstDay });
    await home.tenant('acme');
    const folder = await home.source('acme', 'files');
    for (let day = 0; day < days; day++) {
      home.clock.moveTo(addDays(firstDay, day));
      writeFiles(folder, { 'a.txt': `day ${day}`, [`only-${day}.txt`]: `${day}`.repeat(20_000) });
      await home.process().run('backup');
    }
    home.plan('unattended', (plan) => ({ ...plan, retention: { retentionDays: 90, keepLast: 2 } }));
    const slow = hurried(() => pace ?? Number.POSITIVE_INFINITY);
    const report = await home.process(pace === undefined ? {} : slow.options).run('expiry');
    const [copy] = (await copiesOf(home, 'acme', 'files')).slice(-1);
    expect(await restoredFiles(home, copy ?? expect.fail())).toEqual(filesOf(folder));
    await expectTidy(home);
    if (pace === 1) expect(slow.calls.get('DeleteCopyObjects')?.more).toBeGreaterThan(1);
    const facts = report.items.map(({ facts: { removed, objectsDeleted, keysDestroyed } }) => [
      removed,
      objectsDeleted,
      keysDestroyed,
    ]);
    reports.push({ outcome: report.outcome, counts: report.counts, facts });
  }
  expect(reports[0]).toMatchObject({ outcome: 'ok', counts: { removed: 4 } });
  expect(reports[1]).toEqual(reports[0]);
  expect(reports[2]).toEqual(reports[0]);
});
