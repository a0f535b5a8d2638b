import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { casePolicy } from '../../src/domain/case-policy.ts';
import { InvalidError } from '../../src/domain/errors.ts';
import { parsePlan, planDigest, standardPlan, unattendedPlan } from '../../src/domain/plan.ts';
import { keepRules } from '../../src/domain/plan-schema.ts';

const small = `name: gold
cadences:
  daily: { cron: "0 2 * * *", windowHours: 12 }
retention:
  keepDaily: 7
notice:
  noticeDays: 30
approval: none
authority:
  nonPayment: Clause 9
  obsolete: Clause 10
`;

/** The small plan with one field set or (undefined) taken out; whole values are replaced. */
function plan(path: (string | number)[], value?: unknown): string {
  const document = parseDocument(small);
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, document.createNode(value));
  return String(document);
}

function problems(text: string): string[] {
  try {
    parsePlan(text, 'plans/gold.yml');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidError);
    return (error as InvalidError).message.split('\n');
  }
}

describe('a plan', () => {
  it('gets its defaults', () => {
    expect(parsePlan(small, 'plans/gold.yml')).toEqual({
      name: 'gold',
      cadences: { daily: { cron: '0 2 * * *', windowHours: 12 } },
      retention: { retentionDays: 90, keepDaily: 7 },
      notice: { noticeDays: 30, reminders: [7, 1], startLevel: 'relayed' },
      settlementDays: 7,
      restoreTests: { everyDays: 7, coverageDays: 30, recoveryTimeObjectiveMinutes: 240 },
      obsolete: [],
      erasure: {
        passes: [
          { pattern: 'random', verify: false },
          { pattern: 'zeros', verify: true },
        ],
        method: 'purge',
      },
      approval: 'none',
      coolingOffDays: 7,
      authority: { nonPayment: 'Clause 9', obsolete: 'Clause 10' },
      limits: { erasuresPerDay: 10, noticesPerDay: 3, noticesPerDayPercent: 5 },
      evidenceYears: 10,
    });
  });

  it('may leave out the daily cadence', () => {
    const text = plan(['cadences'], { weekly: { cron: '0 3 * * 0', windowHours: 24 } });
    expect(parsePlan(text, 'p').cadences).toEqual({ weekly: { cron: '0 3 * * 0', windowHours: 24 } });
  });

  it('reminds from the longest time to the shortest, however they are written', () => {
    expect(parsePlan(plan(['notice', 'reminders'], [1, 14, 7]), 'p').notice.reminders).toEqual([14, 7, 1]);
  });
});

