import { describe, expect, it } from 'vitest';
import { simulatedClock } from '../../src/adapters/embedded/simulated-clock.ts';
import { systemClock } from '../../src/adapters/embedded/system-clock.ts';

describe('clocks', () => {
  it('the system clock tells the time of the machine', () => {
    const clock = systemClock();
    expect(clock.simulated).toBe(false);
    expect(clock.now()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(clock.now()) - Date.now())).toBeLessThan(1000);
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1000);
  });

  it('the simulated clock stands still, moves forward when told, and leaves the wall clock alone', () => {
    const clock = simulatedClock('2026-11-22T20:00:00Z');
    expect(clock.simulated).toBe(true);
    expect(clock.now()).toBe('2026-11-22T20:00:00.000Z');
    clock.moveTo('2027-02-22T20:00:00+01:00');
    expect(clock.now()).toBe('2027-02-22T19:00:00.000Z');
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1000);
  });

  it('the simulated clock never goes back', () => {
    const clock = simulatedClock('2026-11-22T20:00:00Z');
    expect(() => clock.moveTo('2026-11-22T19:59:59.999Z')).toThrow(/does not go back/);
    expect(clock.now()).toBe('2026-11-22T20:00:00.000Z');
  });

  it.each([
    '',
    'tomorrow',
    '2026-11-22',
    '2026-11-22T20:00:00',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-11-22T25:00:00Z',
  ])('refuses %j as an instant', (instant) => {
    expect(() => simulatedClock(instant)).toThrow(expect.objectContaining({ name: 'InvalidError' }));
  });
});
