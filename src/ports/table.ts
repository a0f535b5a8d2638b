/** JSON as it is stored. Bytes go in as base64url text, instants as ISO text, 64-bit integers as decimal text. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Where a row lies: rows of one partition are ordered by `sk` (byte order). */
export interface TableKey {
  pk: string;
  sk: string;
}

/** One stored record. At most 256 KiB of JSON. */
export interface Row extends TableKey {
  /** Starts at 1, grows by 1 with every write of this key. */
  version: number;
  data: { [name: string]: Json };
  /** Where the row also appears in the two indexes; absent: not there. */
  index1?: TableKey;
  index2?: TableKey;
}

/** One write of a transaction. */
export type Write =
  | {
      put: Omit<Row, 'version'>;
      /** `absent`: only when no such row exists; a number: only when the row has this version. Absent: no condition. */
      when?: 'absent' | number;
    }
  | { delete: TableKey /** Only when the row has this version. */; when?: number }
  | {
      check: TableKey /** The row must be absent or have this version; nothing is written. */;
      when: 'absent' | number;
    };

/** A range of sort keys within a partition. `from` is inclusive, `to` exclusive, `after` exclusive. */
export interface KeyRange {
  prefix?: string;
  from?: string;
  to?: string;
  after?: string;
  /** Descending order. Default ascending. */
  reverse?: boolean;
  /** At most this many rows. Default: all (the adapter pages underneath). */
  limit?: number;
}

/**
 * The one place that decides what is live.
 *
 * - Absence: `get` answers `undefined`; an unknown partition is empty; deleting an absent row without condition is done.
 * - Consistency: `get` and `query` see every write that returned before they began. The indexes may lag: they only
 *   nominate, a `get` and a conditional write decide.
 * - Atomicity: all writes of one `transact` happen or none. A failed condition throws ConflictError whose
 *   `details.failed` lists the indexes of the writes that failed. At most 100 writes, each key once.
 * - Durability: a write that returned survives a crash of the machine.
 */
export interface Table {
  get(key: TableKey): Promise<Row | undefined>;
  query(pk: string, range?: KeyRange): Promise<Row[]>;
  /** The same over an index; rows come ordered by the index's sort key, then by primary key. */
  queryIndex(index: 1 | 2, pk: string, range?: KeyRange): Promise<Row[]>;
  transact(writes: readonly Write[]): Promise<void>;
}
