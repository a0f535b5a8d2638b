import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, addHours, addMs, compareInstants, localDay } from '../../src/domain/calendar.ts';
import { isCron, slotStatus, slotsBetween } from '../../src/domain/slots.ts';

describe('slots', () => {
  it.each<[string, string, string, string, string[]]>([
    [
      '0 2 * * *',
      'America/Bogota',
      '2026-11-22T07:00:00.000Z',
      '2026-11-24T07:00:00.000Z',
      ['2026-11-23T07:00:00.000Z', '2026-11-24T07:00:00.000Z'],
    ],
    [
      '0 3 * * 0',
      'UTC',
      '2026-11-01T00:00:00.000Z',
      '2026-11-15T02:59:59.999Z',
      ['2026-11-01T03:00:00.000Z', '2026-11-08T03:00:00.000Z'],
    ],
    // 02:30 does not exist on 2026-03-29 in Berlin: due when the gap ends, at 03:00.
    [
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00:00.000Z',
      '2026-03-30T12:00:00.000Z',
      ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    ],
    // 02:30 comes twice on 2026-10-25 in Berlin: due the first time.
    [
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00:00.000Z',
      '2026-10-26T12:00:00.000Z',
      ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    ],
    ['0 2 * * *', 'UTC', '2026-11-22T02:00:00.000Z', '2026-11-23T01:59:59.999Z', []],
    ['0 2 * * *', 'UTC', '2026-11-22T02:00:00.000Z', '2026-11-20T02:00:00.000Z', []],
  ])('%s in %s after %s until %s', (cron, timezone, after, until, slots) => {
    expect(slotsBetween(cron, timezone, after, until)).toEqual(slots);
  });

  const zones = fc.constantFrom(
    'UTC',
    'America/Bogota',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Beirut',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
  );
  const start = fc.integer({ min: 0, max: 3650 * 24 }).map((hours) => addHours('2020-01-01T00:00:00.000Z', hours));

  it('of a daily cadence are exactly one on each local day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        zones,
        start,
        (minute, hour, zone, after) => {
          const days = slotsBetween(`${minute} ${hour} * * *`, zone, after, addDays(after, 40)).map((slot) =>
            localDay(slot, zone),
          );
          expect(new Set(days).size).toBe(days.length);
          expect(days.length).toBeGreaterThanOrEqual(39);
        },
      ),
    );
  });

  it('of neighbouring spans are those of the whole span, in order', () => {
    fc.assert(
      fc.property(
        start,
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 400 }),
        zones,
        (after, first, second, zone) => {
          const middle = addHours(after, first);
          const until = addHours(middle, second);
          const whole = slotsBetween('15 */7 * * *', zone, after, until);
          expect([
            ...slotsBetween('15 */7 * * *', zone, after, middle),
            ...slotsBetween('15 */7 * * *', zone, middle, until),
          ]).toEqual(whole);
          expect(whole.toSorted(compareInstants)).toEqual(whole);
        },
      ),
    );
  });
});

describe('a slot', () => {
  const slot = '2026-11-22T02:00:00.000Z';
  const end = '2026-11-22T14:00:00.000Z';
  it.each<[string, string | undefined, string, string]>([
    ['is pending while its window is open', undefined, end, 'pending'],
    ['is missed once its window has passed', undefined, addMs(end, 1), 'missed'],
    ['is met by a result at its beginning', slot, slot, 'met'],
    ['is met by a result at the end of its window', end, addDays(end, 5), 'met'],
    ['is missed when the result came late', addMs(end, 1), addDays(end, 5), 'missed'],
    ['is not met by an earlier result', addMs(slot, -1), slot, 'pending'],
    ['is pending before it begins', undefined, addDays(slot, -1), 'pending'],
  ])('%s', (_, resultAt, now, status) => {
    expect(slotStatus(slot, 12, resultAt, now)).toBe(status);
  });
});

it.each([
  ['0 2 * * *', true],
  ['*/15 0-4,22 1 */2 1-5', true],
  ['0 2 29 2 *', true],
  ['0 2 30 2 *', false],
  ['0 2 * *', false],
  ['0 0 2 * * *', false],
  ['@daily', false],
  ['', false],
  ['a b c d e', false],
])('%j as a cron expression: %s', (text, valid) => {
  expect(isCron(text)).toBe(valid);
});
