import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, Home, type RunData, type SnapshotData, start, suiteFolder, tempFolder } from './program.ts';

interface Verified {
  ok: boolean;
  problems: string[];
}

interface LedgerData {
  ok: boolean;
  chains: { chain: string; entries: number }[];
  problems: { chain?: string; seq?: number; problem: string; differs?: string[] }[];
}

/** A name and a content that must not be found in the home any more. */
const secretName = 'Quarterly-Heliotrope.txt';
const secretContent = 'the heliotrope blooms at midnight';

const folder = suiteFolder();
const home = new Home(join(folder, 'home'));
const at = (...path: string[]) => join(folder, ...path);

/** Runs a command without any home: nothing but files is at hand. */
async function alone(code: number, ...args: string[]): Promise<Verified> {
  const ended = await start([...args, '--json']).ended;
  if (ended.code === code) return JSON.parse(ended.stdout) as Verified;
  throw new Error(`tenure ${args.join(' ')} ended with ${ended.code}, not ${code}:\n${ended.stdout}${ended.stderr}`);
}

beforeAll(async () => {
  await home.make({ now: '2026-11-22T20:00:00.000Z', plan: 'unattended' });
  await home.addTenant('other', 'unattended');
  const files = { [secretName]: secretContent, 'sub/b.bin': Buffer.alloc(300_000, 9), 'sub/c.txt': 'c' };
  await home.protect('files', home.data('data', files));
  await home.protect('more', home.data('more', { 'd.txt': 'd' }));
  await home.ends(0, 'source', 'add', 'other', 'files', '--directory', home.data('other', { 'x.txt': 'stays' }));
  await home.ends(0, 'run', 'backup');
  writeFileSync(at('data/sub/only-in-the-second.txt'), 'late');
  await home.ends(0, 'run', 'backup', '--now', '2026-11-23T20:00:00.000Z');
  await home.ends(0, 'finance', 'unpaid', 'acme', '--invoice', 'R-7');
  await home.ends(0, 'run', 'notice');
  cpSync(home.path('repository'), at('stolen'), { recursive: true });
  const due = await home.json<RunData>(0, 'run', 'notice', '--now', '2026-12-24T00:00:00.000Z');
  expect(due.erasures).toMatchObject([{ outcome: 'ok' }]);

  const [issued] = await home.json<{ case: string }[]>(0, 'certificate', 'list');
  for (const form of ['json', 'pdf'])
    await home.ends(0, 'certificate', 'show', issued?.case ?? '', '--out', at(`certificate.${form}`));
  writeFileSync(at('jwks.json'), (await home.ends(0, 'keys', 'jwks')).stdout);
  for (const { filename, content } of (await home.mailsTo('ana@acme.example')).at(-1)?.attachments ?? []) {
    mkdirSync(at('mail'), { recursive: true });
    writeFileSync(at('mail', filename ?? 'unnamed'), content);
  }
});

describe('after the erasure of a tenant', () => {
  it('its folders, its copies and its keys in both replicas are gone; the other tenant has everything', async () => {
    expect([existsSync(at('data')), existsSync(at('more'))]).toEqual([false, false]);
    expect(filesBelow(home.path('repository')).filter((path) => !path.includes('/other/'))).toEqual([]);
    for (const replica of ['a', 'b']) {
      const keys = filesBelow(home.path('keys', replica, 'keys')).map((path) =>
        path.slice(home.path('keys', replica, 'keys').length),
      );
      // The evidence key opens what is on record about the erasure, and no copy.
      expect(keys.filter((path) => path.includes('acme'))).toEqual(['/evidence/acme']);
      expect(keys).toContain('/tenant/other');
    }
    expect((await home.json<SnapshotData[]>(0, 'snapshots')).map(({ tenant }) => tenant)).toEqual(['other', 'other']);
    await home.ends(0, 'restore', 'latest', '--tenant', 'other', '--source', 'files', '--to', at('back'));
    expect(readFileSync(at('back/x.txt'), 'utf8')).toBe('stays');
    expect(await home.json<{ problems: object[] }>(0, 'check', '--read-data')).toMatchObject({ problems: [] });
  });

  it('a copy of the repository from before opens nothing of it with the keys of today', async () => {
    const thief = new Home(at('thief'));
    const found = await thief.json<{ tenants: string[]; snapshots: number; erased: number }>(
      0,
      'recover',
      '--repository',
      at('stolen'),
      '--keys',
      home.path('keys'),
    );
    expect(found).toMatchObject({ tenants: ['other'], snapshots: 2, erased: 4, damaged: [] });
    await thief.ends(3, 'restore', 'latest', '--tenant', 'acme', '--to', at('never'));
  });

  it('neither name nor content of its files is left in the home, apart from the report that waits to be sent', async () => {
    const found = filesBelow(home.dir)
      .filter((path) => !path.startsWith(home.path('outbox')))
      .filter((path) => {
        const bytes = readFileSync(path);
        return bytes.includes(secretName) || bytes.includes(secretContent) || bytes.includes('only-in-the-second');
      });
    expect(found).toEqual([]);
    expect(readdirSync(home.path('scratch'))).toEqual([]);
  });
});

