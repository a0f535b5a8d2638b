import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { standardPlan } from '../../src/domain/plan.ts';
import { simulatedHome, type TestHome, tempFolder, tenure } from './tenure.ts';

function edit(home: TestHome, change: (text: string) => string): void {
  const path = join(home.dir, 'plans/standard.yml');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

describe('plans', () => {
  it('become a version of their own when they say something new, and only then', async () => {
    const home = await simulatedHome();
    appendFileSync(join(home.dir, 'plans/standard.yml'), '\n# a remark\n');
    expect(await home.json(0, 'plan', 'history', 'standard')).toHaveLength(1);
    edit(home, (text) => text.replace('noticeDays: 30', 'noticeDays: 45'));
    await home.ends(0, 'tenant', 'list', '--as', 'maria');
    await home.ends(0, 'tenant', 'list');
    expect(await home.json(0, 'plan', 'history', 'standard')).toMatchObject([
      { version: 2, author: 'maria' },
      { version: 1 },
    ]);
    expect((await home.ends(0, 'plan', 'show', 'standard')).stdout).toContain('noticeDays: 45');
    expect((await home.ends(0, 'plan', 'show', 'standard', '1')).stdout).toContain('noticeDays: 30');
    expect(await home.json(0, 'plan', 'list')).toMatchObject([
      { name: 'standard', version: 2, noticeDays: 45, tenants: 1, file: 'plans/standard.yml' },
      { name: 'unattended', version: 1, approval: 'none' },
    ]);
    await home.ends(3, 'plan', 'show', 'standard', '3');
    await home.ends(3, 'plan', 'history', 'gold');
  });

  it.each([
    [
      'retention over the cap',
      (text: string) => text.replace('retentionDays: 90', 'retentionDays: 120'),
      /plans\/standard\.yml:14: retention\.retentionDays: 120/,
    ],
    [
      'too little notice',
      (text: string) => text.replace('noticeDays: 30', 'noticeDays: 7'),
      /plans\/standard\.yml:20: notice\.noticeDays: 7/,
    ],
    [
      'no notice',
      (text: string) => text.replace(/^notice:\n(?: .*\n)+/m, ''),
      /plans\/standard\.yml:\d+: notice: is missing/,
    ],
    [
      'an empty policy',
      (text: string) => text.replace(/^ {2}keep.*\n/gm, ''),
      /plans\/standard\.yml:13: retention: has no keep rule/,
    ],
    [
      'a name that another has',
      (text: string) => text.replace('name: standard', 'name: unattended'),
      /taken by plans\/standard\.yml/,
    ],
  ])('with %s stop every command', async (_what, change, message) => {
    const home = await simulatedHome();
    edit(home, change);
    expect((await home.ends(2, 'tenant', 'list')).stderr).toMatch(message);
    expect((await home.ends(2, 'run', 'backup')).stderr).toMatch(message);
  });
});

describe('plan preview', () => {
  const times = (folder: string, lines: string[]): string => {
    const path = join(folder, 'times');
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };

  it('says what would stay and why, newest first, by the clock of the home', async () => {
    const home = await simulatedHome();
    const file = times(home.beside, [
      '2026-11-20T10:00:00Z',
      '# noon of the same day',
      '2026-11-20T12:00:00+01:00',
      '',
      '2026-06-01T00:00:00Z',
    ]);
    expect(await home.json(0, 'plan', 'preview', 'standard', '--times', file)).toEqual([
      {
        at: '2026-11-20T11:00:00.000Z',
        keep: true,
        reasons: [expect.stringContaining('daily'), expect.stringContaining('weekly')],
      },
      { at: '2026-11-20T10:00:00.000Z', keep: false, reasons: [expect.stringContaining('no rule')] },
      { at: '2026-06-01T00:00:00.000Z', keep: false, reasons: [expect.stringContaining('90 days')] },
    ]);
    await home.ends(3, 'plan', 'preview', 'gold', '--times', file);
  });

  it('takes a plan file without any home, and counts days in a time zone', async () => {
    const folder = tempFolder();
    const plan = join(folder, 'gold.yml');
    writeFileSync(plan, standardPlan.replace('keepDaily: 90', 'keepDaily: 1').replace('  keepWeekly: 13\n', ''));
    const file = times(folder, ['2026-11-20T23:30:00Z', '2026-11-20T22:30:00Z']);
    const preview = async (zone: string) => {
      const { stdout } = await tenure([
        'plan',
        'preview',
        plan,
        '--times',
        file,
        '--timezone',
        zone,
        '--now',
        '2026-11-22T00:00:00Z',
        '--json',
      ]);
      return (JSON.parse(stdout) as { keep: boolean; reasons: string[] }[]).map(({ reasons }) => reasons[0]);
    };
    expect(await preview('UTC')).toEqual(['daily snapshot 2026-11-20', expect.stringContaining('no rule')]);
    expect((await preview('Europe/Berlin'))[0]).toBe('daily snapshot 2026-11-21');
  });

  it('names the line of what is wrong, in the times and in the plan', async () => {
    const folder = tempFolder();
    const plan = join(folder, 'gold.yml');
    writeFileSync(plan, standardPlan);
    const file = times(folder, ['2026-11-20T23:30:00Z', '', 'tomorrow', '2026-02-30T00:00:00Z']);
    const refused = await tenure(['plan', 'preview', plan, '--times', file]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`${file}:3: `) });
    expect(refused.stderr).toContain(`${file}:4: `);
    writeFileSync(plan, 'name: gold\nretention: { keepLast: 0 }\n');
    expect(await tenure(['plan', 'preview', plan, '--times', file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${plan}:2: retention.keepLast`),
    });
    expect((await tenure(['plan', 'preview', plan, '--times', join(folder, 'none')])).code).toBe(2);
  });
});
