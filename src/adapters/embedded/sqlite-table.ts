import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { ConflictError, CorruptError } from '../../domain/errors.ts';
import type { KeyRange, Row, Table, TableKey, Write } from '../../ports/table.ts';
import { assertKeyRange, assertWrites, keyOf } from '../table-rules.ts';
import { openSqlite, translateSqlite } from './sqlite.ts';
import { rangeSql } from './sqlite-range.ts';
import { prepareSchema } from './sqlite-schema.ts';
import { turnIfLong } from './table-turn.ts';

const columns = 'pk, sk, version, data, index1_pk, index1_sk, index2_pk, index2_sk';
const upsert = `
  INSERT INTO entity (${columns}) VALUES (?, ?, 1, ?, ?, ?, ?, ?)
  ON CONFLICT (pk, sk) DO UPDATE SET version = version + 1, data = excluded.data,
    index1_pk = excluded.index1_pk, index1_sk = excluded.index1_sk,
    index2_pk = excluded.index2_pk, index2_sk = excluded.index2_sk`;

/** A list is read in pages of this many rows: a page takes a few milliseconds. */
const pageRows = 500;

/** The order of a list: its partition, its columns, of which the first is what a range is about, and where in it a row stands. */
interface Order {
  pk: string;
  columns: [string, ...string[]];
  placeOf: (row: Row) => string[];
}

const primary: Order = { pk: 'pk', columns: ['sk'], placeOf: ({ sk }) => [sk] };
const indexed = (name: 'index1' | 'index2'): Order => ({
  pk: `${name}_pk`,
  columns: [`${name}_sk`, 'pk', 'sk'],
  placeOf: (row) => [row[name]?.sk ?? '', row.pk, row.sk],
});
const indexes = { 1: indexed('index1'), 2: indexed('index2') };

/** A table in one SQLite file, with an end. */
export interface SqliteTable extends Table {
  /** Moves everything into the one file and lets go of it. Repeatable. */
  close(): void;
}

/**
 * The table as a SQLite file (0600) in WAL mode; it is made when it is missing. Any number of processes may use it; a
 * transaction waits up to ten seconds for others. A process that is killed leaves the last commit.
 *
 * @throws UnavailableError when the file is busy or cannot be used, CorruptError when it is damaged, InvalidError when it
 *   is of another program or another version
 */
export function sqliteTable(file: string): SqliteTable {
  const db = openSqlite(file);
  const statements = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const prepared = db.prepare(sql);
    // An object with named columns for each row costs about as much as reading the row.
    prepared.setReturnArrays(true);
    statements.set(sql, prepared);
    return prepared;
  };
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw translateSqlite(error, file);
    }
  };
  const select = (where: string, parameters: SQLInputValue[], order = ''): Row[] =>
    guarded(
      () =>
        statement(`SELECT ${columns} FROM entity WHERE ${where}${order}`).all(...parameters) as unknown as Columns[],
    ).map((found) => toRow(found, file));
  /** In pages, so that a long list does not keep the process from everything else. */
  const ranged = async (pk: string, by: Order, range: KeyRange): Promise<Row[]> => {
    assertKeyRange(range);
    const [direction, further] = range.reverse ? [' DESC', '<'] : ['', '>'];
    const order = ` ORDER BY ${by.columns.join(`${direction}, `)}${direction} LIMIT ?`;
    const most = range.limit ?? Number.POSITIVE_INFINITY;
    const found: Row[] = [];
    for (;;) {
      const last = found.at(-1);
      const place = last === undefined ? [] : by.placeOf(last);
      const { where, parameters } = rangeSql(by.columns[0], range, place[0]);
      const wanted = Math.min(pageRows, most - found.length);
      const behind = last === undefined ? '' : ` AND (${by.columns}) ${further} (${place.map(() => '?')})`;
      const page = select(`${by.pk} = ?${where}${behind}`, [pk, ...parameters, ...place, wanted], order);
      found.push(...page);
      const rest = turnIfLong();
      if (rest !== undefined) await rest;
      if (page.length < wanted || found.length === most) return found;
    }
  };
  const versionOf = ({ pk, sk }: TableKey): number | undefined => {
    const found = statement('SELECT version FROM entity WHERE pk = ? AND sk = ?').get(pk, sk) as unknown as
      | [version: number]
      | undefined;
    return found?.[0];
  };
  const holds = (write: Write): boolean => {
    if (write.when === undefined) return true;
    const version = versionOf(keyOf(write));
    return write.when === 'absent' ? version === undefined : version === write.when;
  };
  const apply = (write: Write): void => {
    if ('put' in write) {
      const { pk, sk, data, index1, index2 } = write.put;
      const indexes = [index1?.pk, index1?.sk, index2?.pk, index2?.sk].map((value) => value ?? null);
      statement(upsert).run(pk, sk, JSON.stringify(data), ...indexes);
    } else if ('delete' in write) {
      statement('DELETE FROM entity WHERE pk = ? AND sk = ?').run(write.delete.pk, write.delete.sk);
    }
  };
  try {
    prepareSchema(db, file);
  } catch (error) {
    db.close();
    throw translateSqlite(error, file);
  }
  return {
    async get({ pk, sk }) {
      const [row] = select('pk = ? AND sk = ?', [pk, sk]);
      const rest = turnIfLong();
      if (rest !== undefined) await rest;
      return row;
    },
    async query(pk, range = {}) {
      return ranged(pk, primary, range);
    },
    async queryIndex(index, pk, range = {}) {
      return ranged(pk, indexes[index], range);
    },
    async transact(writes) {
      assertWrites(writes);
      guarded(() => {
        // Takes the writer's place before the first condition is read: what is read cannot change before the commit.
        db.exec('BEGIN IMMEDIATE');
        try {
          const failed = writes.flatMap((write, index) => (holds(write) ? [] : [index]));
          if (failed.length > 0) throw new ConflictError('rows changed meanwhile', { details: { failed } });
          for (const write of writes) apply(write);
          db.exec('COMMIT');
        } catch (error) {
          if (db.isTransaction) db.exec('ROLLBACK');
          throw error;
        }
      });
      const rest = turnIfLong();
      if (rest !== undefined) await rest;
    },
    close() {
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
}

/** A row in the order of `columns`; the schema is strict about their types. */
type Columns = [string, string, number, string, string | null, string | null, string | null, string | null];

function toRow([pk, sk, version, data, pk1, sk1, pk2, sk2]: Columns, file: string): Row {
  let parsed: Row['data'];
  try {
    parsed = JSON.parse(data);
  } catch (error) {
    throw new CorruptError(`${file}: row ${JSON.stringify([pk, sk])} is no JSON`, { cause: error });
  }
  return {
    pk,
    sk,
    version,
    data: parsed,
    ...(pk1 !== null && sk1 !== null && { index1: { pk: pk1, sk: sk1 } }),
    ...(pk2 !== null && sk2 !== null && { index2: { pk: pk2, sk: sk2 } }),
  };
}
