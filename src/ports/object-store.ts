/** What a listing or a head tells of one object. */
export interface ObjectInfo {
  /** Key relative to the store's root, `/`-separated, ASCII `[A-Za-z0-9._=/-]`, no empty, `.` or `..` segment. */
  key: string;
  /** Length in bytes. */
  size: number;
  /** ISO instant at which the store took the object in (the store's own clock: information, never a decision). */
  storedAt: string;
}

/** An object, or a version of it, that a purge could not remove. */
export interface Survivor {
  key: string;
  /** Why it is still there, in words for a report: "locked until 2027-01-01", "access denied". */
  reason: string;
  /** ISO instant from which it can be removed, where the store knows one. */
  until?: string;
}

/**
 * Immutable objects under keys. Nothing is ever replaced.
 *
 * - Absence: `head` answers `undefined`; `get` throws NotFoundError; `list` of an unknown prefix is empty; `purge` of an
 *   absent key is done already and reports no survivor.
 * - Order: `list` yields keys in ascending byte order. Objects put or purged while a listing runs may or may not show.
 * - Repetition: every call may be repeated. `put` of the same bytes under the same key succeeds again; other bytes under
 *   an existing key throw ConflictError and leave the first untouched.
 * - Atomicity: an object is there whole and durable (survives a crash after `put` returned), or not at all.
 * - Faults: unusable keys throw InvalidError; a store that does not answer throws UnavailableError.
 */
export interface ObjectStore {
  /** Lists objects whose key starts with `prefix`, after the key `after` where given. */
  list(prefix: string, options?: { after?: string }): AsyncIterable<ObjectInfo>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /**
   * Reads all bytes or a range. A range that reaches past the end throws CorruptError (the object is shorter than its record).
   * An adapter may put the bytes at the start of `into`, where that is long enough, and answer a view of it: a caller that reads
   * a lot lends the same memory again and again.
   */
  get(key: string, range?: { offset: number; length: number }, into?: Buffer): Promise<Buffer>;
  /** Writes if absent. `data` is one buffer or a list that is written in order. The adapter sends and checks a checksum where it crosses a wire. */
  put(key: string, data: Buffer | Buffer[]): Promise<void>;
  /** Keeps the object from being purged until the ISO instant. Never shortens a lock. A store without locks throws InvalidError. */
  extendLock(key: string, until: string): Promise<void>;
  /** Removes all keys with every version, and returns what is still there afterwards. */
  purge(keys: readonly string[]): Promise<Survivor[]>;
}
