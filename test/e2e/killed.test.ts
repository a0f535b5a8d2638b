import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CheckData, filesBelow, Home, type RunData, type SnapshotData, tempFolder } from './program.ts';
import { contentsOf, describeTree } from './tree.ts';

const moments = 20;
const firstDay = '2026-11-22T20:00:00.000Z';

/** The program needs this long before it does anything, in milliseconds: kills before that prove little. */
const startMs = 80;

/** Sixty starts and more of the program, on a machine that may have other work. */
const timeout = 300_000;

/** Numbers from 0 to 1, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/**
 * Lives one life for each of twenty moments, one at random in each twentieth of a run, in a random order. `live` answers
 * whether the run was still at it when it was to be killed; if not, another life is ended a little earlier.
 */
async function killOften(seed: number, runMs: number, live: (ms: number, round: number) => Promise<boolean>) {
  const random = seeded(seed);
  const shares = Array.from({ length: moments }, (_, i) => ({ share: (i + random()) / moments, order: random() }));
  shares.sort((a, b) => a.order - b.order);
  let scale = 1;
  for (const [round, { share }] of shares.entries()) {
    for (let misses = 0; !(await live(startMs + (runMs - startMs) * share * scale, round)); misses++) {
      if (misses === 8) throw new Error(`a run of ${runMs} ms is over before it can be killed`);
      scale *= 0.85;
    }
  }
}

/** Runs a command and kills it after a while. Answers whether it was still running then. */
async function killAfter(ms: number, home: Home, ...args: string[]): Promise<boolean> {
  const { child, ended } = home.start(...args);
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const { code } = await ended;
  clearTimeout(timer);
  return code === null;
}

/** How long a run takes that nobody kills, of two: the first one warms what can be warmed. */
async function timed(makeHome: () => Home, ...args: string[]): Promise<number> {
  let took = 0;
  for (let i = 0; i < 2; i++) {
    const home = makeHome();
    const before = performance.now();
    await home.ends(0, ...args);
    took = performance.now() - before;
  }
  return took;
}

async function expectClean(home: Home): Promise<void> {
  expect((await home.json<CheckData>(0, 'check', '--read-data')).problems).toEqual([]);
}

const rootKeys = (home: Home, replica: string) => filesBelow(home.path('keys', replica, 'keys/root'));

describe('a backup that is killed at 20 moments', () => {
  it(
    'is finished by the next run; no committed copy is lost, and each is what was there',
    async () => {
      const home = await new Home().make();
      const folder = home.data('data', { 'steady.bin': randomBytes(400_000), 'small/a.txt': 'a', 'small/b.txt': 'b' });
      await home.protect('files', folder);
      const change = (round: number) => {
        writeFileSync(join(folder, `new-${round % 4}.bin`), randomBytes(200_000));
        writeFileSync(join(folder, 'small/a.txt'), `in round ${round}`);
      };
      const runMs = await timed(
        () => {
          change(99);
          return home;
        },
        'run',
        'backup',
      );
      const truth = new Map<string, ReturnType<typeof contentsOf>>();
      const known = new Set((await home.json<SnapshotData[]>(0, 'snapshots')).map(({ id }) => id));
      await killOften(1, runMs, async (ms, round) => {
        change(round);
        const tree = contentsOf(describeTree(folder));
        const killed = await killAfter(ms, home, 'run', 'backup');
        const { items, takenOver } = await home.json<RunData>(0, 'run', 'backup');
        expect([round, items.map(({ status }) => status)]).toEqual([round, ['done']]);
        expect(takenOver.length).toBeLessThanOrEqual(1);
        const live = (await home.json<SnapshotData[]>(0, 'snapshots')).map(({ id }) => id);
        for (const id of known) expect(live).toContain(id);
        // That of the next run, and that of the killed one where it came far enough or was taken over.
        const fresh = live.filter((id) => !known.has(id));
        expect(fresh).toContain(items[0]?.snapshot);
        expect(fresh.length).toBeLessThanOrEqual(2);
        for (const id of fresh) {
          known.add(id);
          truth.set(id, tree);
        }
        return killed;
      });
      await expectClean(home);
      for (const [id, tree] of [...truth].filter((_, index) => index % 3 === 0)) {
        const to = join(home.beside, 'back');
        await home.ends(0, 'restore', id, '--to', to);
        expect(contentsOf(describeTree(to))).toEqual(tree);
        rmSync(to, { recursive: true });
      }
      // Nothing but what the live copies need lies in the repository or among the keys.
      expect(readdirSync(home.path('repository/v1/acme/files/root')).sort()).toEqual([...known].sort());
      expect(rootKeys(home, 'a').length).toBe(known.size);
      expect(rootKeys(home, 'b').length).toBe(known.size);
      await home.ends(0, 'ledger', 'verify');
    },
    timeout,
  );
});

