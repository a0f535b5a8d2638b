import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulatedHome, type TestHome, tenure } from './tenure.ts';

interface Report {
  run: string;
  outcome: string;
  items: { tenant: string; source: string; status: string; snapshot?: string; reasons: string[]; verdict?: string }[];
  copies: { id: string; keep: boolean; reasons: string[] }[];
  takenOver: string[];
}

/** Some files; `from` makes their content differ from run to run. */
function fill(folder: string, from = 0): string {
  for (let i = 0; i < 5; i++) writeFileSync(join(folder, `file-${i}.txt`), `${from + i} `.repeat(5000));
  return folder;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const withFiles = (home: TestHome) => fill(home.folder('data'));

describe('run backup', () => {
  it('answers what came of each source, as a run of its own each time', async () => {
    const home = await simulatedHome(withFiles);
    const first = await home.json<Report>(0, 'run', 'backup');
    expect(first).toMatchObject({
      outcome: 'ok',
      machine: 'backup',
      items: [{ tenant: 'acme', source: 'files', status: 'done', reasons: [] }],
      takenOver: [],
    });
    const second = await home.json<Report>(
      0,
      'run',
      'backup',
      '--cadence',
      'daily',
      '--tenant',
      'acme',
      '--source',
      'files',
    );
    expect(second.run).not.toBe(first.run);
    expect(second.items[0]?.snapshot).not.toBe(first.items[0]?.snapshot);
    expect(await home.json(0, 'executions', 'list', '--machine', 'backup')).toMatchObject([
      { status: 'succeeded' },
      { status: 'succeeded' },
    ]);
  });

  it('ends with 3 for a tenant or source that does not exist, with 2 for a cadence that is none', async () => {
    const home = await simulatedHome(withFiles);
    await home.ends(3, 'run', 'backup', '--tenant', 'nobody');
    await home.ends(3, 'run', 'backup', '--source', 'nothing');
    await home.ends(3, 'run', 'backup', '--tenant', 'acme', '--source', 'nothing');
    await home.ends(2, 'run', 'backup', '--cadence', 'hourly');
  });

  it('fails for the source that is gone, or whose prepare command fails, and for no other; the operator is mailed', async () => {
    const home = await simulatedHome(withFiles);
    await home.ends(0, 'source', 'add', 'acme', 'gone', '--directory', home.folder('gone'));
    await home.ends(
      0,
      'source',
      'add',
      'acme',
      'sick',
      '--directory',
      home.folder('sick'),
      '--prepare',
      'echo no database; exit 3',
    );
    rmSync(home.folder('gone'), { recursive: true });
    const { outcome, items } = await home.json<Report>(1, 'run', 'backup');
    expect(outcome).toBe('failed');
    expect(items.map(({ source, status }) => [source, status])).toEqual([
      ['files', 'done'],
      ['gone', 'failed'],
      ['sick', 'failed'],
    ]);
    expect(items[1]?.reasons.join()).toContain('does not exist');
    expect(items[2]?.reasons.join()).toContain('no database');
    const mails = readdirSync(join(home.dir, 'outbox')).filter((name) => name.endsWith('.eml'));
    expect(mails.length).toBeGreaterThanOrEqual(2);
  });

  it('refuses a source that another run is at with 4, and harms nothing', async () => {
    const home = await simulatedHome((at) => at.folder('data'));
    await home.ends(0, 'source', 'remove', 'acme', 'files');
    await home.ends(
      0,
      'source',
      'add',
      'acme',
      'slow',
      '--directory',
      fill(home.folder('slow')),
      '--prepare',
      'sleep 4',
    );
    const first = home.run('run', 'backup', '--json');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const second = await home.run('run', 'backup', '--json');
    expect([(await first).code, second.code]).toEqual([0, 4]);
    expect((JSON.parse(second.stdout) as Report).items[0]).toMatchObject({
      status: 'busy',
      reasons: [expect.stringContaining('busy')],
    });
    expect(await home.json(0, 'run', 'restore-test')).toMatchObject({ outcome: 'ok' });
  });
});

describe('a run that was killed', () => {
  it('is finished by the next one, which says so', async () => {
    const home = await simulatedHome((at) => at.folder('none'));
    await home.ends(0, 'source', 'remove', 'acme', 'files');
    await home.ends(
      0,
      'source',
      'add',
      'acme',
      'slow',
      '--directory',
      fill(home.folder('slow')),
      '--prepare',
      'sleep 3',
    );
    const killed = await tenure(['--home', home.dir, 'run', 'backup'], { killAfterMs: 2000 });
    expect(killed.code).toBeNull();
    expect(await home.json(1, 'doctor')).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ check: 'executions', status: 'wrong' })]),
    });
    const next = await home.json<Report>(0, 'run', 'backup');
    expect(next.takenOver).toHaveLength(1);
    expect(next).toMatchObject({ outcome: 'ok', items: [{ status: 'done' }] });
    const all = await home.json<{ name: string; status: string; redrives: number }[]>(
      0,
      'executions',
      'list',
      '--machine',
      'backup',
    );
    expect(all.find(({ name }) => name === next.takenOver[0])).toMatchObject({ status: 'succeeded', redrives: 1 });
    expect(all.every(({ status }) => status === 'succeeded')).toBe(true);
  });
});

