import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulatedHome } from './tenure.ts';

interface Report {
  failed: number;
  results: { id: string; subject: string; status: string; reason: string }[];
}

describe('controls', () => {
  it('are not found before the first run, pass after a tested backup, and fail when slots are missed', async () => {
    const home = await simulatedHome((made) => {
      const folder = made.folder('data');
      writeFileSync(join(folder, 'a.txt'), 'a');
      return folder;
    });
    await home.json(3, 'controls');
    await home.json(0, 'run', 'backup');
    await home.json(0, 'run', 'restore-test');
    const good = await home.json<Report>(0, 'controls');
    expect(good.failed).toBe(0);
    expect(good.results.find((result) => result.id === 'restore-tested')).toMatchObject({ status: 'pass' });
    await home.ends(1, '--now', '2027-01-10T12:00:00Z', 'run', 'controls');
    const bad = await home.json<Report>(1, 'controls', '--failing');
    expect(bad.results.map((result) => result.id)).toEqual(expect.arrayContaining(['freshness', 'missed-slots']));
    expect(bad.results.every((result) => result.status !== 'pass')).toBe(true);
  });
});
