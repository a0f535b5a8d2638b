import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { chooseRestorePoints, type RestoreOutcome, restoreTestVerdict } from '../../src/domain/restore-test.ts';

const now = '2026-11-22T20:00:00.000Z';
const aged = (...ages: number[]) => ages.map((age) => ({ id: `age ${age}`, takenAt: addDays(now, -age) }));
const week = { now, everyDays: 7, retentionDays: 90, expiring: new Set<string>() };

describe('the choice of recovery points', () => {
  it('is the newest and one older at random', () => {
    const points = aged(3, 1, 5, 2);
    const chosen = (random: number) =>
      chooseRestorePoints(points, new Map(), () => random, week).map(({ id, reasons }) => [id, ...reasons]);
    expect(chosen(0)).toEqual([
      ['age 1', 'newest'],
      ['age 2', 'drawn at random'],
    ]);
    expect(chosen(0.5)).toEqual([
      ['age 1', 'newest'],
      ['age 3', 'drawn at random'],
    ]);
    expect(chosen(0.999999)).toEqual([
      ['age 1', 'newest'],
      ['age 5', 'drawn at random'],
    ]);
  });

  it('of a single point is that point', () => {
    expect(chooseRestorePoints(aged(4), new Map(), () => 0.7, week)).toEqual([{ ...aged(4)[0], reasons: ['newest'] }]);
  });

  it('of nothing is nothing', () => {
    expect(chooseRestorePoints([], new Map(), () => 0, week)).toEqual([]);
  });

  it('takes every point that would expire untested before the next test, by the cap or by the rules', () => {
    const points = aged(0, 20, 82, 83, 83.5, 84, 91);
    const ctx = { ...week, expiring: new Set(['age 20', 'age 84']) };
    const tested = new Map([['age 84', addDays(now, -7)]]);
    const chosen = chooseRestorePoints(points, tested, () => 0, ctx);
    expect(chosen.map(({ id, reasons }) => [id, ...reasons])).toEqual([
      ['age 0', 'newest'],
      ['age 20', 'drawn at random', 'would expire untested'],
      ['age 83.5', 'would expire untested'],
      ['age 91', 'would expire untested'],
    ]);
  });

  it('leaves nothing that expires untested, never names a point twice, and always has the newest', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 120 }), { minLength: 1 }),
        fc.array(fc.integer({ min: 0, max: 120 })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (ages, testedAges, random) => {
          const tested = new Map(testedAges.map((age) => [`age ${age}`, now]));
          const chosen = chooseRestorePoints(aged(...ages), tested, () => random, week).map(({ id }) => id);
          expect(new Set(chosen).size).toBe(chosen.length);
          expect(chosen[0]).toBe(`age ${Math.min(...ages)}`);
          expect(chosen.length).toBeGreaterThanOrEqual(Math.min(2, ages.length));
          for (const age of ages) if (age > 83 && !tested.has(`age ${age}`)) expect(chosen).toContain(`age ${age}`);
        },
      ),
    );
  });
});

describe('the verdict', () => {
  const good: RestoreOutcome = { tested: true, differences: [], errors: [], durationMs: 90_000, objectiveMinutes: 240 };
  const differences = Array.from({ length: 8 }, (_, index) => ({ key: `file ${index}`, reason: 'has other content' }));

  it.each<[string, Partial<RestoreOutcome>, string, string[]]>([
    ['passes an identical copy', {}, 'passed', ['every object is identical', 'took 2 of at most 240 minutes']],
    [
      'passes with the validator',
      { validator: { ok: true, output: '' } },
      'passed',
      ['every object is identical', 'took 2 of at most 240 minutes', 'the validator agreed'],
    ],
    [
      'passes at the objective itself',
      { durationMs: 240 * 60_000 },
      'passed',
      ['every object is identical', 'took 240 of at most 240 minutes'],
    ],
    [
      'fails past the objective',
      { durationMs: 240 * 60_000 + 1 },
      'failed',
      ['took 241 minutes, over the recovery-time objective of 240'],
    ],
    ['fails on a difference', { differences: differences.slice(0, 1) }, 'failed', ['file 0: has other content']],
    [
      'shows some differences and counts the rest',
      { differences, differenceCount: 1200 },
      'failed',
      [...differences.slice(0, 5).map(({ key }) => `${key}: has other content`), '1195 more differences'],
    ],
    ['fails on differences that are only counted', { differenceCount: 2 }, 'failed', ['2 more differences']],
    ['fails on an error', { errors: ['pack p is damaged'] }, 'failed', ['pack p is damaged']],
    [
      'fails when the validator refuses',
      { validator: { ok: false, output: 'virus found\n' } },
      'failed',
      ['the validator refused it: virus found'],
    ],
    [
      'is untested when nothing was compared',
      { tested: false, errors: ['no space left'] },
      'not-tested',
      ['no space left'],
    ],
    ['is untested without a reason', { tested: false }, 'not-tested', ['the copy was not restored and compared']],
    [
      'fails on what was seen before the test broke off',
      { tested: false, differences: differences.slice(0, 1), errors: ['no space left'] },
      'failed',
      ['file 0: has other content', 'no space left', 'the rest of the copy was not compared'],
    ],
  ])('%s', (_, change, verdict, reasons) => {
    expect(restoreTestVerdict({ ...good, ...change })).toEqual({ verdict, reasons });
  });

  it('passes only what was tested, without difference, without error, in time and with the validator agreeing', () => {
    const outcome = fc.record(
      {
        tested: fc.boolean(),
        differences: fc.subarray(differences),
        errors: fc.subarray(['a', 'b']),
        durationMs: fc.integer({ min: 0, max: 600_000 }),
        objectiveMinutes: fc.integer({ min: 1, max: 9 }),
        validator: fc.record({ ok: fc.boolean(), output: fc.string() }),
      },
      { requiredKeys: ['tested', 'differences', 'errors', 'durationMs', 'objectiveMinutes'] },
    );
    fc.assert(
      fc.property(outcome, (one) => {
        const { verdict, reasons } = restoreTestVerdict(one);
        const clean = one.tested && one.differences.length === 0 && one.errors.length === 0;
        const inTime = one.durationMs <= one.objectiveMinutes * 60_000;
        expect(verdict === 'passed').toBe(clean && inTime && one.validator?.ok !== false);
        expect(reasons.length).toBeGreaterThan(0);
      }),
    );
  });
});
