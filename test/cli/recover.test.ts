import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstDay, simulatedHome, TestHome } from './tenure.ts';

interface Recovered {
  tenants: string[];
  snapshots: number;
  evidence: string;
  holds: string[];
  lostCases: { id: string; tenant: string; status: string }[];
  certificates: number;
  problems: string[];
  ledger?: { chains: { chain: string; tenant?: string; entries: number; lost?: object }[] };
}

// Before the first slot of the plan: nothing is missed yet.
const nextDay = '2026-11-23T01:00:00.000Z';
const farAhead = '2027-02-25T20:00:00.000Z';

const withFiles = (home: TestHome): string => {
  const folder = home.folder('data');
  writeFileSync(join(folder, 'a.txt'), 'alpha');
  return folder;
};

/** A real home with one copy. */
async function realHome(): Promise<TestHome> {
  const home = new TestHome();
  await home.ends(0, 'init');
  await home.ends(
    0,
    'tenant',
    'add',
    'acme',
    '--name',
    'Acme',
    '--email',
    'a@acme.example',
    '--email',
    'b@acme.example',
  );
  await home.ends(0, 'source', 'add', 'acme', 'files', '--directory', withFiles(home));
  await home.ends(0, 'run', 'backup');
  return home;
}

/** A place for a home beside a lost one, and how it is recovered. */
function newHome(lost: TestHome, name = 'fresh') {
  const home = new TestHome();
  Object.assign(home, { dir: join(lost.beside, name), beside: lost.beside });
  const from = ['--repository', join(lost.dir, 'repository'), '--keys', join(lost.dir, 'keys')];
  return { home, from };
}

/** Files of the evidence store whose path has this part. */
function evidence(home: TestHome, part: string): string[] {
  const root = join(home.dir, 'evidence');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes(part) && /\.jsonl?$/.test(name))
    .sort()
    .map((name) => join(root, name));
}

describe('the clock of a recovered home', () => {
  it('is never simulated over the repository of a real home', async () => {
    const lost = await realHome();
    const { home, from } = newHome(lost);
    const { stderr } = await home.ends(5, 'recover', ...from, '--now', farAhead);
    expect(stderr).toContain('real home');
    expect(stderr).toContain('Leave out --now');
    expect(existsSync(home.dir)).toBe(false);

    await home.json(0, 'recover', ...from);
    expect(readFileSync(join(home.dir, 'tenure.yml'), 'utf8')).not.toContain('simulated');
    await home.ends(0, 'resume', '--confirm', 'quarantine');
    await home.ends(5, 'run', 'expiry', '--now', farAhead);
    await home.ends(0, 'run', 'expiry');
    expect(await home.json<object[]>(0, 'snapshots')).toHaveLength(1);
  });

  it('goes on where that of a simulated home stood, or later, and not before', async () => {
    const lost = await simulatedHome(withFiles);
    await lost.ends(0, 'run', 'backup', '--now', nextDay);
    const { home, from } = newHome(lost);
    expect((await home.ends(5, 'recover', ...from, '--now', firstDay)).stderr).toContain('does not go back');
    await home.ends(0, 'recover', ...from);
    expect(await home.json(0, 'status')).toMatchObject({ simulated: true, now: nextDay });
    const later = newHome(lost, 'later');
    await later.home.ends(0, 'recover', ...later.from, '--now', farAhead);
    expect(await later.home.json(0, 'status')).toMatchObject({ simulated: true, now: farAhead });
  });

  it('is not guessed where copies are of both kinds', async () => {
    const lost = await simulatedHome(withFiles);
    await lost.ends(0, 'run', 'backup');
    const config = readFileSync(join(lost.dir, 'tenure.yml'), 'utf8');
    writeFileSync(join(lost.dir, 'tenure.yml'), config.replace(/\nsimulated:\n.*\n/, '\n'));
    await lost.ends(0, 'run', 'backup');
    const { home, from } = newHome(lost);
    for (const more of [[], ['--now', farAhead]]) {
      const { stderr } = await home.ends(5, 'recover', ...from, ...more);
      expect(stderr).toContain('simulated home (1) and of a real one (1)');
    }
    expect(existsSync(home.dir)).toBe(false);
  });
});

