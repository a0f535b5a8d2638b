import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deps } from '../../src/deps.ts';
import { addDays, addHours, addMs } from '../../src/domain/calendar.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { type Slot, slotsBetween } from '../../src/domain/slots.ts';
import type { Source } from '../../src/domain/source.ts';
import type { Tenant } from '../../src/domain/tenant.ts';
import { slotHorizons, slots, sources, tenants } from '../../src/records.ts';
import { meetSlot, scheduleSlots } from '../../src/use-cases/schedule-slots.ts';
import { fixedClock, memoryTable } from '../memory-ports.ts';

type Cadences = Plan['cadences'];
const nightly: Cadences = { daily: { cron: '0 2 * * *', windowHours: 6 } };
const both: Cadences = { ...nightly, weekly: { cron: '0 3 * * 0', windowHours: 12 } };

/** A source of a tenant in Berlin, added at `now`, whose plan a test changes. */
async function planned(now: string, cadences: Cadences = both) {
  const clock = fixedClock(now);
  const table = memoryTable();
  const plans = new Map<string, Plan>();
  const deps = { table, clock, holder: 'test', settings: { plans } } as unknown as Deps;
  const plan = (changed: Cadences) => void plans.set('plan', { cadences: changed } as Plan);
  plan(cadences);
  const tenant = async (change: Partial<Tenant>) => {
    const { value } = (await tenants.read(table, 'acme'))!;
    await table.transact([tenants.write({ ...value, ...change })]);
  };
  const source = async (change: Partial<Source>) => {
    const { value } = (await sources.read(table, 'acme', 'files'))!;
    await table.transact([sources.write({ ...value, ...change })]);
  };
  await table.transact([
    tenants.write({ id: 'acme', plan: 'plan', timezone: 'Europe/Berlin', status: 'active', paused: false } as Tenant),
    sources.write({ tenant: 'acme', name: 'files', status: 'active', createdAt: now } as Source),
  ]);
  const stored = async (): Promise<Slot[]> => (await slots.list(table, 'SLOTS#acme/files')).map(({ value }) => value);
  const times = async () => (await stored()).map(({ cadence, at }) => `${cadence} ${at.slice(0, 16)}`);
  const schedule = async () => await scheduleSlots(deps);
  await schedule();
  return { clock, table, deps, plan, tenant, source, stored, times, schedule };
}

