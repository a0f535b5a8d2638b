import { describe, expect, it } from 'vitest';
import { parseKeepDuration, subtractKeepDuration } from '../../src/domain/keep-duration.ts';

const none = { years: 0, months: 0, days: 0, hours: 0 };

describe('a duration', () => {
  it.each([
    ['7d', { ...none, days: 7 }],
    ['1y5m7d2h', { years: 1, months: 5, days: 7, hours: 2 }],
    ['2h1y', { ...none, years: 1, hours: 2 }],
    ['0y36h', { ...none, hours: 36 }],
    ['99999d', { ...none, days: 99999 }],
  ])('%s is read', (text, duration) => {
    expect(parseKeepDuration(text)).toEqual(duration);
  });

  it.each(['', '7', 'd', '7 d', '-7d', '7w', '7D', '0d', '0y0m0d0h', '1d2d', '100000d', '7d ', '1.5d', '7d\n'])(
    '%j is refused',
    (text) => {
      expect(parseKeepDuration(text)).toBeUndefined();
    },
  );
});

describe('counting back', () => {
  it.each([
    ['2026-03-31T12:00:00.000Z', '1m', 'UTC', '2026-03-03T12:00:00.000Z'],
    ['2024-03-31T12:00:00.000Z', '1m', 'UTC', '2024-03-02T12:00:00.000Z'],
    ['2024-02-29T12:00:00.000Z', '1y', 'UTC', '2023-03-01T12:00:00.000Z'],
    ['2026-01-15T12:00:00.000Z', '13m', 'UTC', '2024-12-15T12:00:00.000Z'],
    // Days are days of the wall clock, hours are hours: clocks went forward in Berlin on 2026-03-29.
    ['2026-03-29T12:00:00.000Z', '1d', 'Europe/Berlin', '2026-03-28T13:00:00.000Z'],
    ['2026-03-29T12:00:00.000Z', '24h', 'Europe/Berlin', '2026-03-28T12:00:00.000Z'],
    // 02:30 on 29 March does not exist in Berlin, on 8 March in New York; 02:30 on 26 October comes twice in Berlin.
    ['2026-04-29T00:30:00.000Z', '1m', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-04-08T06:30:00.000Z', '1m', 'America/New_York', '2026-03-08T06:30:00.000Z'],
    ['2025-11-26T01:30:00.000Z', '1m', 'Europe/Berlin', '2025-10-26T01:30:00.000Z'],
    ['2026-11-22T20:00:00.123Z', '99999y99999m', 'UTC', '-106306-08-22T20:00:00.123Z'],
  ])('from %s by %s in %s comes to %s', (at, text, timezone, start) => {
    expect(new Date(subtractKeepDuration(at, parseKeepDuration(text)!, timezone)).toISOString()).toBe(start);
  });
});
