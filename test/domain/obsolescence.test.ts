import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, addMs } from '../../src/domain/calendar.ts';
import { findObsolete, type ObsolescenceFacts, type ObsolescenceRule } from '../../src/domain/obsolescence.ts';

const now = '2026-11-22T20:00:00.000Z';
const ago = (days: number) => addDays(now, -days);
const facts: ObsolescenceFacts = { tenant: 'acme', source: 'files', timezone: 'UTC', objects: 12, bytes: 3400 };
const plan = (rule: ObsolescenceRule, days: number) => ({ obsolete: [{ rule, days }] });

describe('a finding', () => {
  it('says what, since when, for how long and why', () => {
    const found = findObsolete(
      { ...facts, lastBackupAt: ago(1), newestModifiedAt: ago(401.5) },
      plan('unmodified', 365),
      now,
    );
    expect(found).toEqual([
      {
        rule: 'unmodified',
        tenant: 'acme',
        source: 'files',
        scope: { tenant: 'acme', source: 'files' },
        since: ago(401.5),
        days: 400,
        reason: 'no file changed for 400 days (rule: 365 days)',
      },
    ]);
  });

  it('comes for each rule that holds, in the order of the plan', () => {
    const all = {
      ...facts,
      lastBackupAt: ago(40),
      newestModifiedAt: ago(500),
      missingSince: ago(39),
      agreementEndedOn: '2026-01-31',
    };
    const rules = [
      { rule: 'source-missing', days: 30 },
      { rule: 'agreement-ended', days: 30 },
      { rule: 'unmodified', days: 365 },
      { rule: 'tenant-idle', days: 365 },
    ] as const;
    expect(
      findObsolete(all, { obsolete: rules }, now).map(({ rule, scope, days }) => [rule, scope.source, days]),
    ).toEqual([
      ['source-missing', 'files', 39],
      ['agreement-ended', undefined, 294],
      ['unmodified', 'files', 460],
    ]);
  });
});

describe('a rule holds from its own day on and not before', () => {
  it.each<[ObsolescenceRule, string, Partial<ObsolescenceFacts>, boolean]>([
    ['unmodified', 'just not', { lastBackupAt: now, newestModifiedAt: addMs(ago(30), 1) }, false],
    ['unmodified', 'just', { lastBackupAt: now, newestModifiedAt: ago(30) }, true],
    [
      'unmodified',
      'time since the newest copy does not count',
      { lastBackupAt: ago(20), newestModifiedAt: ago(49) },
      false,
    ],
    ['unmodified', 'a source without a file', { lastBackupAt: now }, false],
    ['unmodified', 'a source without a copy', { newestModifiedAt: ago(400) }, false],
    ['unmodified', 'a file from the future', { lastBackupAt: now, newestModifiedAt: ago(-400) }, false],
    ['source-missing', 'just not', { missingSince: addMs(ago(30), 1) }, false],
    ['source-missing', 'just', { missingSince: ago(30) }, true],
    ['source-missing', 'it is there', {}, false],
    // 30 whole days after 22 October are over when 22 November begins.
    ['agreement-ended', 'on the last of the days', { agreementEndedOn: '2026-10-23' }, false],
    ['agreement-ended', 'the day after', { agreementEndedOn: '2026-10-22' }, true],
    [
      'agreement-ended',
      'it is 23 November in Kathmandu',
      { agreementEndedOn: '2026-10-23', timezone: 'Asia/Kathmandu' },
      true,
    ],
    ['agreement-ended', 'it runs on', {}, false],
    ['agreement-ended', 'it ends in the future', { agreementEndedOn: '2027-10-22' }, false],
    [
      'tenant-idle',
      'all sources',
      {
        lastBackupAt: now,
        newestModifiedAt: ago(50),
        otherSources: [{ lastBackupAt: now, newestModifiedAt: ago(30) }],
      },
      true,
    ],
    ['tenant-idle', 'the only source', { lastBackupAt: now, newestModifiedAt: ago(50), otherSources: [] }, true],
    [
      'tenant-idle',
      'one source is used',
      {
        lastBackupAt: now,
        newestModifiedAt: ago(50),
        otherSources: [{ lastBackupAt: now, newestModifiedAt: ago(29) }],
      },
      false,
    ],
    [
      'tenant-idle',
      'one source is unknown',
      { lastBackupAt: now, newestModifiedAt: ago(50), otherSources: [{}] },
      false,
    ],
    ['tenant-idle', 'the others were not looked at', { lastBackupAt: now, newestModifiedAt: ago(50) }, false],
  ])('%s: %s', (rule, _, known, holds) => {
    expect(findObsolete({ ...facts, ...known }, plan(rule, 30), now)).toHaveLength(holds ? 1 : 0);
  });
});

it('never holds for fewer days than the rule asks for', () => {
  const instant = fc.integer({ min: -3_000_000, max: 60_000_000 }).map((seconds) => addMs(now, -seconds * 1000));
  const known = fc.record(
    {
      lastBackupAt: instant,
      newestModifiedAt: instant,
      missingSince: instant,
      agreementEndedOn: instant.map((at) => at.slice(0, 10)),
      otherSources: fc.array(fc.record({ lastBackupAt: instant, newestModifiedAt: instant }), { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  const rules = fc.constantFrom<ObsolescenceRule>('unmodified', 'source-missing', 'agreement-ended', 'tenant-idle');
  fc.assert(
    fc.property(
      known,
      rules,
      fc.integer({ min: 1, max: 500 }),
      fc.constantFrom('UTC', 'America/Bogota', 'Europe/Berlin'),
      (some, rule, days, timezone) => {
        for (const found of findObsolete({ ...facts, ...some, timezone }, plan(rule, days), now)) {
          expect(found.days).toBeGreaterThanOrEqual(days);
          // A local day may have 23 hours.
          expect(Date.parse(now) - Date.parse(found.since)).toBeGreaterThanOrEqual((days * 24 - 1) * 3_600_000);
        }
      },
    ),
  );
});
