import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { ConflictError, CorruptError } from '../../domain/errors.ts';
import type { KeyRange, Row, Table, TableKey, Write } from '../../ports/table.ts';
import { assertKeyRange, assertWrites, keyOf } from '../table-rules.ts';
import { openSqlite, translateSqlite } from './sqlite.ts';
import { rangeSql } from './sqlite-range.ts';
import { prepareSchema } from './sqlite-schema.ts';

const columns = 'pk, sk, version, data, index1_pk, index1_sk, index2_pk, index2_sk';
const upsert = `
  INSERT INTO entity (${columns}) VALUES (?, ?, 1, ?, ?, ?, ?, ?)
  ON CONFLICT (pk, sk) DO UPDATE SET version = version + 1, data = excluded.data,
    index1_pk = excluded.index1_pk, index1_sk = excluded.index1_sk,
    index2_pk = excluded.index2_pk, index2_sk = excluded.index2_sk`;

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
  const ranged = (column: string, key: string, pk: string, range: KeyRange, thenBy: string[]): Row[] => {
    assertKeyRange(range);
    const { where, parameters } = rangeSql(key, range);
    const direction = range.reverse ? ' DESC' : '';
    const order = [key, ...thenBy].map((name) => name + direction).join(', ');
    return select(`${column} = ?${where}`, [pk, ...parameters, range.limit ?? -1], ` ORDER BY ${order} LIMIT ?`);
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
      return select('pk = ? AND sk = ?', [pk, sk])[0];
    },
    async query(pk, range = {}) {
      return ranged('pk', 'sk', pk, range, []);
    },
    async queryIndex(index, pk, range = {}) {
      return ranged(`index${index}_pk`, `index${index}_sk`, pk, range, ['pk', 'sk']);
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