describe('the certificate', () => {
  it('verifies as JSON and as PDF with nothing but the public keys, also as it was mailed', async () => {
    const mailed = readdirSync(at('mail'));
    const files = [
      at('certificate.json'),
      at('certificate.pdf'),
      ...mailed.filter((name) => /cert.*\.(pdf|json)$/.test(name)).map((name) => at('mail', name)),
    ];
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const file of files) {
      expect(await alone(0, 'certificate', 'verify', file, '--jwks', at('jwks.json'))).toMatchObject({
        ok: true,
        tenant: 'acme',
        simulation: true,
        problems: [],
      });
    }
    // The home knows its keys by itself; another home's keys do not count.
    await home.ends(0, 'certificate', 'verify', at('certificate.pdf'));
    const stranger = await new Home().make();
    await stranger.ends(1, 'certificate', 'verify', at('certificate.pdf'));
    await stranger.ends(1, 'certificate', 'verify', at('certificate.json'));
  });

  it('is refused after the change of one byte, wherever it lies', async () => {
    const place = tempFolder();
    for (const form of ['json', 'pdf']) {
      const whole = readFileSync(at(`certificate.${form}`));
      for (const share of [0, 0.2, 0.5, 0.8, 1]) {
        const changed = Buffer.from(whole);
        const offset = Math.floor((whole.length - 1) * share);
        changed[offset] = (changed[offset] ?? 0) ^ 1;
        const file = join(place, `changed.${form}`);
        writeFileSync(file, changed);
        const { ok, problems } = await alone(1, 'certificate', 'verify', file, '--jwks', at('jwks.json'));
        expect(ok).toBe(false);
        expect(problems.length).toBeGreaterThan(0);
      }
    }
  });

  it('names what differs in what it says', async () => {
    const text = readFileSync(at('certificate.json'), 'utf8');
    const parsed = JSON.parse(text) as { certificate: { inventory: { objects: number } } };
    expect(`${JSON.stringify(parsed, undefined, 2)}\n`).toBe(text);
    parsed.certificate.inventory.objects += 1;
    const changed = `${JSON.stringify(parsed, undefined, 2)}\n`;
    const file = join(tempFolder(), 'changed.json');
    writeFileSync(file, changed);
    const { problems } = await alone(1, 'certificate', 'verify', file, '--jwks', at('jwks.json'));
    expect(problems.join()).toContain('inventory.objects');
  });

  it('proves with the inventory of the mail what it covers, and nothing else', async () => {
    const inventories = readdirSync(at('mail'))
      .filter((name) => !/cert.*\.(pdf|json)$/.test(name))
      .map((name) => at('mail', name));
    expect(inventories.length).toBeGreaterThan(0);
    const prove = async (code: number, path: string, inventory: string) =>
      await alone(
        code,
        'certificate',
        'prove',
        at('certificate.json'),
        '--inventory',
        inventory,
        path,
        '--jwks',
        at('jwks.json'),
      );
    const holding = inventories.find((path) => readFileSync(path).includes(secretName)) ?? '';
    for (const path of [secretName, 'sub/b.bin', 'sub/c.txt', 'sub/only-in-the-second.txt'])
      expect(await prove(0, path, holding)).toMatchObject({ ok: true, path, source: 'files' });
    await prove(1, 'never-there.txt', holding);
    const forged = join(tempFolder(), 'forged.jsonl');
    writeFileSync(forged, readFileSync(holding, 'utf8').replaceAll('sub/c.txt', 'sub/z.txt'));
    await prove(1, 'sub/z.txt', forged);
    // A line that went takes its neighbours' proofs along: they say how many there were.
    const [, ...rest] = readFileSync(holding, 'utf8').split('\n');
    writeFileSync(forged, rest.join('\n'));
    await prove(1, 'sub/c.txt', forged);
  });
});