describe('slots to come', () => {
  it('are those of a changed plan and zone with the next tick; a cadence that was dropped is not missed', async () => {
    const home = await planned('2026-03-02T10:00:00.000Z');
    home.clock.pass(1_800_000);
    home.plan({ daily: { cron: '0 22 * * *', windowHours: 6 } });
    await home.tenant({ timezone: 'America/Los_Angeles' });
    await home.schedule();
    // Summer time begins on the 8th.
    expect(await home.times()).toEqual([
      ...['03-03T06', '03-04T06', '03-05T06', '03-06T06', '03-07T06', '03-08T06', '03-09T05', '03-10T05'].map(
        (at) => `daily 2026-${at}:00`,
      ),
    ]);
  });

  it('keep their time and get another window where only that has changed', async () => {
    const home = await planned('2026-03-02T10:00:00.000Z', nightly);
    home.plan({ daily: { cron: '0 2 * * *', windowHours: 3 } });
    await home.schedule();
    expect(new Set((await home.stored()).map(({ windowHours }) => windowHours))).toEqual(new Set([3]));
  });

  it.each([
    [
      'whose tenant is paused',
      async ({ tenant }: Awaited<ReturnType<typeof planned>>) => await tenant({ paused: true }),
    ],
    [
      'that was removed',
      async ({ source }: Awaited<ReturnType<typeof planned>>) => await source({ status: 'removed' }),
    ],
  ])('of a source %s are none, and come back from then on alone', async (_, suspend) => {
    const home = await planned('2026-03-02T10:00:00.000Z', nightly);
    home.clock.moveTo('2026-03-03T10:00:00.000Z');
    await suspend(home);
    await home.schedule();
    expect(await home.times()).toEqual(['daily 2026-03-03T01:00']);
    home.clock.moveTo('2026-03-23T10:00:00.000Z');
    await home.schedule();
    await home.tenant({ paused: false });
    await home.source({ status: 'active' });
    await home.schedule();
    const times = await home.times();
    expect(times.slice(0, 2)).toEqual(['daily 2026-03-03T01:00', 'daily 2026-03-24T01:00']);
    expect(times).toHaveLength(9);
  });

  it('are not lost between a change and the tick that sees it', async () => {
    const home = await planned('2026-03-02T22:59:05.000Z', { daily: { cron: '0 22 * * *', windowHours: 6 } });
    // 23:59:30 in Berlin, of a plan that wants 00:00.
    home.clock.pass(25_000);
    home.plan({ daily: { cron: '0 0 * * *', windowHours: 6 } });
    home.clock.pass(35_000);
    await home.schedule();
    expect((await home.times())[0]).toBe('daily 2026-03-02T23:00');
  });

  it('of a plan that was changed while nobody looked for days do not reach back', async () => {
    const home = await planned('2026-03-02T10:00:00.000Z', nightly);
    home.clock.moveTo('2026-03-05T10:00:00.000Z');
    home.plan({ daily: { cron: '0 5 * * *', windowHours: 6 } });
    await home.schedule();
    expect((await home.times()).slice(2, 5)).toEqual([
      'daily 2026-03-05T01:00',
      'daily 2026-03-06T04:00',
      'daily 2026-03-07T04:00',
    ]);
  });

  it('that nobody was there to store are missed, not unknown', async () => {
    const home = await planned('2026-03-02T10:00:00.000Z', nightly);
    home.clock.moveTo('2026-03-22T10:00:00.000Z');
    await home.schedule();
    expect(await home.times()).toHaveLength(28);
  });

  it('of a cadence that a plan begins with do not reach back to when the source was added', async () => {
    const home = await planned('2026-03-02T10:00:00.000Z', nightly);
    for (let days = 0; days < 20; days++) {
      home.clock.pass(86_400_000);
      await home.schedule();
    }
    home.plan(both);
    await home.schedule();
    expect((await home.times()).filter((time) => time.startsWith('weekly'))).toEqual(['weekly 2026-03-29T01:00']);
  });

  it('that an earlier version stored, without a word from what, are taken as they are', async () => {
    const home = await planned('2026-03-02T10:00:00.000Z', nightly);
    home.clock.moveTo('2026-03-04T10:00:00.000Z');
    await home.table.transact([slotHorizons.remove('acme', 'files')]);
    home.plan({ daily: { cron: '0 5 * * *', windowHours: 6 } });
    await home.schedule();
    expect((await home.times()).slice(0, 3)).toEqual([
      'daily 2026-03-03T01:00',
      'daily 2026-03-04T01:00',
      'daily 2026-03-05T04:00',
    ]);
  });

  it('of every quarter of an hour are stored too: more than one transaction takes', async () => {
    const home = await planned('2026-03-02T10:00:00.000Z', { daily: { cron: '*/15 * * * *', windowHours: 1 } });
    expect(await home.times()).toHaveLength(8 * 96);
    home.plan(nightly);
    await home.schedule();
    expect(await home.times()).toHaveLength(8);
  });

  it('are not written of a tenant that is erased meanwhile', async () => {
    const home = await planned('2026-03-02T10:00:00.000Z', nightly);
    home.plan(both);
    const { transact } = home.table;
    home.table.transact = async (writes) => {
      home.table.transact = transact;
      await home.tenant({ status: 'erased' });
      await transact(writes);
    };
    await home.schedule();
    expect((await home.times()).filter((time) => time.startsWith('weekly'))).toEqual([]);
  });
});

