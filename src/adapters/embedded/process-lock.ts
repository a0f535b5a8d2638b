import { openSqlite, translateSqlite } from './sqlite.ts';

/**
 * Runs synchronous work while no other process or thread runs work under the same lock file. The lock is SQLite's (a
 * lock of the operating system on a file): the system takes it away from a process that dies, so nothing is ever stale.
 * The work must not wait for anything, or two users in one process would wait for each other.
 *
 * @throws UnavailableError when others hold the lock for ten seconds, or the file cannot be opened
 */
export function withProcessLock<T>(file: string, work: () => T): T {
  const db = openSqlite(file);
  try {
    try {
      db.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN EXCLUSIVE');
    } catch (error) {
      throw translateSqlite(error, file);
    }
    return work();
  } finally {
    // Closing ends the transaction; there is nothing in it to keep.
    db.close();
  }
}
