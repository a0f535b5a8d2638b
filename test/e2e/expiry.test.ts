import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemStates } from '../../src/records.ts';
import { filesBelow, Home, inCatalog, type RunData, type SnapshotData } from './program.ts';

const firstDay = '2026-11-22T20:00:00.000Z';
const nextDay = '2026-11-23T20:00:00.000Z';
/** 92 days after the first. */
const afterTheCap = '2027-02-22T20:00:00.000Z';

const day = 86_400_000;

/** A plan that keeps one copy, so that the next expiry has something to remove. */
function planOfOneCopy(home: Home): void {
  const standard = readFileSync(home.path('plans/standard.yml'), 'utf8');
  const single = standard
    .replace('name: standard', 'name: single')
    .replace(/keepDaily: 90\n {2}keepWeekly: 13/, 'keepLast: 1');
  expect(single).toContain('keepLast: 1');
  writeFileSync(home.path('plans/single.yml'), single);
}

describe('92 days after two backups, in a home under a simulated clock', () => {
  it('expiry removes both with their reasons, their objects and their keys; a copy of the repository opens no more', async () => {
    const home = await new Home().make({ now: firstDay });
    const folder = home.data('data', { 'a.txt': 'secret of the first day', 'b.bin': Buffer.alloc(200_000, 7) });
    await home.protect('files', folder);
    await home.ends(0, 'run', 'backup');
    writeFileSync(join(folder, 'a.txt'), 'secret of the second day');
    await home.ends(0, 'run', 'backup', '--now', nextDay);
    const before = await home.json<SnapshotData[]>(0, 'snapshots');
    expect(before.map(({ takenAt }) => takenAt)).toEqual([firstDay, nextDay]);
    expect(before[0]?.expiresAt).toBe('2027-02-20T20:00:00.000Z');

    // On the last day of the cap nothing goes.
    const kept = await home.json<RunData>(0, 'run', 'expiry', '--now', '2027-02-20T20:00:00.000Z');
    expect(kept.copies?.map(({ keep }) => keep)).toEqual([true, true]);

    cpSync(home.path('repository'), join(home.beside, 'stolen'), { recursive: true });
    cpSync(home.path('keys'), join(home.beside, 'old-keys'), { recursive: true });
    const { copies, items } = await home.json<RunData>(0, 'run', 'expiry', '--now', afterTheCap);
    expect(copies?.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    for (const { keep, reasons } of copies ?? [])
      expect([keep, reasons]).toEqual([false, ['removed: older than 90 days (cap)']]);
    expect(items).toMatchObject([{ status: 'done', removed: 2 }]);
    expect(await home.json(0, 'snapshots')).toEqual([]);
    expect(filesBelow(home.path('repository'))).toEqual([]);
    expect(filesBelow(home.path('keys')).filter((path) => path.includes('/root/'))).toEqual([]);
    await home.ends(3, 'restore', before[0]?.id ?? '', '--to', join(home.beside, 'never'));
    await home.ends(3, 'ls', before[1]?.id ?? '');
    const { results } = await home.json<{ results: { id: string; status: string }[] }>(1, 'run', 'controls');
    expect(results.find(({ id }) => id === 'copy-age')?.status).toBe('pass');

    const recovered = async (name: string, keys: string) =>
      await new Home(join(home.beside, name)).json<{ snapshots: number; erased: number }>(
        0,
        'recover',
        '--repository',
        join(home.beside, 'stolen'),
        '--keys',
        keys,
      );
    expect(await recovered('thief', home.path('keys'))).toMatchObject({ snapshots: 0, erased: 2, damaged: [] });
    await new Home(join(home.beside, 'thief')).ends(3, 'restore', 'latest', '--to', join(home.beside, 'never'));
    // The same folder with the keys of before opens: it was the keys that went, not a flag somewhere.
    expect(await recovered('witness', join(home.beside, 'old-keys'))).toMatchObject({ snapshots: 2, erased: 0 });
  });

  it('expiry of an unusually large share asks first', async () => {
    const home = await new Home().make({ now: firstDay });
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    for (let minute = 10; minute < 18; minute++)
      await home.ends(0, 'run', 'backup', '--now', `2026-11-22T20:${minute}:00.000Z`);
    planOfOneCopy(home);
    await home.ends(0, 'tenant', 'set', 'acme', '--plan', 'single');
    const { items } = await home.json<RunData>(5, 'run', 'expiry');
    expect(items[0]?.reasons.join()).toContain('7');
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(8);
    await home.ends(0, 'run', 'expiry', '--confirm');
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(1);
  });
});

describe('in a real home', () => {
  it('--now is refused with 5, whatever the command', async () => {
    const home = await new Home().make();
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    await home.ends(0, 'run', 'backup');
    for (const command of [['run', 'expiry'], ['run', 'notice'], ['snapshots'], ['run', 'backup']]) {
      const { stderr } = await home.ends(5, ...command, '--now', new Date(Date.now() + 92 * day).toISOString());
      expect(stderr).toContain('real time');
    }
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(1);
    await home.ends(2, 'run', 'expiry', '--now', 'tomorrow');
  });

  it.each([
    ['jumped ahead by three days', -3 * day],
    ['went back by an hour', day / 24],
  ])('a clock that %s removes nothing until an operator confirms it', async (_, away) => {
    const home = await new Home().make();
    planOfOneCopy(home);
    await home.ends(0, 'tenant', 'set', 'acme', '--plan', 'single');
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'run', 'backup');
    // The machine's clock cannot be moved by a test; where the last trusted instant lies, relative to it, can.
    const trustedAt = new Date(Date.now() + away).toISOString();
    await inCatalog(home, async (table) => {
      const stored = await systemStates.read(table, 'clock');
      expect(stored).toBeDefined();
      await table.transact([systemStates.write({ name: 'clock', at: trustedAt, by: 'ledger', reason: 'test' })]);
    });
    // Backups go on, and do not make the clock trusted by themselves.
    await home.ends(0, 'run', 'backup');
    for (let i = 0; i < 2; i++) {
      const { stdout } = await home.ends(5, 'run', 'expiry');
      expect(stdout).toContain('resume --confirm clock');
    }
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(3);
    await home.ends(0, 'resume', '--confirm', 'clock');
    await home.ends(0, 'run', 'expiry');
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(1);
  });

  it('nothing expires while an operator has stopped everything', async () => {
    const home = await new Home().make();
    planOfOneCopy(home);
    await home.ends(0, 'tenant', 'set', 'acme', '--plan', 'single');
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'stop', '--reason', 'something looks wrong');
    const { stdout } = await home.ends(5, 'run', 'expiry');
    expect(stdout).toContain('something looks wrong');
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(2);
    await home.ends(0, 'resume');
    await home.ends(0, 'run', 'expiry');
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(1);
  });
});
