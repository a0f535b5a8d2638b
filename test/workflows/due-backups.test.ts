import { describe, expect, test } from 'vitest';
import { type MemoryHome, memoryHome } from './memory-home.ts';

/** A tenant in each of two zones, on a plan whose daily copies are due at 02:00 of the tenant. */
async function twoZones(): Promise<MemoryHome> {
  const home = await memoryHome({ now: '2026-03-02T12:00:00.000Z' });
  await home.tenant('madrid', { timezone: 'Europe/Madrid' });
  await home.tenant('bogota', { timezone: 'America/Bogota' });
  await home.source('madrid', 'files', { a: 'ay' });
  await home.source('bogota', 'files', { b: 'be' });
  return home;
}

/** The sweep at an instant, and how many sources it backed up. */
async function sweep(home: MemoryHome, scheduledAt: string): Promise<{ run: string; done: number }> {
  home.clock.moveTo(scheduledAt);
  const { run, counts } = await home.process().run('backup', { cadence: 'daily', due: true, scheduledAt });
  return { run, done: counts.done ?? 0 };
}

describe('a sweep for backups that are due', () => {
  test('backs each tenant up at the hour of its own zone, once a day', async () => {
    const home = await twoZones();
    expect(await sweep(home, '2026-03-03T00:00:00.000Z')).toEqual({ run: 'backup-daily-2026-03-03T00-00', done: 0 });
    // 02:00 in Madrid.
    expect(await sweep(home, '2026-03-03T01:00:00.000Z')).toMatchObject({ done: 1 });
    expect(await sweep(home, '2026-03-03T02:00:00.000Z')).toMatchObject({ done: 0 });
    // 02:00 in Bogotá.
    expect(await sweep(home, '2026-03-03T07:00:00.000Z')).toMatchObject({ done: 1 });
    expect(await sweep(home, '2026-03-03T08:00:00.000Z')).toMatchObject({ done: 0 });
    expect(await sweep(home, '2026-03-04T01:00:00.000Z')).toMatchObject({ done: 1 });
  });

  test('catches up while the slot has time, and leaves what was missed', async () => {
    const home = await twoZones();
    await sweep(home, '2026-03-02T13:00:00.000Z');
    // Madrid's slot of 01:00 has 12 hours.
    expect(await sweep(home, '2026-03-03T12:30:00.000Z')).toMatchObject({ done: 2 });
    expect(await sweep(home, '2026-03-04T13:30:00.000Z')).toMatchObject({ done: 1 });
  });

  test('is of one cadence', async () => {
    const home = await twoZones();
    await expect(home.process().run('backup', { due: true })).rejects.toThrow('backups of one cadence');
  });
});
