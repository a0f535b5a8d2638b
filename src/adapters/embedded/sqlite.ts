import fs from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { CorruptError, TenureError, UnavailableError } from '../../domain/errors.ts';
import { faultCode, translateFault } from './fs-faults.ts';

/** How long a writer waits for another one, in milliseconds. */
const busyTimeoutMs = 10_000;

/**
 * Opens a SQLite file that only its owner may read; it is made when it is missing. SQLite gives its side files
 * (`-wal`, `-shm`, `-journal`) the permissions of the file itself.
 */
export function openSqlite(file: string): DatabaseSync {
  try {
    fs.closeSync(fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600));
  } catch (error) {
    throw translateFault(error, `cannot open ${file}`);
  }
  try {
    return new (loadSqlite().DatabaseSync)(file, { timeout: busyTimeoutMs });
  } catch (error) {
    throw translateSqlite(error, file);
  }
}

let loaded: typeof import('node:sqlite') | undefined;

/**
 * Loads SQLite without the warning that it is experimental: the version is pinned, and the warning would stand on
 * stderr of every command. Any other warning passes.
 */
function loadSqlite(): typeof import('node:sqlite') {
  if (loaded) return loaded;
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: []) => {
    if (!String(warning).includes('SQLite is an experimental feature')) emit.call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    loaded = process.getBuiltinModule('node:sqlite');
    return loaded;
  } finally {
    process.emitWarning = emit;
  }
}

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that mean something to a caller. */
const codes: Record<number, [typeof UnavailableError | typeof CorruptError, string]> = {
  5: [UnavailableError, 'another process is writing'],
  6: [UnavailableError, 'another connection is writing'],
  8: [UnavailableError, 'it cannot be written'],
  10: [UnavailableError, 'input/output error'],
  11: [CorruptError, 'the file is damaged'],
  13: [UnavailableError, 'the disk is full'],
  14: [UnavailableError, 'it cannot be opened'],
  26: [CorruptError, 'it is no database'],
};

/** Gives an error of SQLite one of our names. Our own errors pass, and so do programming errors. */
export function translateSqlite(error: unknown, file: string): unknown {
  if (error instanceof TenureError || faultCode(error) !== 'ERR_SQLITE_ERROR') return error;
  const extended = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  const [Fault, reason] = codes[extended & 0xff] ?? [];
  return Fault ? new Fault(`${file}: ${reason}`, { cause: error, details: { sqlite: extended } }) : error;
}
