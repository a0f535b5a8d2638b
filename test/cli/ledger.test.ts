import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { readCompactJws, verifyJws } from '../../src/documents/jws.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { simulatedHome, TestHome } from './tenure.ts';
import { unzip } from './unzip.ts';

interface Verdict {
  ok: boolean;
  chains: { chain: string; entries: number }[];
  seals: number;
  problems: { chain?: string; seq?: number; problem: string; differs?: string[] }[];
}

let template: string | undefined;

afterAll(() => {
  if (template !== undefined) rmSync(template, { recursive: true });
});

/** A home with some life on record: two days with a seal each. It is lived once, and copied for every test. */
async function lived(): Promise<TestHome> {
  if (template !== undefined) {
    const copy = new TestHome();
    cpSync(template, copy.dir, { recursive: true });
    return copy;
  }
  const home = await simulatedHome((made) => made.folder('data'));
  writeFileSync(join(home.folder('data'), 'a.txt'), 'a');
  await home.ends(0, 'run', 'backup');
  await home.ends(0, 'run', 'controls');
  await home.ends(0, 'hold', 'place', '--tenant', 'acme', '--reason', 'x', '--now', '2026-11-23T01:00:00Z');
  await home.ends(0, 'run', 'controls');
  template = mkdtempSync(join(tmpdir(), 'tenure-ledger-'));
  cpSync(home.dir, template, { recursive: true });
  return home;
}

/** Changes the catalog behind the program's back. */
function tamper(home: TestHome, sql: string): void {
  const db = new DatabaseSync(join(home.dir, 'catalog.db'));
  const { changes } = db.prepare(sql).run();
  db.close();
  expect(changes).toBeGreaterThan(0);
}

/** A file of the evidence store. */
function evidence(home: TestHome, part: string): string {
  const root = join(home.dir, 'evidence');
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).find((name) => name.includes(part));
  return join(root, found ?? part);
}

describe('ledger verify', () => {
  it('finds nothing where nothing was changed', async () => {
    const home = await lived();
    const verdict = await home.json<Verdict>(0, 'ledger', 'verify');
    expect(verdict).toMatchObject({ ok: true, seals: 2, problems: [] });
    expect(verdict.chains.map(({ chain }) => chain)).toEqual([
      expect.stringMatching(/^system$/),
      expect.stringMatching(/^t-[0-9a-f]{20}$/),
    ]);
    expect(verdict.chains.every(({ entries }) => entries > 2)).toBe(true);
    expect((await home.ends(0, 'ledger', 'verify')).stdout).toContain('nothing was changed');
  });

  const entry = "pk LIKE 'LEDGER#t-%' AND sk = '00000002'";
  const head = "pk = 'LEDGER-HEADS' AND sk LIKE 't-%'";
  it.each([
    [
      'a changed member',
      `UPDATE entity SET data = replace(data, 'source-added', 'source-adder') WHERE ${entry}`,
      'hash',
    ],
    ['a changed hash', `UPDATE entity SET data = replace(data, '"hash":"', '"hash":"0') WHERE ${entry}`, 'hash'],
    ['a text that is no JSON', `UPDATE entity SET data = substr(data, 2) WHERE ${entry}`, 'is no JSON'],
    [
      'something beside the entry',
      `UPDATE entity SET data = replace(data, '{"value"', '{"more":1,"value"') WHERE ${entry}`,
      'no part of an entry',
    ],
    ['a deleted row', `DELETE FROM entity WHERE ${entry}`, 'entry 3 stands where 2 belongs'],
    ['a row that lies elsewhere', `UPDATE entity SET sk = '00009999' WHERE ${entry}`, 'belongs'],
    [
      'the last row deleted',
      "DELETE FROM entity WHERE pk LIKE 'LEDGER#t-%' AND sk = (SELECT max(sk) FROM entity WHERE pk LIKE 'LEDGER#t-%')",
      'are missing',
    ],
    [
      'a replaced head',
      `UPDATE entity SET data = replace(data, '"hash":"', '"hash":"f') WHERE ${head}`,
      'does not end with the recorded head',
    ],
    ['a head that is gone', `DELETE FROM entity WHERE ${head}`, 'the record of its head is missing'],
    ['a head that is none', `UPDATE entity SET data = '{}' WHERE ${head}`, 'is not one'],
    [
      'a whole chain that is gone',
      "DELETE FROM entity WHERE pk LIKE 'LEDGER#t-%' OR (pk = 'LEDGER-HEADS' AND sk LIKE 't-%')",
      'the chain is missing',
    ],
    [
      'a seal that is another',
      'UPDATE entity SET data = replace(data, \'"root":"\', \'"root":"0\') WHERE pk = \'LEDGER-SEALS\'',
      'another root',
    ],
  ])('finds %s, says where, and ends with 1', async (_what, sql, told) => {
    const home = await lived();
    tamper(home, sql);
    const { problems } = await home.json<Verdict>(1, 'ledger', 'verify');
    expect(problems.map(({ problem }) => problem).join('\n')).toContain(told);
    expect((await home.ends(1, 'ledger', 'verify')).stdout).toContain('NOT as it was written');
  });

  it('tells what was changed where the entry was copied to the evidence store', async () => {
    const home = await lived();
    tamper(home, `UPDATE entity SET data = replace(data, 'source-added', 'source-adder') WHERE ${entry}`);
    const { problems } = await home.json<Verdict>(1, 'ledger', 'verify');
    expect(problems.flatMap(({ differs = [] }) => differs)).toEqual([
      'type: "source-added" in the evidence store, "source-adder" in the catalog',
    ]);
    expect(problems.every(({ seq }) => seq === 2)).toBe(true);
  });

  it('finds a chain that was cut off together with its head, by the seal', async () => {
    const home = await lived();
    const db = new DatabaseSync(join(home.dir, 'catalog.db'));
    const rows = db.prepare("SELECT sk, data FROM entity WHERE pk LIKE 'LEDGER#t-%' ORDER BY sk").all();
    const { value } = JSON.parse(String(rows[0]?.data)) as { value: { chain: string; hash: string; at: string } };
    db.prepare("DELETE FROM entity WHERE pk LIKE 'LEDGER#t-%' AND sk > '00000001'").run();
    const { chain, hash, at } = value;
    db.prepare('UPDATE entity SET data = ? WHERE pk = ? AND sk = ?').run(
      JSON.stringify({ value: { chain, seq: 1, hash, at } }),
      'LEDGER-HEADS',
      chain,
    );
    db.close();
    const { problems } = await home.json<Verdict>(1, 'ledger', 'verify');
    expect(problems.map(({ problem }) => problem).join('\n')).toContain('the seal of 2026-11-22T20:00:00.000Z covers');
  });

  it.each([
    ['ledger/seals/', 'seal'],
    ['ledger/segments/t-', 'evidence store'],
  ])('finds a changed byte, and a missing file, in %s of the evidence store', async (part, told) => {
    const home = await lived();
    const name = join('ledger', part.slice('ledger/'.length));
    const path = evidence(home, `${name}${part.endsWith('-') ? '' : '2026'}`);
    const file = path.endsWith('json') || path.endsWith('jsonl') ? path : join(path, readdirSync(path)[0] ?? '');
    const whole = readFileSync(file);
    const changed = Buffer.from(whole);
    changed[20] = (changed[20] ?? 0) ^ 1;
    chmodSync(file, 0o600);
    writeFileSync(file, changed);
    const { problems } = await home.json<Verdict>(1, 'ledger', 'verify');
    expect(problems.map(({ problem }) => problem).join('\n')).toContain(told);
    rmSync(file);
    await home.ends(1, 'ledger', 'verify');
    writeFileSync(file, whole);
    await home.ends(0, 'ledger', 'verify');
  });

  it('ends with 1, not 6, where the catalog itself is damaged', async () => {
    const home = await lived();
    const file = join(home.dir, 'catalog.db');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, 4096, bytes.length));
    const verdict = await home.json<Verdict>(1, 'ledger', 'verify');
    expect(verdict.problems.length).toBeGreaterThan(0);
    rmSync(file);
    expect((await home.ends(1, 'ledger', 'verify')).stdout).toContain('is gone');
  });
});

