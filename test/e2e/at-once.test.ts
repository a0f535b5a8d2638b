import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CheckData,
  type Ended,
  filesBelow,
  Home,
  type RestoreData,
  type RunData,
  type SnapshotData,
} from './program.ts';
import { contentsOf, describeTree } from './tree.ts';

const firstDay = '2026-11-22T20:00:00.000Z';
const afterTheCap = '2027-02-25T20:00:00.000Z';

/** Everything that may be said to somebody who came at the wrong moment; nothing else is. */
const polite = [0, 4];

/** Files that take a restore long enough to be stopped in the middle. */
function slowData(home: Home, name: string): string {
  const files: Record<string, Buffer> = {};
  for (let i = 0; i < 12; i++) files[`${i}.bin`] = randomBytes(2_000_000);
  return home.data(name, files);
}

/** A prepare command that says when it has begun, and waits until it may go on: so a backup can be held where it stands. */
function gate(home: Home) {
  const [begun, go] = [join(home.beside, 'begun'), join(home.beside, 'go')];
  return {
    command: `touch ${begun}; while [ ! -e ${go} ]; do sleep 0.02; done`,
    open: () => writeFileSync(go, ''),
    close: () => rmSync(go),
    begun: async () => {
      await until(() => existsSync(begun));
      rmSync(begun);
    },
  };
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await pause(1);
}

/** Nothing is damaged, and every copy that lives restores. Answers how many there are. */
async function expectSound(home: Home): Promise<number> {
  const report = await home.json<CheckData>(0, 'check', '--read-data');
  expect(report.problems).toEqual([]);
  const live = await home.json<SnapshotData[]>(0, 'snapshots');
  for (const { id } of live) {
    const to = join(home.beside, `sound-${id}`);
    expect((await home.json<RestoreData>(0, 'restore', id, '--to', to)).damaged).toEqual([]);
    rmSync(to, { recursive: true });
  }
  return live.length;
}

