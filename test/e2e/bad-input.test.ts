import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeHostileSnapshot } from './hostile-snapshot.ts';
import {
  filesBelow,
  Home,
  type RestoreData,
  type RunData,
  type SnapshotData,
  start,
  suiteFolder,
  tempFolder,
} from './program.ts';
import { contentsOf, describeTree } from './tree.ts';

interface Refusal {
  error: { code: string; message: string; hint?: string };
}

/** A command that must be refused with this code, in one JSON document, with words and without a stack. */
async function refused(home: Home, code: number, ...args: string[]): Promise<string> {
  const { error } = await home.json<Refusal>(code, ...args);
  expect(error.message).toMatch(/\w/);
  expect(error.message).not.toMatch(/\n\s+at /);
  return `${error.message} ${error.hint ?? ''}`;
}

const folder = suiteFolder();

describe('in a home with a tenant, a source and a copy', () => {
  const home = new Home(join(folder, 'home'));

  it('is set up', async () => {
    await home.make();
    await home.protect('files', home.data('data', { 'a.txt': 'a', 'sub/b.txt': 'b' }));
    await home.ends(0, 'run', 'backup');
  });

  const table: [what: string, code: number, args: string[], says?: string][] = [
    ['a command that there is not', 2, ['frobnicate']],
    ['an option that there is not', 2, ['snapshots', '--colour'], '--colour'],
    ['a missing argument', 2, ['tenant', 'show']],
    ['a missing option', 2, ['tenant', 'add', 'new']],
    ['one argument too many', 2, ['status', 'now']],
    ['an instant that is none', 2, ['snapshots', '--now', 'yesterday']],

    ['an unknown tenant', 3, ['tenant', 'show', 'nobody'], 'nobody'],
    ['an unknown tenant, changed', 3, ['tenant', 'set', 'nobody', '--name', 'X'], 'nobody'],
    ['an unknown tenant, backed up', 3, ['run', 'backup', '--tenant', 'nobody'], 'nobody'],
    ['an unknown tenant, expired', 3, ['run', 'expiry', '--tenant', 'nobody'], 'nobody'],
    ['an unknown tenant, tested', 3, ['run', 'restore-test', '--tenant', 'nobody'], 'nobody'],
    ['an unknown tenant, noticed', 3, ['run', 'notice', '--tenant', 'nobody'], 'nobody'],
    ['an unknown tenant, audited', 3, ['run', 'audit', '--tenant', 'nobody'], 'nobody'],
    ['an unknown tenant, unpaid', 3, ['finance', 'unpaid', 'nobody'], 'nobody'],
    ['an unknown tenant, held', 3, ['hold', 'place', '--tenant', 'nobody', '--reason', 'x'], 'nobody'],
    ['an unknown tenant, listed', 3, ['snapshots', '--tenant', 'nobody'], 'nobody'],
    ['an unknown tenant, checked', 3, ['check', '--tenant', 'nobody'], 'nobody'],
    ['an unknown tenant, searched', 3, ['find', '*', '--tenant', 'nobody'], 'nobody'],
    ['an unknown tenant with a source', 3, ['source', 'add', 'nobody', 'x', '--directory', '/usr'], 'nobody'],
    ['an unknown tenant with a case', 3, ['case', 'open', '--tenant', 'nobody', '--reason', 'obsolete'], 'nobody'],
    ['an unknown source', 3, ['run', 'backup', '--tenant', 'acme', '--source', 'nothing'], 'nothing'],
    [
      'an unknown source, held',
      3,
      ['hold', 'place', '--tenant', 'acme', '--source', 'nothing', '--reason', 'x'],
      'nothing',
    ],
    ['an unknown snapshot', 3, ['ls', 'ffffffffffffffffffff'], 'ffff'],
    ['an unknown case', 3, ['case', 'show', 'c-0000000000'], 'c-0000000000'],
    ['an unknown hold', 3, ['hold', 'release', 'h-0000000000', '--reason', 'x'], 'h-0000000000'],
    ['an unknown certificate', 3, ['certificate', 'show', 'c-0000000000']],
    ['an unknown execution', 3, ['executions', 'show', 'backup-none']],
    ['an unknown plan', 2, ['tenant', 'set', 'acme', '--plan', 'gold'], 'gold'],

    ['a tenant that exists', 4, ['tenant', 'add', 'acme', '--name', 'A', '--email', 'a@b.example'], 'acme'],
    ['a home that exists', 4, ['init'], 'already'],
    ['a source that exists', 4, ['source', 'add', 'acme', 'files', '--directory', '/usr/share']],
    ['an id that is none', 2, ['tenant', 'add', 'Acme Ltd', '--name', 'A', '--email', 'a@b.example'], 'Acme Ltd'],
    ['an id that is a path', 2, ['tenant', 'add', '../x', '--name', 'A', '--email', 'a@b.example']],
    ['an address that is none', 2, ['tenant', 'add', 'new', '--name', 'A', '--email', 'nowhere'], 'nowhere'],
    ['a locale that is none', 2, ['tenant', 'set', 'acme', '--locale', 'fr'], 'fr'],
    ['a time zone that is none', 2, ['tenant', 'set', 'acme', '--timezone', 'Mars/Olympus'], 'Mars/Olympus'],
    ['a cadence that is none', 2, ['run', 'backup', '--cadence', 'hourly'], 'hourly'],
    ['a reason that is none', 2, ['case', 'open', '--tenant', 'acme', '--reason', 'spite']],
    ['paths without a source', 2, ['case', 'open', '--tenant', 'acme', '--path', 'a', '--reason', 'obsolete']],
    [
      'a path out of the source',
      2,
      ['case', 'open', '--tenant', 'acme', '--source', 'files', '--path', '../a', '--reason', 'obsolete'],
    ],
    ['a promise without a day', 2, ['finance', 'promise', 'acme']],
    ['a day that is none', 2, ['finance', 'promise', 'acme', '--until', '2026-02-30']],
    ['an amount that is none', 2, ['finance', 'unpaid', 'acme', '--amount', 'lots', '--currency', 'EUR'], 'lots'],
    ['a share that is none', 2, ['check', '--read-data-subset', '7/5'], '7/5'],
    ['a confirmation of nothing', 2, ['resume', '--confirm', 'everything']],
    ['a source of another world', 2, ['source', 'add', 'acme', 'x', '--aws-backup', 'arn:aws:rds:eu-west-1:1:db:x']],
    ['a bucket whose name is none', 2, ['source', 'add', 'acme', 'x', '--s3', 's3://Not_A_Bucket/prefix']],
    ['a source without a place', 2, ['source', 'add', 'acme', 'x']],
    [
      'a time before any copy',
      3,
      ['restore', '--tenant', 'acme', '--source', 'files', '--at', '2001-01-01', '--to', join(folder, 'none')],
    ],
    [
      'a time that is none',
      2,
      ['restore', '--tenant', 'acme', '--source', 'files', '--at', 'soon', '--to', join(folder, 'none')],
    ],
    ['no copy named', 2, ['restore', '--to', join(folder, 'none')]],
  ];

  it.each(table)('%s is refused with %d', async (_, code, args, says = '') => {
    expect(await refused(home, code, ...args)).toContain(says);
  });

  it('a source that overlaps the home or another source is refused with 2, also behind a link', async () => {
    const inside = home.folder('data', 'sub');
    symlinkSync(home.folder('data'), join(folder, 'link'));
    symlinkSync(folder, join(folder, 'above'));
    for (const path of [
      folder,
      home.dir,
      home.path('repository'),
      home.path('keys/a'),
      home.folder('data'),
      inside,
      join(folder, 'link'),
      join(folder, 'above'),
      '/',
    ]) {
      const said = await refused(home, 2, 'source', 'add', 'acme', 'again', '--directory', path);
      expect([path, said]).toEqual([path, expect.stringMatching(/overlap|home|inside|source|symbolic link/i)]);
    }
    await refused(home, 3, 'source', 'add', 'acme', 'again', '--directory', join(folder, 'not-there'));
    await refused(home, 2, 'source', 'add', 'acme', 'again', '--directory', join(folder, 'data/a.txt'));
  });

  it('a restore goes neither into what is not empty, nor over a source, nor into the home', async () => {
    const to = home.data('full', { 'mine.txt': 'mine' });
    expect(await refused(home, 2, 'restore', 'latest', '--to', to)).toContain('--force');
    await refused(home, 2, 'restore', 'latest', '--to', home.folder('data'));
    await refused(home, 2, 'restore', 'latest', '--to', join(folder, 'data/sub/new'));
    await refused(home, 2, 'restore', 'latest', '--to', home.path('repository'));
    await refused(home, 2, 'restore', 'latest', '--to', home.path('scratch/x'), '--force');
    await refused(home, 2, 'restore', 'latest', '--to', join(to, 'mine.txt'));
    expect([...contentsOf(describeTree(to)).keys()]).toEqual(['', 'mine.txt']);
    expect(readFileSync(join(folder, 'data/a.txt'), 'utf8')).toBe('a');
  });

  it.each([
    ['retention over the cap', 'retentionDays: 90', 'retentionDays: 120', /plans\/bad\.yml:\d+.*120.*90/],
    ['fewer than 30 days of notice', 'noticeDays: 30', 'noticeDays: 29', /plans\/bad\.yml:\d+.*(29|30)/],
    ['no notice at all', /notice:\n( {2}.*\n)+/, '', /plans\/bad\.yml:\d+.*notice/],
    ['an empty policy', / {2}keepDaily: 90\n {2}keepWeekly: 13\n/, '', /plans\/bad\.yml:\d+.*(keep|retention)/],
    ['a word that there is not', 'settlementDays:', 'settlmentDays:', /plans\/bad\.yml:\d+.*settlmentDays/],
    ['a schedule that is none', '"0 2 * * *"', '"0 25 * * *"', /plans\/bad\.yml:\d+.*cron/],
    ['no YAML', 'cadences:', 'cadences: [', /plans\/bad\.yml:\d+/],
  ])('a plan with %s is refused with 2, and the line is named', async (_, from, to, says) => {
    const text = readFileSync(home.path('plans/standard.yml'), 'utf8').replace('name: standard', 'name: bad');
    const bad = text.replace(from, to);
    expect(bad).not.toBe(text);
    writeFileSync(home.path('plans/bad.yml'), bad);
    try {
      expect(await refused(home, 2, 'plan', 'list')).toMatch(says);
      await refused(home, 2, 'run', 'backup');
    } finally {
      rmSync(home.path('plans/bad.yml'));
    }
  });

  it('the line that is named is the line that is wrong', async () => {
    const lines = readFileSync(home.path('plans/standard.yml'), 'utf8')
      .replace('name: standard', 'name: bad')
      .split('\n');
    const line = lines.findIndex((each) => each.includes('retentionDays: 90')) + 1;
    writeFileSync(home.path('plans/bad.yml'), lines.join('\n').replace('retentionDays: 90', 'retentionDays: 91'));
    try {
      expect(await refused(home, 2, 'plan', 'list')).toContain(`plans/bad.yml:${line}:`);
    } finally {
      rmSync(home.path('plans/bad.yml'));
    }
  });

  it('nothing of all this has changed anything', async () => {
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(1);
    expect(await home.json<object[]>(0, 'tenant', 'list')).toHaveLength(1);
    expect(await home.json<object[]>(0, 'source', 'list')).toHaveLength(1);
    expect(await home.json<object[]>(0, 'case', 'list')).toEqual([]);
    await home.ends(0, 'check', '--read-data');
    await home.ends(0, 'ledger', 'verify');
  });
});