describe('a refused plan names file, line, field and reason', () => {
  it.each<[string, string, string]>([
    [
      'retention over the cap',
      plan(['retention', 'retentionDays'], 120),
      '6: retention.retentionDays: 120 is over the cap of 90 days',
    ],
    [
      'retention over the cap by one',
      plan(['retention', 'retentionDays'], 91),
      '6: retention.retentionDays: 91 is over the cap of 90 days',
    ],
    ['no retention', plan(['retention', 'retentionDays'], 0), '6: retention.retentionDays: 0 is too few, at least 1'],
    [
      'an empty policy',
      plan(['retention'], { retentionDays: 90 }),
      '4: retention: has no keep rule, which would remove every copy; add one, for instance keepDaily: 90',
    ],
    [
      'a policy with nothing in it',
      plan(['retention'], {}),
      '4: retention: has no keep rule, which would remove every copy; add one, for instance keepDaily: 90',
    ],
    ['no policy', plan(['retention']), '1: retention: is missing'],
    [
      'a keep rule of nought',
      plan(['retention', 'keepDaily'], 0),
      '5: retention.keepDaily: must be a whole number of at least 1, or "all"',
    ],
    [
      'a negative keep rule',
      plan(['retention', 'keepLast'], -1),
      '6: retention.keepLast: must be a whole number of at least 1, or "all"',
    ],
    [
      'half a copy',
      plan(['retention', 'keepDaily'], 1.5),
      '5: retention.keepDaily: must be a whole number of at least 1, or "all"',
    ],
    [
      'a duration that is none',
      plan(['retention', 'keepWithin'], '7 days'),
      '6: retention.keepWithin: "7 days" is not a duration such as 1y2m3d4h (years, months, days, hours)',
    ],
    [
      'a duration of nothing',
      plan(['retention', 'keepWithinDaily'], '0d'),
      '6: retention.keepWithinDaily: "0d" is not a duration such as 1y2m3d4h (years, months, days, hours)',
    ],
    ['no notice', plan(['notice']), '1: notice: is missing'],
    ['no notice days', plan(['notice'], { reminders: [7] }), '6: notice.noticeDays: is missing'],
    [
      'a short notice',
      plan(['notice', 'noticeDays'], 29),
      '7: notice.noticeDays: 29 is fewer than the promised 30 days',
    ],
    [
      'a notice that is rounded',
      plan(['notice', 'noticeDays'], 29.9),
      '7: notice.noticeDays: must be a whole number of days',
    ],
    [
      'a reminder before the notice',
      plan(['notice', 'reminders'], [30]),
      '9: notice.reminders.0: 30 days before is not within the notice of 30 days',
    ],
    ['a misspelt rule', plan(['retention', 'keepDayly'], 3), '6: retention.keepDayly: unknown field'],
    ['an unknown section', plan(['retentoin'], { keepDaily: 7 }), '12: retentoin: unknown field'],
    ['no cadence', plan(['cadences'], {}), '2: cadences: has neither daily nor weekly, so nothing would be backed up'],
    [
      'a cron of nonsense',
      plan(['cadences', 'daily', 'cron'], '61 * * * *'),
      '3: cadences.daily.cron: "61 * * * *" is not a cron expression of five fields that ever comes',
    ],
    [
      'a cron with seconds',
      plan(['cadences', 'daily', 'cron'], '0 0 2 * * *'),
      '3: cadences.daily.cron: "0 0 2 * * *" is not a cron expression of five fields that ever comes',
    ],
    [
      'a cron that never comes',
      plan(['cadences', 'daily', 'cron'], '0 2 30 2 *'),
      '3: cadences.daily.cron: "0 2 30 2 *" is not a cron expression of five fields that ever comes',
    ],
    ['no approval', plan(['approval']), '1: approval: is missing'],
    ['no authority', plan(['authority', 'obsolete']), '9: authority.obsolete: is missing'],
    [
      'an empty clause',
      plan(['authority', 'nonPayment'], '  '),
      "10: authority.nonPayment: is empty, must be the agreement's clause on accounts that stay unpaid",
    ],
    [
      'a rule twice',
      plan(
        ['obsolete'],
        [
          { rule: 'unmodified', days: 3 },
          { rule: 'unmodified', days: 4 },
        ],
      ),
      '15: obsolete.1.rule: unmodified stands there twice',
    ],
    ['no passes', plan(['erasure'], { passes: [] }), '13: erasure.passes: must have at least one pass'],
    [
      'a name with capitals',
      plan(['name'], 'Gold'),
      '1: name: "Gold" must be of a-z, 0-9 and -, at most 63 characters',
    ],
    ['a list for a group', plan(['notice'], [30]), '6: notice: must be a group of fields'],
    ['nothing at all', '', '1: the plan is empty'],
    ['text', 'hello', '1: the plan is empty'],
    ['a field twice', `${small}name: silver\n`, '12: Map keys must be unique'],
    ['a tag', small.replace('keepDaily: 7', 'keepDaily: !days 7'), '5: Unresolved tag: !days'],
    ['a merge key', `${small}<<: { approval: required }\n`, '12: <<: unknown field'],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toContain(`plans/gold.yml:${expected}`);
  });

  it('all problems at once, in the order of their lines', () => {
    const text = small
      .replace('keepDaily: 7', 'keepDaily: no')
      .replace('noticeDays: 30', 'noticeDays: 3')
      .replace('none', 'maybe');
    expect(problems(text)).toEqual([
      'plans/gold.yml:5: retention.keepDaily: must be a whole number of at least 1, or "all"',
      'plans/gold.yml:7: notice.noticeDays: 3 is fewer than the promised 30 days',
      'plans/gold.yml:8: approval: must be required or none',
    ]);
  });

  it('whatever the text, by InvalidError and nothing else', () => {
    const line = fc.constantFrom(
      ...small.split('\n'),
      ...standardPlan.split('\n'),
      '&a *a',
      '- x',
      '? {',
      '__proto__: 1',
      'a: *a',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(line, { maxLength: 40 }).map((lines) => lines.join('\n')),
        ),
        (text) => {
          for (const problem of problems(text)) expect(problem).toMatch(/^plans\/gold\.yml:\d+: |^ /);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the digest of a plan', () => {
  const digest = (text: string) => planDigest(parsePlan(text, 'p'));

  it('is the same whatever the order, comments and spelt-out defaults', () => {
    const reversed = stringify(Object.fromEntries(Object.entries(parseDocument(small).toJS() as object).reverse()));
    expect(digest(reversed)).toBe(digest(small));
    expect(digest(`# mine\n${plan(['settlementDays'], 7)}`)).toBe(digest(small));
    expect(digest(small)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, string]>([
    ['retention', plan(['retention', 'keepDaily'], 8)],
    ['settlement', plan(['settlementDays'], 6)],
    ['clause', plan(['authority', 'obsolete'], 'Clause 11')],
  ])('changes with the %s', (_, text) => {
    expect(digest(text)).not.toBe(digest(small));
  });
});

describe('the plans that init writes', () => {
  it('are valid, standard with a second person and a week to settle, unattended without', () => {
    expect(parsePlan(standardPlan, 'plans/standard.yml')).toMatchObject({
      name: 'standard',
      approval: 'required',
      settlementDays: 7,
    });
    expect(parsePlan(unattendedPlan, 'plans/unattended.yml')).toMatchObject({
      name: 'unattended',
      approval: 'none',
      settlementDays: 0,
    });
  });

  it.each([standardPlan, unattendedPlan])(
    'keep every daily copy up to the cap and carry the clauses that cases need',
    (text) => {
      const parsed = parsePlan(text, 'p');
      expect(parsed.retention).toEqual({ retentionDays: 90, keepDaily: 90, keepWeekly: 13 });
      expect(casePolicy(parsed)).toMatchObject({
        noticeDays: 30,
        reminders: [7, 1],
        authority: { nonPayment: expect.any(String) },
      });
    },
  );
});

it.each(keepRules)('%s alone is policy enough', (rule) => {
  const value = rule.startsWith('keepWithin') ? '1y2m3d4h' : 'all';
  expect(parsePlan(plan(['retention'], { [rule]: value }), 'p').retention).toEqual({
    retentionDays: 90,
    [rule]: value,
  });
});
