import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { damageRecords } from '../../src/records.ts';
import { checkRepository } from '../../src/repository/check.ts';
import { parseObjectKey } from '../../src/repository/object-names.ts';
import { checkCopies } from '../../src/use-cases/check-copies.ts';
import { copiesOf, filesOf, openAlerts, restoredFiles } from './checks.ts';
import { type MemoryHome, memoryHome } from './memory-home.ts';

/** A source with a copy; an hour later. */
async function oneCopy(): Promise<MemoryHome & { folder: string }> {
  const home = await memoryHome({ now: '2026-03-02T10:00:00.000Z' });
  await home.tenant('acme');
  const files = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`medium-${i}`, randomBytes(40_000)]));
  const folder = await home.source('acme', 'files', { 'a.txt': 'alpha', 'b.txt': 'beta', ...files });
  // What was touched within two seconds of being read would be read again in any case.
  await setTimeout(2_100);
  expect((await home.process().run('backup')).outcome).toBe('ok');
  home.clock.moveTo('2026-03-02T11:00:00.000Z');
  return { ...home, folder };
}

function packOf(home: MemoryHome): string {
  return [...home.objects.objects.keys()].find((key) => parseObjectKey(key)?.kind === 'pack') ?? '';
}

async function onRecord(home: MemoryHome): Promise<string[]> {
  return (await damageRecords.list(home.table, 'DAMAGED#acme/files')).map(({ value }) => `${value.kind} ${value.id}`);
}

/** The newest copy restores to what is there, and nothing that is damaged hits it. */
async function expectNewestWhole(home: MemoryHome & { folder: string }): Promise<void> {
  const newest = (await copiesOf(home, 'acme', 'files')).at(-1);
  expect(newest && (await restoredFiles(home, newest))).toEqual(filesOf(home.folder));
  const { problems } = await checkRepository(home, { readData: 'all' });
  expect(problems.flatMap(({ snapshots }) => snapshots)).not.toContain(newest?.id);
}

describe('a damaged pack', () => {
  test('that a restore test finds goes on record; the next copy is whole, which settles the alert, while older ones fail', async () => {
    const home = await oneCopy();
    const process = home.process();
    const pack = packOf(home);
    const bytes = home.objects.objects.get(pack);
    if (bytes) bytes[3] = (bytes[3] ?? 0) ^ 1;
    expect((await process.run('restore-test')).outcome).toBe('failed');
    expect(await openAlerts(home)).toEqual(['restore-test-failed acme/files']);
    expect(await onRecord(home)).toEqual([`pack ${parseObjectKey(pack)?.id}`]);
    home.clock.moveTo('2026-03-02T12:00:00.000Z');
    const report = await process.run('backup');
    expect(report.outcome).toBe('ok');
    expect(report.items[0]?.facts.readAgain).toBe(8);
    await expectNewestWhole(home);
    home.clock.moveTo('2026-03-02T13:00:00.000Z');
    const test = await process.run('restore-test');
    const [older, newest] = await copiesOf(home, 'acme', 'files');
    const verdicts = new Map(test.items.map((item) => [item.subject, item.facts.verdict]));
    expect([verdicts.get(newest?.id), verdicts.get(older?.id)]).toEqual(['passed', 'failed']);
    expect(test.outcome).toBe('failed');
    expect(await openAlerts(home)).toEqual([]);
    // New damage is news again.
    const another = [...home.objects.objects.keys()].find((key) => key.includes(`/pack/${newest?.id}`)) ?? '';
    home.objects.objects.delete(another);
    home.clock.moveTo('2026-03-02T14:00:00.000Z');
    await process.run('restore-test');
    expect(await openAlerts(home)).toEqual(['restore-test-failed acme/files']);
    await home.expectLedgerWhole();
  });

  test('that a check finds missing goes on record, and off it when it is put back and read', async () => {
    const home = await oneCopy();
    const { deps, run } = home.process();
    const pack = packOf(home);
    const bytes = home.objects.objects.get(pack) ?? Buffer.alloc(0);
    home.objects.objects.delete(pack);
    await checkCopies.typed(deps, {});
    expect(await onRecord(home)).toEqual([`pack ${parseObjectKey(pack)?.id}`]);
    home.objects.objects.set(pack, bytes);
    await checkCopies.typed(deps, {});
    expect(await onRecord(home), 'its length alone tells nothing').toHaveLength(1);
    await checkCopies.typed(deps, { readData: 'all' });
    expect(await onRecord(home)).toEqual([]);
    const { items } = await run('backup');
    expect(items[0]).toMatchObject({ status: 'done', facts: { totals: { objects: 8, addedBytes: 0 } } });
    expect(items[0]?.facts.readAgain).toBeUndefined();
  });

  test('or part that a backup meets goes on record by itself', async () => {
    const home = await oneCopy();
    const part = [...home.objects.objects.keys()].find((key) => parseObjectKey(key)?.kind === 'part') ?? '';
    home.objects.objects.delete(part);
    const report = await home.process().run('backup');
    expect(report.items[0]).toMatchObject({ status: 'done', facts: { readAgain: 8, damaged: [{}] } });
    expect(await onRecord(home)).toEqual([`part ${parseObjectKey(part)?.id}`]);
    await expectNewestWhole(home);
  });

  test('is off the record once no copy needs it', async () => {
    const home = await oneCopy();
    const { deps, run } = home.process();
    home.objects.objects.delete(packOf(home));
    await checkCopies.typed(deps, {});
    await run('backup');
    home.clock.moveTo('2026-06-20T10:00:00.000Z');
    await run('backup');
    await run('expiry', { confirmed: true });
    await checkCopies.typed(deps, {});
    expect(await copiesOf(home, 'acme', 'files')).toHaveLength(1);
    expect(await onRecord(home)).toEqual([]);
  });
});
