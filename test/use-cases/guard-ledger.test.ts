import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { UnavailableError } from '../../src/domain/errors.ts';
import { holds, systemStates } from '../../src/records.ts';
import { examine } from '../../src/use-cases/examine.ts';
import { guardLedger } from '../../src/use-cases/guard-ledger.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { resumeDestruction } from '../../src/use-cases/set-operator-stop.ts';
import { startRun } from '../../src/use-cases/start-run.ts';
import { verifyLedger } from '../../src/use-cases/verify-ledger.ts';
import { copiesOf, sample } from '../workflows/checks.ts';
import { type MemoryHome, memoryHome, operator } from '../workflows/memory-home.ts';
import { firstDay, homeOver, sealNextDay } from './recovered-home.ts';

/** A home with copies that are past the cap, and what its catalog was a day and two seals before. */
async function lived() {
  const home = await memoryHome({ now: firstDay });
  await home.tenant('acme');
  await home.source('acme', 'files');
  await home.process().run('backup');
  await sealNextDay(home);
  const older = structuredClone(home.rows);
  const hold = await placeHold.typed(home.process().deps, { tenant: 'acme', reason: 'lawsuit', actor: operator });
  await home.process().run('backup');
  await sealNextDay(home);
  await home.process().run('backup');
  await sealNextDay(home);
  return { home, older, hold, now: home.clock.now() };
}

const problemsOf = async (home: MemoryHome) => (await verifyLedger.typed(home.process().deps, {})).problems;
const quarantineOf = async (home: MemoryHome) => (await systemStates.read(home.table, 'quarantine'))?.value.reason;

describe('a catalog that is behind its ledger', () => {
  it('is quarantined by the next run, and destroys nothing until an operator has looked', async () => {
    const { home: newer, older, hold, now } = await lived();
    const home = await homeOver(newer, addDays(now, 100), { rows: older });
    const report = await home.process().run('expiry');
    expect(report.outcome).toBe('blocked');
    expect(await quarantineOf(home)).toContain('behind its ledger');
    expect(await copiesOf(home, 'acme', 'files')).toHaveLength(1);
    // The next entry continued the chain where the ledger really ends.
    expect(await problemsOf(home)).toEqual([]);
    expect((await holds.read(home.table, hold.id))?.value).toEqual(hold);
    // Once confirmed it stays so: the seals are known now.
    const { deps } = home.process();
    await resumeDestruction.typed(deps, { confirm: ['quarantine'], actor: operator });
    expect(await guardLedger(deps)).toBe('in-step');
    expect(await quarantineOf(home)).toBeUndefined();
    await sealNextDay(home);
    expect(await problemsOf(home)).toEqual([]);
  });

  it('is found by an examination, which changes nothing', async () => {
    const { home: newer, older, now } = await lived();
    const home = await homeOver(newer, now, { rows: older });
    const found = await examine.typed(home.process().deps, {});
    expect(found).toContainEqual(expect.objectContaining({ check: 'ledger', status: 'wrong' }));
    expect(await quarantineOf(home)).toBeUndefined();
    expect(await examine.typed(newer.process().deps, {})).toContainEqual(
      expect.objectContaining({ check: 'ledger', status: 'ok' }),
    );
  });

  it('that was written to meanwhile keeps its own entries, is told apart, and goes on', async () => {
    const { home: newer, older, now } = await lived();
    const home = await homeOver(newer, now, { rows: older });
    const { deps } = home.process();
    for (const reason of ['one', 'two']) await placeHold.typed(deps, { tenant: 'acme', reason, actor: operator });
    expect(await guardLedger(deps)).toBe('behind');
    expect(await quarantineOf(home)).toMatch(/chain t-\w+: after entry \d+ the catalog says something else/);
    expect(await guardLedger(deps)).toBe('in-step');
    expect((await problemsOf(home)).length).toBeGreaterThan(0);
    // What the catalog has of its own is sealed from where the two part.
    await sealNextDay(home);
    await sealNextDay(home);
    expect((await problemsOf(home)).every(({ chain }) => chain?.startsWith('t-'))).toBe(true);
  });

  it('is not said of a seal that a process stored and died before it was recorded', async () => {
    const { home, now } = await lived();
    await home.table.transact([{ delete: { pk: 'LEDGER-SEALS', sk: now } }]);
    expect(await guardLedger(home.process().deps)).toBe('in-step');
    expect(await quarantineOf(home)).toBeUndefined();
  });

  it('is not said for a seal that anybody could have made', async () => {
    const { home: newer, older, now } = await lived();
    const stranger = await lived();
    const home = await homeOver({ ...newer, keys: stranger.home.keys }, now, { rows: older });
    expect(await guardLedger(home.process().deps)).toBe('in-step');
  });

  it('is quarantined and whole in the end, whenever the process dies that finds it', async () => {
    const { home: newer, older, now } = await lived();
    const counted = (await homeOver(newer, now, { rows: older })).process();
    await guardLedger(counted.deps);
    for (const dieAtCall of sample(counted.calls(), 25)) {
      for (const afterEffect of [false, true]) {
        const home = await homeOver(newer, now, { rows: older });
        const mortal = home.process({ dieAtCall, afterEffect });
        await Promise.race([mortal.died, guardLedger(mortal.deps)]);
        await home.process().run('expiry');
        expect(await quarantineOf(home), `call ${dieAtCall}`).toContain('behind its ledger');
        expect(await problemsOf(home), `call ${dieAtCall}`).toEqual([]);
      }
    }
  });
});

describe('an evidence store that does not answer', () => {
  it('lets backups run, and nothing that destroys', async () => {
    const { home, now } = await lived();
    const away = {
      ...home.evidence,
      list(): never {
        throw new UnavailableError('the evidence store is away');
      },
    };
    const process = (await homeOver({ ...home, evidence: away }, now, { rows: home.rows })).process();
    for (const kind of ['expiry', 'notice'] as const)
      await expect(startRun.typed(process.deps, { kind, requestedBy: 'test' })).rejects.toThrow(UnavailableError);
    expect(await process.run('backup')).toMatchObject({ outcome: 'ok' });
  });
});