describe('the ledger', () => {
  /** Its own copy of the home, for a test that damages it. */
  function copyOfHome(): Home {
    const copy = new Home();
    cpSync(home.dir, copy.dir, { recursive: true });
    return copy;
  }

  /** Does something to the rows of the catalog, past the program. */
  function inDatabase(copy: Home, work: (db: DatabaseSync) => void): void {
    const db = new DatabaseSync(copy.path('catalog.db'));
    work(db);
    db.close();
  }

  it('verifies as it was written', async () => {
    const verdict = await home.json<LedgerData>(0, 'ledger', 'verify');
    expect(verdict.problems).toEqual([]);
    expect(verdict.chains.length).toBeGreaterThanOrEqual(3);
    await home.ends(0, 'ledger', 'export', at('ledger.jsonl'));
    const lines = readFileSync(at('ledger.jsonl'), 'utf8');
    expect(lines.split('\n').length - 1).toBe(verdict.chains.reduce((sum, { entries }) => sum + entries, 0));
    for (const word of [secretName, 'acme', 'ana@', folder]) expect(lines).not.toContain(word);
  });

  const rowOf = (db: DatabaseSync, chain: string, seq: number) => {
    const key = [`LEDGER#${chain}`, String(seq).padStart(8, '0')];
    const row = db.prepare('SELECT data FROM entity WHERE pk = ? AND sk = ?').get(...key);
    return { key, data: String(row?.data) };
  };

  it.each([
    [
      'a changed word of an entry',
      4,
      (db: DatabaseSync, chain: string) => {
        const { key, data } = rowOf(db, chain, 4);
        const changed = data.replace(/"actor":"(\w)/, (_, letter: string) => `"actor":"${letter === 'x' ? 'y' : 'x'}`);
        expect(changed).not.toBe(data);
        db.prepare('UPDATE entity SET data = ? WHERE pk = ? AND sk = ?').run(changed, ...key);
      },
    ],
    [
      'a deleted entry',
      3,
      (db: DatabaseSync, chain: string) => {
        const { key } = rowOf(db, chain, 3);
        expect(db.prepare('DELETE FROM entity WHERE pk = ? AND sk = ?').run(...key).changes).toBe(1);
      },
    ],
    [
      'two entries that changed places',
      2,
      (db: DatabaseSync, chain: string) => {
        const [one, two] = [rowOf(db, chain, 2), rowOf(db, chain, 3)];
        const put = db.prepare('UPDATE entity SET data = ? WHERE pk = ? AND sk = ?');
        put.run(two.data, ...one.key);
        put.run(one.data, ...two.key);
      },
    ],
  ])('does not verify with %s, and chain and entry are named', async (_, seq, change) => {
    const copy = copyOfHome();
    const { chains } = await copy.json<LedgerData>(0, 'ledger', 'verify');
    const longest = chains.reduce((a, b) => (a.entries >= b.entries ? a : b)).chain;
    for (const chain of new Set([longest, 'system'])) {
      const damaged = copyOfHome();
      inDatabase(damaged, (db) => change(db, chain));
      const { ok, problems } = await damaged.json<LedgerData>(1, 'ledger', 'verify');
      expect(ok).toBe(false);
      expect(problems[0]).toMatchObject({ chain, seq });
      const { stdout } = await damaged.ends(1, 'ledger', 'verify');
      expect(stdout).toContain(`chain ${chain}, entry ${seq}`);
    }
  });

  it('does not verify with a replaced head, nor cut off together with it', async () => {
    const cut = (entries: number) => (db: DatabaseSync) => {
      const newest = rowOf(db, 'system', entries);
      expect(db.prepare('DELETE FROM entity WHERE pk = ? AND sk = ?').run(...newest.key).changes).toBe(1);
      const { value } = JSON.parse(rowOf(db, 'system', entries - 1).data) as {
        value: { seq: number; hash: string; at: string };
      };
      const head = { value: { chain: 'system', seq: value.seq, hash: value.hash, at: value.at } };
      const put = db.prepare("UPDATE entity SET data = ? WHERE pk = 'LEDGER-HEADS' AND sk = 'system'");
      expect(put.run(JSON.stringify(head)).changes).toBe(1);
    };
    const { chains } = await home.json<LedgerData>(0, 'ledger', 'verify');
    const entries = chains.find(({ chain }) => chain === 'system')?.entries ?? 0;
    const shortened = copyOfHome();
    inDatabase(shortened, cut(entries));
    const { problems } = await shortened.json<LedgerData>(1, 'ledger', 'verify');
    expect(problems).toEqual(expect.arrayContaining([expect.objectContaining({ chain: 'system', seq: entries })]));

    const replaced = copyOfHome();
    inDatabase(replaced, (db) => {
      const put = db.prepare(
        "UPDATE entity SET data = replace(data, '\"hash\":\"', '\"hash\":\"0') WHERE pk = 'LEDGER-HEADS' AND sk = 'system'",
      );
      expect(put.run().changes).toBe(1);
    });
    const verdict = await replaced.json<LedgerData>(1, 'ledger', 'verify');
    expect(verdict.problems[0]).toMatchObject({ chain: 'system' });
  });

  it('does not verify after one byte of an entry was changed in the file itself, nor in the evidence store', async () => {
    const copy = copyOfHome();
    // Everything is in the one file, without a log beside it.
    inDatabase(copy, (db) => db.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    const file = copy.path('catalog.db');
    const bytes = readFileSync(file);
    const found = bytes.indexOf('"type":"snapshot-committed"');
    const offset = found < 0 ? bytes.indexOf('"type":"tenant-added"') : found;
    expect(offset).toBeGreaterThan(0);
    bytes[offset + 9] = (bytes[offset + 9] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const { problems } = await copy.json<LedgerData>(1, 'ledger', 'verify');
    expect(problems[0]?.chain).toBeDefined();
    expect(problems[0]?.seq).toBeGreaterThan(0);

    const other = copyOfHome();
    for (const path of filesBelow(other.path('evidence/ledger'))
      .filter((name) => name.includes('/segments/'))
      .slice(0, 1)) {
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.replace(/"at":"2026/, '"at":"2025'));
      expect((await other.json<LedgerData>(1, 'ledger', 'verify')).problems.length).toBeGreaterThan(0);
    }
  });
});