describe('an expiry that is killed at 20 moments', () => {
  it(
    'is finished by the next run; what is kept is whole, and nothing is left of what went',
    async () => {
      const now = ['--now', '2027-02-23T20:00:00.000Z'];
      const template = await new Home().make({ now: firstDay });
      const folder = template.data('data', { 'steady.bin': randomBytes(300_000), 'a.txt': 'first' });
      await template.protect('files', folder);
      for (const day of ['22', '23', '24']) {
        writeFileSync(join(folder, 'a.txt'), `on day ${day}`);
        writeFileSync(join(folder, `${day}.bin`), randomBytes(100_000));
        await template.ends(0, 'run', 'backup', '--now', `2026-11-${day}T21:00:00.000Z`);
      }
      writeFileSync(join(folder, 'a.txt'), 'at last');
      await template.ends(0, 'run', 'backup', '--now', '2027-02-01T20:00:00.000Z');
      const [kept] = (await template.json<SnapshotData[]>(0, 'snapshots')).slice(-1);
      const truth = contentsOf(describeTree(folder));
      const copied = (): Home => copyOf(template);
      const runMs = await timed(copied, 'run', 'expiry', ...now);
      await killOften(2, runMs, async (ms, round) => {
        const home = copied();
        if (!(await killAfter(ms, home, 'run', 'expiry', ...now))) return false;
        const { items } = await home.json<RunData>(0, 'run', 'expiry', ...now);
        expect([round, items.map(({ status }) => status)]).toEqual([round, ['done']]);
        expect((await home.json<SnapshotData[]>(0, 'snapshots')).map(({ id }) => id)).toEqual([kept?.id]);
        expect(readdirSync(home.path('repository/v1/acme/files/root'))).toEqual([kept?.id]);
        expect([rootKeys(home, 'a').length, rootKeys(home, 'b').length]).toEqual([1, 1]);
        await expectClean(home);
        if (round % 5 === 0) {
          const to = join(home.dir, '../back');
          await home.ends(0, 'restore', 'latest', '--to', to);
          expect(contentsOf(describeTree(to))).toEqual(truth);
          await home.ends(0, 'ledger', 'verify');
        }
        rmSync(home.dir, { recursive: true });
        return true;
      });
    },
    timeout,
  );
});

describe('an erasure that is killed at 20 moments', () => {
  it(
    'is finished by the next sweep, with exactly one certificate and one report',
    async () => {
      const now = ['--now', '2026-12-24T00:00:00.000Z'];
      /** Paths of sources are absolute, so each life is made anew where the one before was. */
      const place = tempFolder();
      const template = new Home(join(place, 'template'));
      const home = new Home(join(place, 'home'));
      const fill = () =>
        home.data('data', { 'a.txt': 'all that acme has', 'b.bin': Buffer.alloc(100_000, 5), 'c/d.txt': 'd' });
      await template.make({ now: firstDay, plan: 'unattended' });
      await template.protect('files', fill());
      await template.ends(0, 'run', 'backup');
      await template.ends(0, 'finance', 'unpaid', 'acme', '--invoice', 'R-7');
      await template.ends(0, 'run', 'notice');
      const anew = (): Home => {
        rmSync(home.dir, { recursive: true, force: true });
        cpSync(template.dir, home.dir, { recursive: true });
        fill();
        return home;
      };
      const runMs = await timed(anew, 'run', 'notice', ...now);
      await killOften(3, runMs, async (ms, round) => {
        anew();
        if (!(await killAfter(ms, home, 'run', 'notice', ...now))) return false;
        await home.ends(0, 'run', 'notice', ...now);
        expect([round, await home.json<{ status: string }[]>(0, 'case', 'list')]).toMatchObject([
          round,
          [{ status: 'closed' }],
        ]);
        expect(await home.json<object[]>(0, 'certificate', 'list')).toHaveLength(1);
        expect(filesBelow(home.path('evidence/cases')).filter((path) => path.endsWith('.pdf'))).toHaveLength(1);
        expect(existsSync(join(place, 'data'))).toBe(false);
        expect(filesBelow(home.path('repository'))).toEqual([]);
        for (const replica of ['a', 'b']) {
          const keys = filesBelow(home.path('keys', replica, 'keys')).filter((path) => path.includes('acme'));
          expect(keys).toEqual([home.path('keys', replica, 'keys/evidence/acme')]);
        }
        const reports = (await home.mails()).filter(({ attachments }) => attachments.length > 0);
        expect([round, reports.length]).toEqual([round, 2]);
        if (round % 2 === 0) await home.ends(0, 'ledger', 'verify');
        return true;
      });
    },
    timeout,
  );
});

/** Its own copy of a home, for one life. */
function copyOf(home: Home): Home {
  const copy = new Home();
  cpSync(home.dir, copy.dir, { recursive: true });
  return copy;
}