describe('a home that is damaged', () => {
  it('names the line of tenure.yml that is wrong, with 2', async () => {
    const home = await new Home().make();
    const text = readFileSync(home.path('tenure.yml'), 'utf8');
    const line = text.split('\n').findIndex((each) => each.startsWith('  transport:')) + 1;
    writeFileSync(home.path('tenure.yml'), text.replace('\n  transport: outbox', '\n  transport: pigeon'));
    expect(await refused(home, 2, 'snapshots')).toContain(`tenure.yml:${line}:`);
    writeFileSync(home.path('tenure.yml'), text.replace('company:', 'company: ['));
    expect(await refused(home, 2, 'snapshots')).toMatch(/tenure\.yml:\d+:/);
    writeFileSync(home.path('tenure.yml'), '');
    expect(await refused(home, 2, 'snapshots')).toContain('tenure.yml');
  });

  it('is refused with 6 without its catalog, or with one that is none; nothing is made in its place', async () => {
    const home = await new Home().make();
    for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm']) rmSync(home.path(name), { force: true });
    for (const command of [['snapshots'], ['run', 'expiry'], ['status']]) {
      expect(await refused(home, 6, ...command)).toContain('recover');
    }
    expect(filesBelow(home.dir).filter((path) => path.includes('catalog.db'))).toEqual([]);
    writeFileSync(home.path('catalog.db'), 'no database at all, '.repeat(1000));
    await refused(home, 6, 'snapshots');
  });

  it('is not found with 3 where there is none, and asked for with 2 where none is named', async () => {
    await refused(new Home(join(tempFolder(), 'home')), 3, 'snapshots');
    const { code, stderr } = await start(['snapshots']).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining('--home')]);
    const full = tempFolder();
    writeFileSync(join(full, 'something'), '');
    await refused(new Home(full), 4, 'init');
  });

  it('backs nothing up and says so when its keys are away; with them it goes on', async () => {
    const home = await new Home().make();
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    await home.ends(0, 'run', 'backup');
    for (const away of ['keys/master.key', 'keys/a']) {
      renameSync(home.path(away), home.path('away'));
      const { code, stdout, stderr } = await home.run('run', 'backup');
      expect([away, code]).not.toEqual([away, 0]);
      expect(stdout + stderr).not.toMatch(/\n\s+at /);
      rmSync(home.path(away), { recursive: true, force: true });
      renameSync(home.path('away'), home.path(away));
    }
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'check', '--read-data');
  });
});