describe('executions', () => {
  it('are shown with their history, and started again only when they failed', async () => {
    const home = await simulatedHome(withFiles);
    const { run } = await home.json<Report>(0, 'run', 'backup');
    const { history } = await home.json<{ history: { type: string; state?: string }[] }>(0, 'executions', 'show', run);
    expect(history.map(({ state }) => state)).toContain('PlanShards');
    expect(history.at(-1)).toMatchObject({ type: 'execution-ended' });
    await home.ends(4, 'executions', 'retry', run);
    await home.ends(3, 'executions', 'retry', 'nothing');
    await home.ends(3, 'executions', 'show', 'nothing');
    await home.ends(2, 'executions', 'list', '--status', 'sleeping');
  });
});

describe('run restore-test', () => {
  it('passes on whole copies, and ends with 1 and the names of what is hit on damaged ones', async () => {
    const home = await simulatedHome(withFiles);
    await home.ends(0, 'run', 'backup');
    const passed = await home.json<Report>(0, 'run', 'restore-test');
    expect(passed.items.map(({ verdict }) => verdict)).toContain('passed');
    const packs = filesBelow(join(home.dir, 'repository')).filter((path) => path.includes('/pack/'));
    const [pack = ''] = packs.sort((a, b) => statSync(b).size - statSync(a).size);
    const bytes = readFileSync(pack);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    rmSync(pack);
    writeFileSync(pack, bytes);
    const failed = await home.ends(1, 'run', 'restore-test');
    expect(failed.stdout).toMatch(/file-\d\.txt/);
    expect(failed.stdout).toContain('failed');
    expect(readdirSync(join(home.dir, 'scratch'))).toEqual([]);
  });
});

describe('run expiry', () => {
  const later = '2027-02-22T20:00:00.000Z';

  it('says with --dry-run what would go and why, and changes nothing', async () => {
    const home = await simulatedHome(withFiles);
    await home.ends(0, 'run', 'backup');
    const { stdout } = await home.ends(0, 'run', 'expiry', '--dry-run', '--now', later);
    expect(stdout).toMatch(/would go +removed: older than 90 days/);
    expect(filesBelow(join(home.dir, 'repository')).filter((path) => path.includes('/root/'))).not.toHaveLength(0);
    expect(await home.json(0, 'run', 'expiry', '--dry-run')).toMatchObject({ dryRun: true, copies: [{ keep: false }] });
  });

  it('removes copies over the cap with reasons, their objects and their keys', async () => {
    const home = await simulatedHome(withFiles);
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'run', 'backup', '--now', '2026-11-23T20:00:00Z');
    cpSync(join(home.dir, 'repository'), join(home.beside, 'stolen'), { recursive: true });
    const { copies, items } = await home.json<Report>(0, 'run', 'expiry', '--now', later);
    expect(copies).toHaveLength(2);
    for (const { keep, reasons } of copies)
      expect({ keep, reasons }).toEqual({ keep: false, reasons: [expect.stringContaining('90 days')] });
    expect(items).toMatchObject([{ status: 'done', removed: 2 }]);
    expect(filesBelow(join(home.dir, 'repository')).filter((path) => path.includes('/v1/'))).toEqual([]);
    expect(filesBelow(join(home.dir, 'keys')).filter((path) => path.includes('root'))).toEqual([]);

    const stolen = join(home.beside, 'elsewhere');
    const opened = await tenure([
      '--home',
      stolen,
      'recover',
      '--repository',
      join(home.beside, 'stolen'),
      '--keys',
      join(home.dir, 'keys'),
      '--json',
    ]);
    expect(JSON.parse(opened.stdout)).toMatchObject({ snapshots: 0, erased: 2 });
  });
});