function expectPolite(...all: Ended[]): void {
  for (const { code, stdout, stderr } of all)
    expect([code, polite.includes(code ?? -1) ? '' : stdout + stderr]).toEqual([code, '']);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

describe('at once', () => {
  it('two backups of a source: one is made, the other is refused and harms nothing', async () => {
    const home = await new Home().make();
    const { command, open, close, begun } = gate(home);
    await home.protect('files', home.data('data', { 'a.txt': 'a' }), '--prepare', command);
    for (const copies of [1, 2]) {
      const first = home.start('run', 'backup');
      await begun();
      const { items } = await home.json<RunData>(4, 'run', 'backup');
      expect(items).toMatchObject([{ source: 'files', status: 'busy' }]);
      open();
      expect((await first.ended).code).toBe(0);
      close();
      expect(await expectSound(home)).toBe(copies);
    }
  });

  it('five backups of a source and of another one: no copy is lost or made by halves', async () => {
    const home = await new Home().make();
    await home.protect('files', home.data('data', { 'a.txt': 'a' }));
    await home.protect('others', home.data('others', { 'b.txt': 'b' }));
    const all = await Promise.all([1, 2, 3, 4, 5].map(async () => await home.run('run', 'backup', '--json')));
    expectPolite(...all);
    const done = all
      .flatMap(({ stdout }) => (JSON.parse(stdout) as RunData).items)
      .filter(({ status }) => status === 'done');
    const live = await home.json<SnapshotData[]>(0, 'snapshots');
    expect(live.map(({ id }) => id).sort()).toEqual(done.map(({ snapshot }) => snapshot).sort());
    expect(new Set(live.map(({ source }) => source))).toEqual(new Set(['files', 'others']));
    await expectSound(home);
  });

  it('an expiry beside the backup that builds on what would go is refused, and goes through afterwards', async () => {
    const home = await new Home().make({ now: firstDay });
    const { command, open, begun } = gate(home);
    const folder = slowData(home, 'data');
    await home.protect('files', folder, '--prepare', command);
    open();
    await home.ends(0, 'run', 'backup');
    await begun();
    rmSync(join(home.beside, 'go'));
    writeFileSync(join(folder, 'new.bin'), randomBytes(1_000_000));
    const backup = home.start('run', 'backup', '--now', afterTheCap);
    await begun();
    const refused = await home.json<RunData>(4, 'run', 'expiry', '--now', afterTheCap);
    expect(refused.items).toMatchObject([{ status: 'busy' }]);
    open();
    expect((await backup.ended).code).toBe(0);
    await home.ends(0, 'run', 'expiry');
    expect(await expectSound(home)).toBe(1);
    await home.ends(0, 'restore', 'latest', '--to', join(home.beside, 'back'));
    expect(contentsOf(describeTree(join(home.beside, 'back')))).toEqual(contentsOf(describeTree(folder)));
  });

  it('a backup and the expiry of its parent, at any distance: the new copy is whole', async () => {
    for (const delay of [0, 150, 300]) {
      const home = await new Home().make({ now: firstDay });
      const folder = slowData(home, 'data');
      await home.protect('files', folder);
      await home.ends(0, 'run', 'backup');
      const expiry = home.start('run', 'expiry', '--now', afterTheCap);
      await pause(delay);
      const backup = home.start('run', 'backup', '--now', afterTheCap);
      const [backedUp, expired] = await Promise.all([backup.ended, expiry.ended]);
      expectPolite(backedUp, expired);
      expect([backedUp.code, expired.code]).toContain(0);
      // Whatever was refused goes through when it is asked again.
      if (backedUp.code === 4) await home.ends(0, 'run', 'backup');
      await home.ends(0, 'run', 'expiry');
      expect(await expectSound(home)).toBe(1);
      await home.ends(0, 'restore', 'latest', '--to', join(home.beside, 'back'));
      expect(contentsOf(describeTree(join(home.beside, 'back')))).toEqual(contentsOf(describeTree(folder)));
    }
  });

  it('an expiry of what is being restored is refused; the restore is whole, and then it expires', async () => {
    const home = await new Home().make({ now: firstDay });
    const folder = slowData(home, 'data');
    await home.protect('files', folder);
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'run', 'notice', '--now', afterTheCap);
    const to = join(home.beside, 'back');
    const restore = home.start('restore', 'latest', '--to', to);
    await until(() => filesBelow(to).length > 0);
    restore.child.kill('SIGSTOP');
    expect(filesBelow(to).length).toBeLessThan(12);
    const refused = await home.json<RunData>(4, 'run', 'expiry');
    expect(refused.items).toMatchObject([{ status: 'busy' }]);
    restore.child.kill('SIGCONT');
    expect((await restore.ended).code).toBe(0);
    expect(contentsOf(describeTree(to))).toEqual(contentsOf(describeTree(folder)));
    await home.ends(0, 'run', 'expiry');
    expect(await expectSound(home)).toBe(0);
  });

  it('the same erasure from two sweeps: it happens once, with one certificate', async () => {
    const home = await new Home().make({ now: firstDay, plan: 'unattended' });
    await home.protect('files', slowData(home, 'data'));
    await home.ends(0, 'run', 'backup');
    await home.ends(0, 'finance', 'unpaid', 'acme', '--invoice', 'R-7');
    await home.ends(0, 'run', 'notice');
    const sweep = () => home.start('run', 'notice', '--now', '2026-12-24T00:00:00.000Z');
    const first = sweep();
    await pause(300);
    expectPolite(...(await Promise.all([first.ended, sweep().ended, sweep().ended])));
    await home.ends(0, 'run', 'notice');
    expect(await home.json<object[]>(0, 'certificate', 'list')).toHaveLength(1);
    const reports = (await home.mailsTo('ana@acme.example')).filter(({ attachments }) => attachments.length > 0);
    expect(reports).toHaveLength(1);
    expect(await home.json<{ status: string }[]>(0, 'case', 'list')).toMatchObject([{ status: 'closed' }]);
    await home.ends(0, 'ledger', 'verify');
  });
});
