import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSqlite } from '../../src/adapters/embedded/sqlite.ts';
import { sqliteTable } from '../../src/adapters/embedded/sqlite-table.ts';
import { endOfPrefix } from '../../src/adapters/end-of-prefix.ts';
import type { KeyRange, Table, Write } from '../../src/ports/table.ts';
import { describeTable } from '../contracts/table.ts';
import { memoryTable } from '../memory-ports.ts';
import { scratchFolder } from './scratch.ts';

const base = scratchFolder('table');
let count = 0;
const fresh = () => {
  const folder = join(base, String(count++));
  fs.mkdirSync(folder);
  return join(folder, 'catalog.db');
};

describeTable('sqlite table', async () => sqliteTable(fresh()));

describe('sqlite table', () => {
  it('keeps its files private, the side files too', async () => {
    const file = fresh();
    const table = sqliteTable(file);
    await table.transact([{ put: { pk: 'p', sk: 's', data: {} } }]);
    const names = fs.readdirSync(join(file, '..'));
    expect(names.sort()).toEqual(['catalog.db', 'catalog.db-shm', 'catalog.db-wal']);
    for (const name of names) expect(fs.statSync(join(file, '..', name)).mode & 0o777, name).toBe(0o600);
    table.close();
    table.close();
    expect(fs.readdirSync(join(file, '..'))).toEqual(['catalog.db']);
  });

  it('finds everything again after closing', async () => {
    const file = fresh();
    const first = sqliteTable(file);
    await first.transact([{ put: { pk: 'p', sk: 's', data: { a: 1 }, index1: { pk: 'i', sk: '1' } } }]);
    first.close();
    const again = sqliteTable(file);
    expect(await again.queryIndex(1, 'i')).toEqual([
      { pk: 'p', sk: 's', version: 1, data: { a: 1 }, index1: { pk: 'i', sk: '1' } },
    ]);
  });

  it('overwrites what it deletes: nothing of it is in the file after closing', async () => {
    const file = fresh();
    const table = sqliteTable(file);
    const text = 'Ana Núñez <ana@example.com>'.repeat(20);
    await table.transact([{ put: { pk: 'p', sk: 's', data: { text } } }]);
    await table.transact([{ delete: { pk: 'p', sk: 's' } }]);
    table.close();
    expect(fs.readFileSync(file, 'utf8')).not.toContain('Núñez');
  });

  it('lists what takes several pages as one list, in each direction and with each bound', async () => {
    const table = sqliteTable(fresh());
    const sk = (i: number) => `${i < 700 ? 'a' : 'b'}${String(i).padStart(4, '0')}`;
    const all = Array.from({ length: 1400 }, (_, i) => ({
      ...{ pk: 'p', sk: sk(i), data: {} },
      // Pages end among rows that have the same place in the index.
      index1: { pk: 'i', sk: `n${i % 2}` },
    }));
    for (let i = 0; i < all.length; i += 100) await table.transact(all.slice(i, i + 100).map((put) => ({ put })));
    const names = all.map((row) => row.sk);
    const listed = async (range: KeyRange) => (await table.query('p', range)).map((row) => row.sk);
    expect(await listed({})).toEqual(names);
    expect(await listed({ reverse: true })).toEqual(names.toReversed());
    expect(await listed({ prefix: 'a' })).toEqual(names.slice(0, 700));
    expect(await listed({ prefix: 'a', reverse: true })).toEqual(names.slice(0, 700).toReversed());
    expect(await listed({ after: sk(9), to: sk(1111) })).toEqual(names.slice(10, 1111));
    expect(await listed({ from: sk(9), to: sk(1111), reverse: true, limit: 1000 })).toEqual(
      names.slice(111, 1111).toReversed(),
    );
    expect(await listed({ limit: 500 })).toEqual(names.slice(0, 500));
    expect(await listed({ limit: 501 })).toEqual(names.slice(0, 501));
    const byIndex = [...names.filter((_, i) => i % 2 === 0), ...names.filter((_, i) => i % 2 === 1)];
    const indexed = async (range: KeyRange) => (await table.queryIndex(1, 'i', range)).map((row) => row.sk);
    expect(await indexed({})).toEqual(byIndex);
    expect(await indexed({ reverse: true, limit: 1200 })).toEqual(byIndex.toReversed().slice(0, 1200));
    expect(await indexed({ prefix: 'n1' })).toEqual(byIndex.slice(700));
    table.close();
  });

  it.each<[string, (table: Table) => Promise<unknown>]>([
    ['reads', async (table) => await table.get({ pk: 'p', sk: '0001' })],
    ['lists', async (table) => await table.query('p')],
    ['writes', async (table) => await table.transact([{ put: { pk: 'q', sk: 's', data: {} } }])],
  ])('lets timers and sockets have their turn while %s follow each other', async (_, call) => {
    const table = sqliteTable(fresh());
    const rows = Array.from({ length: 100 }, (_each, i) => ({ pk: 'p', sk: String(i).padStart(4, '0'), data: {} }));
    await table.transact(rows.map((put) => ({ put })));
    let turns = 0;
    let going = true;
    const count = () => {
      turns++;
      if (going) setImmediate(count);
    };
    setImmediate(count);
    const began = performance.now();
    while (performance.now() - began < 300) await call(table);
    going = false;
    expect(turns).toBeGreaterThan(10);
    table.close();
  });

  it('waits for durability with every commit', () => {
    const file = fresh();
    sqliteTable(file).close();
    const db = openSqlite(file);
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    db.close();
  });

  it.each<[string, (file: string) => void, string]>([
    ['is no database', (file) => fs.writeFileSync(file, 'no database '.repeat(1000)), 'CorruptError'],
    [
      'lies in a folder that is not there',
      (file) => fs.rmSync(join(file, '..'), { recursive: true }),
      'UnavailableError',
    ],
    ['is of another program', (file) => openSqlite(file).exec('CREATE TABLE t (x)'), 'InvalidError'],
    ['is of a newer version', (file) => ofVersion(file, 3), 'InvalidError'],
    ['is of an older version', (file) => ofVersion(file, 1), 'InvalidError'],
  ])('refuses a file that %s', (_case, spoil, name) => {
    const file = fresh();
    spoil(file);
    expect(() => sqliteTable(file)).toThrow(expect.objectContaining({ name }));
  });

  it('calls a damaged file damaged', async () => {
    const file = fresh();
    const table = sqliteTable(file);
    for (let i = 0; i < 50; i++) {
      await table.transact([{ put: { pk: 'p', sk: String(i), data: { text: 'x'.repeat(2000) } } }]);
    }
    table.close();
    const bytes = fs.readFileSync(file);
    bytes.fill(0x5a, 8192, bytes.length - 4096);
    fs.writeFileSync(file, bytes);
    const damaged = sqliteTable(file);
    await expect(damaged.query('p')).rejects.toMatchObject({ name: 'CorruptError' });
  });

  it('calls a row that is no JSON damaged', async () => {
    const file = fresh();
    const table = sqliteTable(file);
    await table.transact([{ put: { pk: 'p', sk: 's', data: {} } }]);
    table.close();
    const db = openSqlite(file);
    db.exec(`UPDATE entity SET data = '{'`);
    db.close();
    await expect(sqliteTable(file).get({ pk: 'p', sk: 's' })).rejects.toMatchObject({ name: 'CorruptError' });
  });

  it('opened by many processes at once, loses no increment and repeats none', async () => {
    const file = fresh();
    const script = `
      import { sqliteTable } from ${JSON.stringify(join(import.meta.dirname, '../../src/adapters/embedded/sqlite-table.ts'))};
      const table = sqliteTable(${JSON.stringify(file)});
      const key = { pk: 'p', sk: 'counter' };
      for (let done = 0; done < 250; ) {
        const row = await table.get(key);
        const put = { ...key, data: { n: (row?.data.n ?? 0) + 1 } };
        try {
          await table.transact([{ put, when: row?.version ?? 'absent' }]);
          done++;
        } catch (error) {
          if (error.name !== 'ConflictError') throw error;
        }
      }
      table.close();`;
    const errors = await Promise.all(Array.from({ length: 4 }, () => run(script)));
    expect(errors).toEqual(['', '', '', '']);
    expect(await sqliteTable(file).get({ pk: 'p', sk: 'counter' })).toMatchObject({ version: 1000, data: { n: 1000 } });
  });

  it('killed (SIGKILL) again and again: both halves of every transaction are there, up to the last acknowledged', async () => {
    const file = fresh();
    const script = `
      import { sqliteTable } from ${JSON.stringify(join(import.meta.dirname, '../../src/adapters/embedded/sqlite-table.ts'))};
      const table = sqliteTable(${JSON.stringify(file)});
      let n = (await table.get({ pk: 'a', sk: 'n' }))?.data.n ?? 0;
      for (;;) {
        n++;
        await table.transact([{ put: { pk: 'a', sk: 'n', data: { n } } }, { put: { pk: 'b', sk: 'n', data: { n } } }]);
        console.log(n);
      }`;
    let last = 0;
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
      let out = '';
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (text) => {
          if (out === '') setTimeout(() => child.kill('SIGKILL'), round * 5);
          out += text;
        });
        child.on('close', () => resolve());
      });
      const acknowledged = Number(out.slice(0, out.lastIndexOf('\n')).split('\n').at(-1));
      const table = sqliteTable(file);
      const a = Number((await table.get({ pk: 'a', sk: 'n' }))?.data.n);
      const b = Number((await table.get({ pk: 'b', sk: 'n' }))?.data.n);
      table.close();
      expect(a).toBe(b);
      expect(a).toBeGreaterThanOrEqual(acknowledged);
      expect(acknowledged).toBeGreaterThan(last);
      last = acknowledged;
    }
  });

  it('answers everything as the table in memory does', async () => {
    const keys = fc.constantFrom('a', 'ab', 'b', 'é', '😀', '\uffff', '\u{10ffff}', '\u{10ffff}a');
    const key = fc.record({ pk: fc.constantFrom('p', 'q'), sk: keys });
    const when = fc.option(fc.oneof(fc.constant('absent' as const), fc.integer({ min: 1, max: 3 })), {
      nil: undefined,
    });
    const put = fc
      .record({ key, n: fc.nat(9), index1: fc.option(key), index2: fc.option(key) })
      .map(({ key: { pk, sk }, n, index1, index2 }) => ({
        put: { pk, sk, data: { n }, ...(index1 && { index1 }), ...(index2 && { index2 }) },
      }));
    const write = fc
      .oneof(
        put,
        key.map((at) => ({ delete: at })),
      )
      .chain((base) => when.map((w) => ({ ...base, ...(w !== undefined && { when: w }) }) as Write));
    const range = fc.record(
      { prefix: keys, from: keys, to: keys, after: keys, reverse: fc.boolean(), limit: fc.integer({ min: 1, max: 3 }) },
      { requiredKeys: [] },
    );
    const transactions = fc.array(fc.array(write, { maxLength: 4 }), { maxLength: 12 });
    const file = fresh();
    const sqlite = sqliteTable(file);
    await fc.assert(
      fc.asyncProperty(transactions, fc.array(range, { minLength: 1, maxLength: 5 }), async (all, ranges) => {
        const memory = memoryTable();
        for (const pk of ['p', 'q'])
          for (const { sk } of await sqlite.query(pk)) await sqlite.transact([{ delete: { pk, sk } }]);
        for (const writes of all) expect(await outcome(sqlite, writes)).toEqual(await outcome(memory, writes));
        for (const each of ranges) expect(await everything(sqlite, each)).toEqual(await everything(memory, each));
      }),
      { numRuns: 200 },
    );
  });
});

describe('the end of a prefix', () => {
  it('is greater than everything with the prefix, and no greater than anything else', () => {
    const compare = (x: string, y: string) => Buffer.compare(Buffer.from(x), Buffer.from(y));
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '\u007f', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    });
    fc.assert(
      fc.property(text, text, (prefix, other) => {
        const end = endOfPrefix(prefix);
        const inRange = compare(other, prefix) >= 0 && (end === undefined || compare(other, end) < 0);
        expect(inRange).toBe(other.startsWith(prefix));
        expect(end === undefined || compare(prefix + other, end) < 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

const outcome = (table: Table, writes: Write[]) =>
  table.transact(writes).catch((error) => [error.name, error.details.failed]);

async function everything(table: Table, range: KeyRange) {
  const found = [];
  for (const pk of ['p', 'q']) {
    found.push(
      await table.query(pk, range),
      await table.queryIndex(1, pk, range),
      await table.queryIndex(2, pk, range),
    );
  }
  return found;
}

function ofVersion(file: string, version: number): void {
  sqliteTable(file).close();
  const db = openSqlite(file);
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
}

function run(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  let err = '';
  child.stderr.on('data', (text) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', () => resolve(err)));
}