describe('run controls', () => {
  it('ends with 1 when one fails, and tells which', async () => {
    const home = await simulatedHome(withFiles);
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'run', 'controls');
    const { stdout } = await home.ends(1, 'run', 'controls', '--now', '2027-01-05T20:00:00Z');
    expect(stdout).toMatch(/fail +freshness +acme\/files/);
  });
});

describe('recover', () => {
  it('brings live copies back in quarantine: nothing destructive runs', async () => {
    const home = await simulatedHome(withFiles);
    const [copy] = (await home.json<Report>(0, 'run', 'backup')).items;
    const fresh = join(home.beside, 'fresh');
    const args = [
      '--repository',
      join(home.dir, 'repository'),
      '--keys',
      join(home.dir, 'keys/a'),
      join(home.dir, 'keys/b'),
      '--plans',
      join(home.dir, 'plans'),
    ];
    const recover = (...more: string[]) => tenure(['--home', fresh, ...more, '--json']);
    const made = await recover('--now', '2027-02-22T20:00:00Z', 'recover', ...args);
    expect(JSON.parse(made.stdout)).toMatchObject({
      tenants: ['acme'],
      sources: ['acme/files'],
      snapshots: 1,
      erased: 0,
      unknown: [],
      missingPlans: [],
    });
    const tested = JSON.parse((await recover('run', 'restore-test')).stdout) as Report;
    expect(tested.items[0]).toMatchObject({ snapshot: copy?.snapshot, verdict: 'passed' });
    const expiry = await recover('run', 'expiry');
    expect(expiry.code).toBe(5);
    expect(expiry.stdout).toContain('quarantine');
    expect(JSON.parse((await recover('doctor')).stdout)).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ check: 'quarantine', status: 'wrong' })]),
    });
    expect((await recover('recover', ...args)).code).toBe(4);
  });

  it('makes nothing of keys or a repository that are not there', async () => {
    const home = await simulatedHome(withFiles);
    const fresh = join(home.beside, 'fresh');
    const repository = join(home.dir, 'repository');
    const recover = (...args: string[]) => tenure(['--home', fresh, 'recover', ...args]);
    expect((await recover('--repository', join(home.beside, 'none'), '--keys', join(home.dir, 'keys'))).code).toBe(3);
    expect((await recover('--repository', repository, '--keys', home.folder('empty'))).code).toBe(3);
    const key = join(home.beside, 'wrong.key');
    writeFileSync(key, Buffer.alloc(32, 7).toString('base64'));
    expect(
      (await recover('--repository', repository, '--keys', join(home.dir, 'keys'), '--key-file', key)).code,
    ).not.toBe(0);
    expect(existsSync(fresh) ? readdirSync(fresh) : []).toEqual([]);
  });
});

describe('doctor', () => {
  it('finds what is wrong and says how to mend it', async () => {
    const home = await simulatedHome(withFiles);

    expect(await home.json(0, 'doctor')).toMatchObject({ wrong: 0 });
    chmodSync(join(home.dir, 'catalog.db'), 0o644);
    rmSync(home.folder('data'), { recursive: true });
    writeFileSync(join(home.folder('home', 'scratch'), 'left.0'), 'customer data');
    const { checks } = await home.json<{ checks: { check: string; status: string; mend?: string }[] }>(1, 'doctor');
    const wrong = checks.filter(({ status }) => status === 'wrong');
    expect(wrong.map(({ check }) => check)).toEqual(['files', 'source acme/files', 'scratch']);
    for (const { mend } of wrong) expect(mend).toMatch(/\S/);
    writeFileSync(join(home.dir, 'plans/standard.yml'), 'name: standard\n');
    expect((await home.ends(1, 'doctor')).stdout).toContain('plans/standard.yml:1: ');
    expect((await tenure(['--home', home.beside, 'doctor'])).code).toBe(3);
  });
});