describe('a repository that is away', () => {
  it('is never taken for an empty one: everything waits for it, and nothing is made in its place', async () => {
    const home = await new Home().make({ now: '2026-11-22T20:00:00.000Z', plan: 'unattended' });
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'finance', 'unpaid', 'acme');
    await home.ends(0, 'run', 'notice');
    renameSync(home.path('repository'), join(home.beside, 'away'));
    // What a disk leaves behind that is not mounted.
    mkdirSync(home.path('repository'));
    const all = [
      ['run', 'backup'],
      ['check'],
      ['restore', 'latest', '--to', join(home.beside, 'never')],
      ['run', 'notice', '--now', '2026-12-24T00:00:00.000Z'],
    ];
    for (const command of all) {
      const { code, stdout, stderr } = await home.run(...command);
      expect([command.join(' '), code]).not.toEqual([command.join(' '), 0]);
      expect(stdout + stderr).toContain('is not there');
    }
    expect(readdirSync(home.path('repository'))).toEqual([]);
    expect(await home.json<object[]>(0, 'certificate', 'list')).toEqual([]);
    rmSync(home.path('repository'), { recursive: true });
    renameSync(join(home.beside, 'away'), home.path('repository'));
    expect(filesBelow(home.folder('data'))).toHaveLength(1);
    await home.ends(0, 'check', '--read-data');
    await home.ends(0, 'restore', 'latest', '--to', join(home.beside, 'back'));
    // The erasure goes on, now that it can reach what it has to erase.
    await home.ends(0, 'run', 'notice');
    expect(filesBelow(home.path('repository'))).toEqual([]);
    expect(await home.json<object[]>(0, 'certificate', 'list')).toHaveLength(1);
  });
});