it('the copy of a slot stays tied to it, whatever is planned beside it', async () => {
  const home = await planned('2026-03-02T10:00:00.000Z', nightly);
  home.clock.moveTo('2026-03-03T01:30:00.000Z');
  const copy = { id: 's1', tenant: 'acme', source: 'files', cadence: 'daily', takenAt: home.clock.now() } as const;
  await meetSlot(home.deps, copy);
  home.plan({ daily: { cron: '0 2 * * *', windowHours: 1 } });
  await Promise.all([home.schedule(), home.schedule()]);
  expect((await home.stored())[0]).toMatchObject({ snapshot: 's1', metAt: copy.takenAt, windowHours: 6 });
});

/** Any two weeks hold a change of clocks of one of the zones, or none. */
const beginnings = fc.constantFrom(
  '2026-03-02T00:30:00.000Z',
  '2026-03-25T22:10:00.000Z',
  '2026-10-20T06:00:00.000Z',
  '2026-10-29T23:59:00.000Z',
  '2026-06-15T12:00:00.000Z',
);
const cadencesOf = fc.record({
  daily: fc.record({
    cron: fc.constantFrom('0 2 * * *', '30 2 * * *', '0 22 * * *', '15 */6 * * *'),
    windowHours: fc.integer({ min: 1, max: 12 }),
  }),
  weekly: fc.option(fc.record({ cron: fc.constantFrom('0 3 * * 0', '30 2 * * 0'), windowHours: fc.constant(24) })),
});
const changes = fc.array(
  fc.record({
    afterMinutes: fc.integer({ min: 0, max: 3 * 1440 }),
    cadences: fc.option(cadencesOf),
    timezone: fc.option(fc.constantFrom('Europe/Berlin', 'America/Los_Angeles', 'Australia/Lord_Howe', 'UTC')),
    paused: fc.option(fc.boolean()),
    removed: fc.option(fc.boolean()),
    copied: fc.boolean(),
  }),
  { maxLength: 12 },
);

it('after any sequence of changes the slots to come are those of the newest plan, and what has passed is untouched', async () => {
  await fc.assert(
    fc.asyncProperty(beginnings, changes, async (beginning, sequence) => {
      const home = await planned(beginning);
      let cadences = both;
      const now = { timezone: 'Europe/Berlin', paused: false, removed: false };
      for (const change of sequence) {
        home.clock.moveTo(addMs(home.clock.now(), change.afterMinutes * 60_000));
        const at = home.clock.now();
        if (change.copied) {
          const copy = { id: `s${at}`, tenant: 'acme', source: 'files', takenAt: at } as const;
          await meetSlot(home.deps, { ...copy, cadence: 'daily' });
        }
        const passed = (await home.stored()).filter((slot) => slot.at <= at);
        if (change.cadences !== null) {
          const { daily, weekly } = change.cadences;
          cadences = weekly === null ? { daily } : { daily, weekly };
          home.plan(cadences);
        }
        now.timezone = change.timezone ?? now.timezone;
        now.paused = change.paused ?? now.paused;
        now.removed = change.removed ?? now.removed;
        await home.tenant({ timezone: now.timezone, paused: now.paused });
        await home.source({ status: now.removed ? 'removed' : 'active' });
        await home.schedule();
        const after = await home.stored();
        expect(after).toEqual(expect.arrayContaining(passed));
        // What is added of the past lies between the change and the last look.
        const earliest = addHours(at, -1);
        const added = after.filter((slot) => slot.at <= at && !passed.some((each) => each.at === slot.at));
        expect(added.filter((slot) => slot.at <= earliest)).toEqual([]);
        const until = addDays(at, 7);
        for (const cadence of ['daily', 'weekly'] as const) {
          const due = now.paused || now.removed ? undefined : cadences[cadence];
          const coming = after.filter((slot) => slot.cadence === cadence && slot.at > at);
          expect(coming.filter((slot) => slot.at <= until).map((slot) => slot.at)).toEqual(
            due === undefined ? [] : slotsBetween(due.cron, now.timezone, at, until),
          );
          expect(coming.filter((slot) => slot.windowHours !== due?.windowHours)).toEqual([]);
        }
        const again = JSON.stringify(after);
        await home.schedule();
        expect(JSON.stringify(await home.stored())).toBe(again);
      }
    }),
    { numRuns: 60 },
  );
});
