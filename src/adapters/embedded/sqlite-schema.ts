import type { DatabaseSync } from 'node:sqlite';
import { InvalidError } from '../../domain/errors.ts';

/** "TNRE", so that `file` and we know whose database it is. */
const applicationId = 0x544e5245;
/** Grows as well when rows lie elsewhere (src/records.ts): whoever looked for an older catalog's holds would not find them. */
const schemaVersion = 2;

/** TEXT compares byte by byte in UTF-8 (collation BINARY), which is the order that the port promises. */
const schema = `
  CREATE TABLE entity (
    pk TEXT NOT NULL,
    sk TEXT NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL,
    index1_pk TEXT,
    index1_sk TEXT,
    index2_pk TEXT,
    index2_sk TEXT,
    PRIMARY KEY (pk, sk)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entity_index1 ON entity (index1_pk, index1_sk, pk, sk) WHERE index1_pk IS NOT NULL;
  CREATE INDEX entity_index2 ON entity (index2_pk, index2_sk, pk, sk) WHERE index2_pk IS NOT NULL;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/**
 * Sets a connection up, and makes the schema in a fresh file. A commit returns when it is on disk (`synchronous=FULL`), and
 * what is deleted is overwritten (`secure_delete`), since rows carry particulars of customers. Up to 32 MiB of pages stay in memory
 * (SQLite's own default is 2): a server's lists go over the same ones again and again.
 *
 * @throws InvalidError for somebody else's database, or that of another version
 */
export function prepareSchema(db: DatabaseSync, file: string): void {
  db.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -32768;');
  if (pragma(db, 'journal_mode') !== 'wal') switchToWal(db);
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = pragma(db, 'user_version');
    const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n;
    if (version === 0 && tables === 0) db.exec(schema);
    else if (pragma(db, 'application_id') !== applicationId) {
      throw new InvalidError(`${file} is a database of another program`);
    } else if (version !== schemaVersion) {
      throw new InvalidError(`${file} has schema ${version}, this version knows ${schemaVersion}`, {
        hint:
          Number(version) < schemaVersion
            ? 'Make a new home of its repository, keyring and evidence with `tenure recover`, and open its open cases again.'
            : 'Use the version of Tenure that wrote it, or a newer one.',
      });
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The switch needs the file alone and does not wait for it by itself; whoever opens at the same moment switches too. */
function switchToWal(db: DatabaseSync): void {
  for (let attempt = 0; ; attempt++) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function pragma(db: DatabaseSync, name: string): unknown {
  return db.prepare(`PRAGMA ${name}`).get()?.[name];
}