describe('the ledger of a recovered home', () => {
  /** Two holds, a case and two seals; then something that is under no seal. */
  async function lived() {
    const lost = await simulatedHome(withFiles);
    const { id: hold } = await lost.json<{ id: string }>(0, 'hold', 'place', '--tenant', 'acme', '--reason', 'lawsuit');
    const { id: over } = await lost.json<{ id: string }>(0, 'hold', 'place', '--tenant', 'acme', '--reason', 'over');
    await lost.ends(0, 'run', 'backup');
    await lost.ends(0, 'hold', 'release', over, '--reason', 'settled');
    await lost.ends(0, 'case', 'open', '--tenant', 'acme', '--source', 'files', '--reason', 'obsolete');
    await lost.ends(0, 'run', 'controls', '--now', nextDay);
    const [open] = await lost.json<{ id: string }[]>(0, 'case', 'list');
    const { id: late } = await lost.json<{ id: string }>(0, 'hold', 'place', '--tenant', 'acme', '--reason', 'late');
    return { lost, hold, over, late, open: open?.id ?? '' };
  }

  it('is read back from the evidence beside the repository, with holds; what is lost is told', async () => {
    const { lost, hold, over, late, open } = await lived();
    const { home, from } = newHome(lost);
    const found = await home.json<Recovered>(0, 'recover', ...from);
    expect(found).toMatchObject({ tenants: ['acme'], snapshots: 1, holds: [hold], problems: [] });
    expect(found.evidence).toBe(join(lost.dir, 'evidence'));
    expect(found.lostCases).toEqual([expect.objectContaining({ id: open, tenant: 'acme', status: 'opened' })]);
    await home.ends(0, 'ledger', 'verify');
    const file = join(lost.beside, 'ledger.jsonl');
    await home.ends(0, 'ledger', 'export', file);
    const types = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"type":"recovered"'));
    expect(types).toHaveLength(found.ledger?.chains.length ?? 0);
    const listed = (await home.ends(0, 'hold', 'list')).stdout;
    expect(listed).toContain(hold);
    for (const gone of [over, late]) expect(listed).not.toContain(gone);

    // It goes on: the next seals cover what was read back and what follows.
    await home.ends(0, 'resume', '--confirm', 'quarantine');
    await home.ends(0, 'run', 'backup', '--now', '2026-11-24T20:00:00.000Z');
    expect(await home.json(0, 'ledger', 'verify')).toMatchObject({ ok: true, problems: [] });
    expect((await home.run('doctor')).stdout).toContain('no seal is ahead of the catalog');
    const { stdout: text } = await newHome(lost, 'third').home.ends(0, 'recover', ...from);
    expect(text).toMatch(/system: \d+ entries, the last of 2026-11-24 20:00; what was written after it is lost/);
    expect(text).toContain(`1 hold in force again: ${hold}`);
    expect(text).toMatch(new RegExp(`${open} acme/files opened, opened 2026-11-22`));
  });

  it('ends where its evidence was altered: that is told, and the home stays in quarantine for it', async () => {
    const { lost, hold } = await lived();
    const [segment = ''] = evidence(lost, 'segments/t-');
    const text = readFileSync(segment, 'utf8').split('\n');
    const altered = text.map((line, i) => (i === 1 ? line.replace('"actor":"', '"actor":"x') : line));
    writeFileSync(segment, altered.join('\n'));
    const { home, from } = newHome(lost);
    const found = await home.json<Recovered>(0, 'recover', ...from, '--evidence', join(lost.dir, 'evidence'));
    expect(found.problems.join()).toContain('entry 2 is not as it was written');
    expect(found.holds).toEqual([hold]);
    expect((await home.ends(0, 'status')).stdout).toContain('damaged or missing in the evidence store');
    await home.ends(5, 'run', 'expiry', '--now', farAhead);
    const { problems } = await home.json<{ problems: { chain: string }[] }>(1, 'ledger', 'verify');
    const chain = found.ledger?.chains.find(({ tenant }) => tenant === 'acme')?.chain;
    expect(new Set(problems.map((problem) => problem.chain))).toEqual(new Set([chain]));
  });

  it('begins anew where no evidence is found; that of another home, or of nowhere, is refused', async () => {
    const { lost } = await lived();
    const stranger = await realHome();
    await stranger.ends(0, 'run', 'controls');
    const { home, from } = newHome(lost);
    const { stderr } = await home.ends(2, 'recover', ...from, '--evidence', join(stranger.dir, 'evidence'));
    expect(stderr).toContain('another home');
    await home.ends(3, 'recover', ...from, '--evidence', join(lost.beside, 'nowhere'));
    expect(existsSync(home.dir)).toBe(false);
    cpSync(join(lost.dir, 'repository'), join(lost.beside, 'alone', 'repository'), { recursive: true });
    const keys = ['--keys', join(lost.dir, 'keys')];
    const bare = ['--repository', join(lost.beside, 'alone', 'repository'), ...keys];
    const found = await home.json<Recovered>(0, 'recover', ...bare);
    expect(found.ledger).toBeUndefined();
    expect(found.holds).toEqual([]);
    await home.ends(0, 'ledger', 'verify');
  });
});

describe('a catalog that is older than its ledger', () => {
  it('is found by doctor, and quarantined by the next command that acts', async () => {
    const home = await simulatedHome(withFiles);
    await home.ends(0, 'run', 'backup');
    cpSync(join(home.dir, 'catalog.db'), join(home.beside, 'older.db'));
    const { id } = await home.json<{ id: string }>(
      0,
      'hold',
      'place',
      '--tenant',
      'acme',
      '--reason',
      'x',
      '--now',
      nextDay,
    );
    await home.ends(0, 'run', 'controls');
    for (const name of ['catalog.db-wal', 'catalog.db-shm']) rmSync(join(home.dir, name), { force: true });
    cpSync(join(home.beside, 'older.db'), join(home.dir, 'catalog.db'));

    const { stdout } = await home.ends(1, 'doctor');
    expect(stdout).toMatch(/WRONG +ledger: the catalog is behind its ledger/);
    expect((await home.ends(5, 'run', 'expiry', '--now', farAhead)).stdout).toContain('quarantine');
    expect((await home.ends(0, 'status')).stdout).toContain('behind its ledger');
    expect(await home.json<object[]>(0, 'snapshots')).toHaveLength(1);
    expect((await home.ends(0, 'hold', 'list')).stdout).toContain(id);
    await home.ends(0, 'ledger', 'verify');
    await home.ends(0, 'resume', '--confirm', 'quarantine');
    await home.ends(0, 'hold', 'release', id, '--reason', 'over');
    await home.ends(0, 'run', 'expiry');
  });
});
