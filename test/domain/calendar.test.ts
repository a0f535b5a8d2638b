import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCalendarDays,
  addDays,
  addMs,
  ageInDays,
  calendarDaysBetween,
  compareInstants,
  endOfDay,
  endOfDayAfter,
  isBefore,
  isCalendarDay,
  isTimezone,
  localDay,
  parseInstant,
  startOfDay,
} from '../../src/domain/calendar.ts';
import { InvalidError } from '../../src/domain/errors.ts';

const zones = [
  'UTC',
  'America/Bogota',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'America/Sao_Paulo',
  'Asia/Beirut',
  'Australia/Lord_Howe',
];
const instants = fc
  .date({ min: new Date('2009-01-01T00:00:00Z'), max: new Date('2038-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

describe('the end of the day some days later', () => {
  it.each([
    ['2026-11-22T20:00:00.000Z', 30, 'UTC', '2026-12-22T23:59:59.999Z'],
    ['2026-11-22T23:30:00.000Z', 0, 'Europe/Berlin', '2026-11-23T22:59:59.999Z'],
    ['2026-11-22T02:00:00.000Z', 0, 'America/Bogota', '2026-11-22T04:59:59.999Z'],
    // Clocks go forward in Berlin on 2026-03-29: the day has 23 hours.
    ['2026-03-28T22:59:59.999Z', 1, 'Europe/Berlin', '2026-03-29T21:59:59.999Z'],
    // Clocks go back in New York on 2026-11-01: the day has 25 hours.
    ['2026-10-31T12:00:00.000Z', 1, 'America/New_York', '2026-11-02T04:59:59.999Z'],
    // Midnight of 2018-11-04 did not exist in São Paulo: the day began at 01:00.
    ['2018-11-03T12:00:00.000Z', 0, 'America/Sao_Paulo', '2018-11-04T02:59:59.999Z'],
    // Samoa left out 2011-12-30 when it changed sides of the date line.
    ['2011-12-29T12:00:00.000Z', 0, 'Pacific/Apia', '2011-12-30T09:59:59.999Z'],
  ])('%s + %i days in %s is %s', (at, days, zone, end) => {
    expect(endOfDayAfter(at, days, zone)).toBe(end);
  });

  it('falls on the wanted day, and the next millisecond does not', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 400 }), fc.constantFrom(...zones), (at, days, zone) => {
        const day = addCalendarDays(localDay(at, zone), days);
        fc.pre(!(zone === 'Pacific/Apia' && day === '2011-12-30'));
        const end = endOfDayAfter(at, days, zone);
        expect(localDay(end, zone)).toBe(day);
        expect(localDay(addMs(end, 1), zone) > day).toBe(true);
      }),
    );
  });

  it('comes no earlier than the days say, but for the hours that the zone itself skips', () => {
    fc.assert(
      fc.property(
        instants,
        fc.integer({ min: 0, max: 400 }),
        fc.constantFrom(...zones.filter((zone) => zone !== 'Pacific/Apia')),
        (at, days, zone) => {
          expect(ageInDays(at, endOfDayAfter(at, days, zone))).toBeGreaterThanOrEqual(days - 2 / 24);
        },
      ),
    );
  });
});

describe('a calendar day', () => {
  it('begins and ends on itself', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...zones), (at, zone) => {
        const day = localDay(at, zone);
        expect(isBefore(at, startOfDay(day, zone))).toBe(false);
        expect(isBefore(endOfDay(day, zone), at)).toBe(false);
      }),
    );
  });

  it('is counted back and forth alike', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: -900, max: 900 }), (at, days) => {
        const day = localDay(at, 'UTC');
        expect(calendarDaysBetween(day, addCalendarDays(day, days))).toBe(days);
      }),
    );
  });

  it.each([
    ['2026-02-28', true],
    ['2026-02-29', false],
    ['2026-13-01', false],
    ['2026-2-1', false],
    ['20260201', false],
  ])('%s: %s', (text, valid) => {
    expect(isCalendarDay(text)).toBe(valid);
  });
});

describe('an instant', () => {
  it.each([
    ['2026-11-22T20:00:00Z', '2026-11-22T20:00:00.000Z'],
    ['2026-11-22T20:00:00.123456789Z', '2026-11-22T20:00:00.123Z'],
    ['2026-11-22T21:00:00+01:00', '2026-11-22T20:00:00.000Z'],
    [' 2026-11-22T20:00Z\r', '2026-11-22T20:00:00.000Z'],
  ])('%j is stored as %s', (text, stored) => {
    expect(parseInstant(text)).toBe(stored);
  });

  it.each(['', 'yesterday', '2026-11-22', '2026-11-22T20:00:00', '2026-02-30T00:00:00Z', '1700000000'])(
    '%j is refused',
    (text) => {
      expect(() => parseInstant(text)).toThrow(InvalidError);
    },
  );

  it('moves by exact days, whatever clocks do', () => {
    expect(addDays('2026-03-28T12:00:00.000Z', 1)).toBe('2026-03-29T12:00:00.000Z');
    fc.assert(
      fc.property(instants, fc.integer({ min: -500, max: 500 }), (at, days) => {
        expect(ageInDays(at, addDays(at, days))).toBe(days);
        expect(Math.sign(compareInstants(at, addDays(at, days)))).toBe(Math.sign(-days) + 0);
      }),
    );
  });
});

it.each([
  ['UTC', true],
  ['America/Bogota', true],
  ['Europe/Berlín', false],
  ['', false],
  ['+01:00', false],
  ['Mars/Base', false],
])('time zone %j: %s', (text, known) => {
  expect(isTimezone(text)).toBe(known);
});
