import { describe, expect, it } from 'vitest';
import { BlockedError } from '../../src/domain/errors.ts';
import { type LostClock, recoveredClock } from '../../src/domain/recovered-clock.ts';

const first = '2026-11-22T20:00:00.000Z';
const second = '2026-11-23T20:00:00.000Z';
const third = '2026-11-24T20:00:00.000Z';
const real = (takenAt: string) => ({ takenAt, simulated: false });
const simulated = (takenAt: string) => ({ takenAt, simulated: true });

describe('the clock of a recovered home', () => {
  it.each<[string, LostClock, string | undefined]>([
    ['is real where copies do not say that they are simulated', { copies: [real(first)] }, undefined],
    ['is real where there is no copy', { copies: [] }, undefined],
    ['is real where only the ledger is left', { copies: [], ledgerAt: second }, undefined],
    ['stands at the newest simulated copy', { copies: [simulated(second), simulated(first)] }, second],
    ['stands at the newest seal where that is later', { copies: [simulated(first)], ledgerAt: third }, third],
    ['stands where it is told', { copies: [simulated(first)], ledgerAt: second, asked: third }, third],
  ])('%s', (_, lost, since) => {
    expect(recoveredClock(lost)).toBe(since);
  });

  it.each<[string, LostClock, RegExp]>([
    ['over copies of a real home', { copies: [real(first)], asked: third }, /real home/],
    ['where no copy says what it is of', { copies: [], asked: third }, /no copy says/],
    ['over copies of both kinds', { copies: [real(first), simulated(second)], asked: third }, /simulated home \(1\)/],
    ['back before the newest copy', { copies: [simulated(second)], asked: first }, /does not go back/],
    ['back before the newest seal', { copies: [simulated(first)], ledgerAt: third, asked: second }, /does not go back/],
  ])('is not simulated %s', (_, lost, why) => {
    expect(() => recoveredClock(lost)).toThrow(BlockedError);
    expect(() => recoveredClock(lost)).toThrow(why);
  });

  it('is refused for copies of both kinds without --now too', () => {
    expect(() => recoveredClock({ copies: [real(first), simulated(second)] })).toThrow(BlockedError);
  });
});
