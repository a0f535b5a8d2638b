import { describe, expect, it } from 'vitest';
import { dueBackups, dueRounds } from '../../src/domain/schedule.ts';

const at = (time: string) => `2026-03-02T${time}:00.000Z`;
const kinds = (last: string | undefined, now: string) => dueRounds(last, now).map(({ kind }) => kind);

describe('rounds that are due', () => {
  it.each([
    ['nothing between two minutes', at('10:00'), at('10:04'), []],
    ['the hourly sweep of notices', at('10:04'), at('10:05'), ['notice']],
    ['hourly expiry', at('10:14'), at('10:15'), ['expiry']],
    ['daily restore tests', at('09:19'), at('09:20'), ['restore-test']],
    ['the audit of a Monday', at('11:19'), at('11:20'), ['audit']],
    ['all of an hour that was missed', at('10:00'), at('11:00'), ['notice', 'expiry', 'controls']],
  ])('are %s', (_what, last, now, expected) => {
    expect(kinds(last, now)).toEqual(expected);
  });

  it('are the newest of each kind after days away, and never the same twice', () => {
    const rounds = dueRounds('2026-02-01T00:00:00.000Z', at('10:30'));
    expect(rounds.map(({ kind, scheduledAt }) => [kind, scheduledAt])).toEqual([
      ['notice', at('10:05')],
      ['expiry', at('10:15')],
      ['restore-test', at('09:20')],
      ['controls', at('09:40')],
    ]);
    expect(dueRounds(at('10:30'), at('10:30'))).toEqual([]);
  });
});

describe('backups that are due', () => {
  const slot = (time: string, waits = true, cadence: 'daily' | 'weekly' = 'daily') => ({
    cadence,
    at: at(time),
    waits,
  });

  it('are one sweep for all slots that have come since, at the latest of them', () => {
    expect(dueBackups([slot('02:00'), slot('02:01'), slot('01:00')], at('01:30'), at('02:01'))).toEqual([
      { kind: 'backup', cadence: 'daily', scheduledAt: at('02:01') },
    ]);
  });

  it('are none for a slot that has its copy, or that came before and is not tried again yet', () => {
    expect(dueBackups([slot('02:00', false)], at('01:59'), at('02:00'))).toEqual([]);
    expect(dueBackups([slot('02:00')], at('02:00'), at('02:30'))).toEqual([]);
  });

  it('are tried again once an hour while there is time for the copy', () => {
    expect(dueBackups([slot('02:00')], at('02:49'), at('02:50'))).toEqual([
      { kind: 'backup', cadence: 'daily', scheduledAt: at('02:50') },
    ]);
  });

  it('are told apart by cadence', () => {
    const due = dueBackups([slot('02:00'), slot('02:00', true, 'weekly')], at('01:59'), at('02:00'));
    expect(due.map(({ cadence }) => cadence)).toEqual(['daily', 'weekly']);
  });
});
