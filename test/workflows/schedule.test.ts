import { expect, it } from 'vitest';
import { InvalidError } from '../../src/domain/errors.ts';
import { runRequests, systemStates } from '../../src/records.ts';
import { listSnapshots } from '../../src/repository/chain.ts';
import { tickSchedule } from '../../src/use-cases/tick-schedule.ts';
import { memoryHome } from './memory-home.ts';

/** A home shortly before the slot of its one source: `unattended` wants a daily copy at a time of the tenant's zone. */
async function waiting() {
  const home = await memoryHome({ now: '2026-03-02T00:30:00.000Z' });
  home.plan('unattended', (plan) => ({ ...plan, cadences: { daily: { cron: '0 2 * * *', windowHours: 6 } } }));
  await home.tenant('acme', { timezone: 'UTC' });
  await home.source('acme', 'files');
  await tickSchedule.typed(home.process().deps, {});
  return home;
}

it('a tick at the time of a slot makes its copy, once, also when it ticks again', async () => {
  const home = await waiting();
  home.clock.pass(90 * 60_000);
  const process = home.process();
  const tick = await tickSchedule.typed(process.deps, {});
  expect(tick).toMatchObject({ outcome: 'ticked', faults: [] });
  await process.runner.idle();
  await tickSchedule.typed(process.deps, {});
  await process.runner.idle();
  expect(await listSnapshots(process.deps, { tenant: 'acme', source: 'files' })).toHaveLength(1);
});

it('a tick at which nothing is due reads lists and no slots, however many sources there are', async () => {
  const home = await waiting();
  for (let i = 0; i < 5; i++) await home.source('acme', `more-${i}`);
  const { deps } = home.process();
  home.clock.pass(120_000);
  await tickSchedule.typed(deps, {});
  // Slots that were just made may lie beside those of an earlier plan: they are looked at once more.
  home.clock.pass(60_000);
  await tickSchedule.typed(deps, {});
  const read: string[] = [];
  const table: typeof deps.table = {
    ...deps.table,
    get: async (key) => {
      read.push(key.pk);
      return await deps.table.get(key);
    },
    query: async (pk, range) => {
      read.push(pk);
      return await deps.table.query(pk, range);
    },
    queryIndex: async (index, pk, range) => {
      read.push(pk);
      return await deps.table.queryIndex(index, pk, range);
    },
  };
  home.clock.pass(60_000);
  expect(await tickSchedule.typed({ ...deps, table }, {})).toMatchObject({ outcome: 'ticked', started: [] });
  expect(read.filter((pk) => /^S(LOTS|OURCES)#/.test(pk))).toEqual([]);
  expect(read.length).toBeLessThan(10);
});

it('a copy that failed is tried again within the hour, by a tick that looks at every source', async () => {
  const home = await waiting();
  home.clock.pass(90 * 60_000);
  const failed = home.process({
    around: async (name, _event, call) => {
      if (name === 'PlanShards') throw new InvalidError('no');
      return await call();
    },
  });
  await tickSchedule.typed(failed.deps, {});
  await failed.runner.idle();
  const sound = home.process();
  const copies = async () => (await listSnapshots(sound.deps, { tenant: 'acme', source: 'files' })).length;
  for (let minutes = 0; minutes < 49; minutes += 7) {
    home.clock.pass(7 * 60_000);
    await tickSchedule.typed(sound.deps, {});
    await sound.runner.idle();
  }
  expect(await copies()).toBe(0);
  home.clock.pass(7 * 60_000);
  await tickSchedule.typed(sound.deps, {});
  await sound.runner.idle();
  expect(await copies()).toBe(1);
});

it('of two processes one is the scheduler, and the other takes over when it is dead', async () => {
  const home = await waiting();
  const first = home.process();
  const second = home.process();
  expect(await tickSchedule.typed(first.deps, {})).toMatchObject({ outcome: 'elsewhere' });
  // The one of `waiting` holds the lease until its time is over.
  home.clock.pass(90 * 60_000);
  const ticks = [await tickSchedule.typed(first.deps, {}), await tickSchedule.typed(second.deps, {})];
  expect(ticks.map(({ outcome }) => outcome)).toEqual(['ticked', 'elsewhere']);
  await first.runner.idle();
});

it('a scheduler that dies before it has noted how far it came starts nothing twice', async () => {
  const home = await waiting();
  home.clock.pass(90 * 60_000);
  const before = (await systemStates.read(home.table, 'scheduler'))!.value;
  const process = home.process();
  await tickSchedule.typed(process.deps, {});
  await process.runner.idle();
  await home.table.transact([systemStates.write(before)]);
  await tickSchedule.typed(process.deps, {});
  await process.runner.idle();
  expect(await listSnapshots(process.deps, { tenant: 'acme', source: 'files' })).toHaveLength(1);
  expect((await runRequests.read(home.table, 'backup-daily-2026-03-02T02-00'))?.value).toMatchObject({ due: true });
});
