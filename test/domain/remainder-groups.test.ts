import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addToGroups, countOf, type RemainderGroup, remainderOf } from '../../src/domain/remainder-groups.ts';

const locked = fc.record({
  reason: fc.constantFrom('locked', 'access denied', 'legal hold'),
  until: fc.option(
    fc
      .date({ min: new Date('2026-01-01'), max: new Date('2036-01-01'), noInvalidDate: true })
      .map((at) => at.toISOString()),
    { nil: undefined },
  ),
});

const grouped = (all: readonly { reason: string; until?: string | undefined }[]): RemainderGroup[] =>
  all.reduce<RemainderGroup[]>(
    (groups, { reason, until }) => addToGroups(groups, { reason, ...(until === undefined ? {} : { until }) }),
    [],
  );

describe('what is left of a place', () => {
  test('is counted in full, in few groups, none of which ends before one of its members', () => {
    fc.assert(
      fc.property(fc.array(locked, { maxLength: 300 }), (all) => {
        const groups = grouped(all);
        expect(countOf(groups)).toBe(all.length);
        expect(groups.length).toBeLessThanOrEqual(20);
        const ends = all.map(({ until }) => until);
        const last = ends.includes(undefined) ? undefined : ends.sort().at(-1);
        const said = groups.map(({ until }) => until);
        expect(said.includes(undefined) ? undefined : said.sort().at(-1)).toBe(last);
      }),
    );
  });

  test('is one line for a day and a reason, with the last hour of the day', () => {
    const groups = grouped([
      { reason: 'locked', until: '2026-04-20T09:00:00.000Z' },
      { reason: 'locked', until: '2026-04-20T12:00:00.000Z' },
      { reason: 'locked', until: '2026-04-21T00:00:00.000Z' },
      { reason: 'legal hold' },
    ]);
    expect(remainderOf(groups, 'live: s3 s3://b/', 'objects')).toEqual([
      { place: 'live: s3 s3://b/', what: '2 objects', reason: 'locked', until: '2026-04-20T12:00:00.000Z' },
      { place: 'live: s3 s3://b/', what: '1 objects', reason: 'locked', until: '2026-04-21T00:00:00.000Z' },
      { place: 'live: s3 s3://b/', what: '1 objects', reason: 'legal hold' },
    ]);
  });
});