describe('ledger export', () => {
  it('writes what anybody can verify with a hash function', async () => {
    const home = await lived();
    const file = join(home.beside, 'ledger.jsonl');
    await home.ends(0, 'ledger', 'export', file);
    const text = readFileSync(file, 'utf8');
    expect((await home.ends(0, 'ledger', 'export', '-')).stdout).toBe(text);
    const heads = new Map<string, string>();
    for (const line of text.trimEnd().split('\n')) {
      const { hash, ...rest } = JSON.parse(line) as { chain: string; prev: string; hash: string };
      expect(createHash('sha256').update(canonicalJson(rest)).digest('hex')).toBe(hash);
      expect(rest.prev).toBe(heads.get(rest.chain) ?? '0'.repeat(64));
      heads.set(rest.chain, hash);
    }
    expect(heads.size).toBe(2);
    expect(text).not.toContain('acme');
    await home.ends(3, 'ledger', 'export', join(home.beside, 'no', 'where'));
  });
});

describe('evidence export', () => {
  it('holds what its signed index lists, by control, and names nobody', async () => {
    const home = await lived();
    const zip = join(home.beside, 'evidence.zip');
    const { files } = await home.json<{ files: number }>(0, 'evidence', 'export', zip);
    const out = unzip(readFileSync(zip));
    const read = (name: string): Buffer => out.get(name) ?? Buffer.alloc(0);
    const index = read('index.json');
    interface Index {
      simulated: boolean;
      controls: { framework: string; control: string; files: string[] }[];
      files: { name: string; sha256: string }[];
    }
    const { controls, files: listed, simulated } = JSON.parse(index.toString()) as Index;
    expect(simulated).toBe(true);
    expect([...out.keys()]).toEqual([...listed.map(({ name }) => name), 'index.json', 'index.jws']);
    expect(out.size).toBe(files);
    for (const { name, sha256 } of listed) {
      const content = read(name);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      expect(content.toString()).not.toContain('ana@acme.example');
    }
    expect(controls.map(({ control }) => control)).toEqual(
      expect.arrayContaining(['A.8.10', 'A.8.13', 'A1.2', 'A1.3', 'C1.2', 'Article 17']),
    );
    const jws = readCompactJws(read('index.jws').toString().trim());
    const jwks = JSON.parse(read('keys/jwks.json').toString());
    const signed = jws === undefined ? undefined : await verifyJws(jws, 'tenure-evidence-index+jws', jwks);
    expect(signed).toMatchObject({ ok: true, payload: index });
    expect(JSON.parse(read('ledger/verification.json').toString())).toMatchObject({ ok: true });
    await home.ends(0, 'ledger', 'verify');
    await home.ends(3, 'evidence', 'export', join(home.beside, 'no', 'where.zip'));
  });
});