describe('a manifest that was made to do harm', () => {
  it('writes nothing outside the target: its bad entries are refused with 6, its good ones restore', async () => {
    const home = await new Home().make();
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    const outside = home.folder('outside');
    const hostile = await storeHostileSnapshot(home, outside);
    mkdirSync(join(home.beside, 'in'));
    const before = contentsOf(describeTree(outside));
    const everything = () => filesBelow(home.beside).filter((path) => !path.startsWith(home.dir));
    const files = everything();
    const to = join(home.beside, 'in', 'target');
    const report = await home.json<RestoreData>(6, 'restore', 'latest', '--to', to);
    const refusedKeys = report.damaged.map(({ key }) => key);
    for (const key of hostile) expect(refusedKeys).toContain(key);
    expect(contentsOf(describeTree(outside))).toEqual(before);
    expect(everything().filter((path) => !files.includes(path))).toEqual([
      join(to, 'good.txt'),
      join(to, 'zz-last.txt'),
    ]);
    expect(readFileSync(join(to, 'good.txt'), 'utf8')).toBe('good');
    // A restore test does not trust it either, and leaves nothing behind.
    const test = await home.json<RunData>(1, 'run', 'restore-test');
    expect(test.items[0]).toMatchObject({ verdict: 'failed' });
    expect(contentsOf(describeTree(outside))).toEqual(before);
  });
});
