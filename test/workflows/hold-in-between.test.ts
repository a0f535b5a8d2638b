import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { certificates, erasureItems, holdMarks, ordinal } from '../../src/records.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { saveErasureItem } from '../../src/use-cases/erasure-state.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { releaseHold } from '../../src/use-cases/release-hold.ts';
import { openAlerts } from './checks.ts';
import { expectErased, firstDay, unpaidLife } from './erasure-life.ts';
import { type MemoryHome, memoryHome, operator, type TestProcess } from './memory-home.ts';

/** A process in which somebody places a hold when a step has asked the gate and is about to be put on record. */
function withHoldInBetween(home: MemoryHome, nth: number): { process: TestProcess; hold(): string } {
  let seen = 0;
  let hold = '';
  const bystander = home.process();
  let placing: Promise<void> | undefined;
  const place = async () => {
    const placed = await placeHold.typed(bystander.deps, { tenant: 'acme', reason: 'lawsuit', actor: operator });
    hold = placed.id;
  };
  const { pk } = holdMarks.key('acme');
  const process = home.process({
    change: (deps) => ({
      table: {
        ...deps.table,
        get: async (key) => await deps.table.get(key),
        query: async (...args) => await deps.table.query(...args),
        queryIndex: async (...args) => await deps.table.queryIndex(...args),
        transact: async (writes) => {
          if (writes.some((write) => 'check' in write && write.check.pk === pk)) {
            if (++seen === nth) placing = place();
            // Of two sources at work at once neither comes in while it is being placed.
            await placing;
          }
          await deps.table.transact(writes);
        },
      },
    }),
  });
  return { process, hold: () => hold };
}

describe('a hold that is placed between the answer of the gate and the record of the step', () => {
  test('stops the first step of an erasure: nothing is touched, and nothing says that it was', async () => {
    const life = await unpaidLife();
    const { process, hold } = withHoldInBetween(life, 1);
    await process.run('notice');
    expect(existsSync(life.folders.files) && existsSync(life.folders.mail)).toBe(true);
    const items = await erasureItems.list(life.table, `ERASURE#${life.caseId}`, { prefix: 'ITEM#' });
    expect(items.map(({ value }) => [value.stage, value.touchedAt])).toEqual([
      ['inventoried', undefined],
      ['inventoried', undefined],
    ]);
    expect(await openAlerts(life)).toEqual([`erasure-blocked ${life.caseId}`]);
    await releaseHold.typed(process.deps, { hold: hold(), reason: 'settled', actor: operator });
    life.clock.moveTo('2026-04-02T01:30:00.000Z');
    await life.process().run('notice');
    await expectErased(life);
  });

  test.each([3, 6])('stops a later one as well: record %i', async (nth) => {
    const life = await unpaidLife();
    const { process, hold } = withHoldInBetween(life, nth);
    await process.run('notice');
    expect(await certificates.list(life.table, 'CERTIFICATES')).toEqual([]);
    expect(life.keys.keys.has('tenant/acme')).toBe(true);
    await releaseHold.typed(process.deps, { hold: hold(), reason: 'settled', actor: operator });
    life.clock.moveTo('2026-04-02T01:30:00.000Z');
    await life.process().run('notice');
    await expectErased(life);
  });

  test('keeps the copies that an expiry was about to condemn', async () => {
    const home = await memoryHome({ now: firstDay });
    await home.tenant('acme');
    await home.source('acme', 'files');
    for (let day = 0; day < 4; day++) {
      home.clock.moveTo(addDays(firstDay, day));
      await home.process().run('backup');
    }
    home.plan('unattended', (plan) => ({ ...plan, retention: { retentionDays: 90, keepLast: 1 } }));
    const { process, hold } = withHoldInBetween(home, 1);
    // The step that lost is tried again, and then hears of the hold.
    expect(await process.run('expiry')).toMatchObject({ outcome: 'blocked' });
    expect(await listSnapshots(home, { tenant: 'acme', source: 'files' })).toHaveLength(4);
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'blocked' });
    await releaseHold.typed(process.deps, { hold: hold(), reason: 'settled', actor: operator });
    expect(await home.process().run('expiry')).toMatchObject({ outcome: 'ok', counts: { removed: 3 } });
  });
});

test('a step that was taken for dead changes nothing of a source that has come further meanwhile', async () => {
  const life = await unpaidLife();
  const { deps } = life.process();
  let zombie: Awaited<ReturnType<typeof read>> | undefined;
  const read = async () => (await erasureItems.read(life.table, life.caseId, ordinal(0)))?.value;
  const around = async (name: string, _event: unknown, call: () => Promise<never>) => {
    if (name === 'DeleteLive') zombie ??= await read();
    return await call();
  };
  await life.process({ around: around as never }).run('notice');
  const after = await read();
  expect(zombie?.stage).toBe('overwritten');
  expect(after?.stage).toBe('copies-dropped');
  const answered = await saveErasureItem(deps, zombie ?? expect.fail(), { stage: 'live-deleted', reasons: ['late'] });
  expect(answered).toEqual(after);
  expect(await read()).toEqual(after);
});
