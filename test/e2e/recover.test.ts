import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, Home, type RunData, type SnapshotData } from './program.ts';
import { describeTree, differences } from './tree.ts';

interface Recovered {
  tenants: string[];
  sources: string[];
  snapshots: number;
  erased: number;
  damaged: object[];
  unknown: string[];
  missingPlans: string[];
  quarantine: boolean;
}

const firstDay = '2026-11-22T20:00:00.000Z';
const secondDay = '2026-11-23T20:00:00.000Z';
/** The first copy is past the cap, the second is not. */
const between = '2027-02-21T12:00:00.000Z';
/** The next day: the ledger is sealed, with what happened since. */
const sealedAt = '2027-02-22T00:30:00.000Z';
const afterTheCap = '2027-02-25T12:00:00.000Z';

describe('on an empty home', () => {
  it('live copies come back, expired ones do not, and nothing destructive runs until it is confirmed', async () => {
    const lost = await new Home().make({ now: firstDay, plan: 'unattended' });
    const folder = lost.data('data', { 'a.txt': 'first', 'b.bin': randomBytes(100_000), 'sub/c.txt': 'c' });
    await lost.protect('files', folder);
    await lost.ends(0, 'run', 'backup');
    cpSync(lost.path('repository'), join(lost.beside, 'older'), { recursive: true });
    writeFileSync(join(folder, 'a.txt'), 'second');
    const truth = describeTree(folder);
    await lost.ends(0, 'run', 'backup', '--now', secondDay);
    const [expired, live] = await lost.json<SnapshotData[]>(0, 'snapshots');
    await lost.ends(0, 'run', 'expiry', '--now', between);
    const { id: hold } = await lost.json<{ id: string }>(0, 'hold', 'place', '--tenant', 'acme', '--reason', 'lawsuit');
    await lost.run('run', 'controls', '--now', sealedAt);

    // What is left of the home: its repository, into which somebody has put back what had expired, keys and plans.
    cpSync(join(lost.beside, 'older'), lost.path('repository'), { recursive: true, force: false });
    for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'tenure.yml'])
      rmSync(lost.path(name), { force: true });
    const home = new Home(join(lost.beside, 'new'));
    const from = ['--repository', lost.path('repository'), '--keys', lost.path('keys'), '--plans', lost.path('plans')];
    const recovered = await home.json<Recovered>(
      0,
      'recover',
      ...from,
      '--evidence',
      lost.path('evidence'),
      '--operator-email',
      'operator@tenure.example',
      '--now',
      sealedAt,
    );
    expect(recovered).toMatchObject({
      tenants: ['acme'],
      sources: ['acme/files'],
      snapshots: 1,
      erased: 1,
      damaged: [],
      unknown: [],
      missingPlans: [],
      quarantine: true,
    });
    expect((await home.json<SnapshotData[]>(0, 'snapshots')).map(({ id, takenAt }) => [id, takenAt])).toEqual([
      [live?.id, secondDay],
    ]);
    await home.ends(0, 'restore', 'latest', '--to', join(home.beside, 'back'));
    expect(differences(truth, describeTree(join(home.beside, 'back')))).toEqual([]);
    await home.ends(3, 'restore', expired?.id ?? '', '--to', join(home.beside, 'never'));
    expect((await home.run('status')).stdout).toContain('QUARANTINE');

    // Backups go on where they were. Nothing else does, however due it is.
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'finance', 'unpaid', 'acme', '--invoice', 'R-7');
    const objects = filesBelow(lost.path('repository')).length;
    for (const command of [
      ['run', 'notice'],
      ['run', 'expiry', '--now', afterTheCap],
      ['run', 'notice'],
    ]) {
      const { items } = await home.json<RunData>(5, ...command);
      expect(items.flatMap(({ reasons }) => reasons).join()).toContain('quarantine');
    }
    expect(await home.mailsTo('ana@acme.example')).toEqual([]);
    expect(filesBelow(lost.path('repository')).length).toBe(objects);

    await home.ends(0, 'resume');
    await home.json(5, 'run', 'expiry');
    await home.ends(0, 'resume', '--confirm', 'quarantine');
    // The hold was in the ledger, and holds.
    expect(await home.json<{ id: string }[]>(0, 'hold', 'list')).toMatchObject([{ id: hold }]);
    expect((await home.ends(5, 'run', 'expiry')).stdout).toContain(hold);
    await home.ends(0, 'hold', 'release', hold, '--reason', 'settled');
    const { items } = await home.json<RunData>(0, 'run', 'expiry');
    expect(items).toMatchObject([{ status: 'done', removed: 1 }]);
    expect(await home.json<SnapshotData[]>(0, 'snapshots')).toHaveLength(1);
    await home.ends(0, 'check', '--read-data');
    await home.ends(0, 'run', 'notice');
    expect(await home.mailsTo('ana@acme.example')).toHaveLength(1);
    await home.ends(0, 'ledger', 'verify');
  });

  it('the copies of several tenants and sources come back with one replica of the keys, or with damaged roots', async () => {
    const lost = await new Home().make();
    await lost.addTenant('other', 'standard');
    await lost.protect('files', lost.data('data', { 'a.txt': 'a' }));
    await lost.protect('more', lost.data('more', { 'b.txt': 'b' }));
    await lost.ends(0, 'source', 'add', 'other', 'files', '--directory', lost.data('other', { 'c.txt': 'c' }));
    for (let i = 0; i < 3; i++) await lost.ends(0, 'run', 'backup');
    const ids = (await lost.json<SnapshotData[]>(0, 'snapshots')).map(({ id }) => id).sort();
    const roots = filesBelow(lost.path('repository')).filter((path) => path.includes('/root/'));
    expect(roots).toHaveLength(18);
    // One copy of each root is bad: the other one serves.
    for (const root of roots.filter((_, index) => index % 2 === 0))
      writeFileSync(root, readFileSync(root).subarray(0, -1));
    const home = new Home(join(lost.beside, 'new'));
    const from = ['--repository', lost.path('repository'), '--keys', lost.path('keys/b')];
    const recovered = await home.json<Recovered>(0, 'recover', ...from, '--key-file', lost.path('keys/master.key'));
    expect(recovered).toMatchObject({ tenants: ['acme', 'other'], snapshots: 9, erased: 0 });
    expect((await home.json<SnapshotData[]>(0, 'snapshots')).map(({ id }) => id).sort()).toEqual(ids);
    for (const id of ids) await home.ends(0, 'restore', id, '--to', join(home.beside, `back-${id}`));
  });

  it('nothing is made of keys that do not fit, or of places that are not there', async () => {
    const lost = await new Home().make();
    await lost.protect('files', lost.data('data', { 'a.txt': 'a' }));
    await lost.ends(0, 'run', 'backup');
    const stranger = await new Home().make();
    const home = new Home(join(lost.beside, 'new'));
    const repository = ['--repository', lost.path('repository')];
    await home.ends(3, 'recover', '--repository', join(lost.beside, 'none'), '--keys', lost.path('keys'));
    await home.ends(3, 'recover', ...repository, '--keys', join(lost.beside, 'none'));
    const { code } = await home.run(
      'recover',
      ...repository,
      '--keys',
      lost.path('keys'),
      '--key-file',
      stranger.path('keys/master.key'),
    );
    expect([2, 6]).toContain(code);
    expect(filesBelow(home.dir)).toEqual([]);
    await lost.ends(4, 'recover', ...repository, '--keys', lost.path('keys'));
    // Somebody else's keyring opens nothing: everything counts as erased.
    const blind = await new Home(join(lost.beside, 'blind')).json<Recovered>(
      0,
      'recover',
      ...repository,
      '--keys',
      stranger.path('keys'),
    );
    expect(blind).toMatchObject({ snapshots: 0, erased: 1 });
    await lost.ends(0, 'run', 'backup');
    await lost.ends(0, 'check', '--read-data');
  });
});
