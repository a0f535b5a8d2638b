/** What a source driver can do besides reading. What it cannot do is left to a person and attested, never verified. */
export interface SourceCapabilities {
  restore: boolean;
  overwrite: boolean;
  delete: boolean;
  sweep: boolean;
  /** False where entries have no mode, time or owner of their own and folders are only part of the names (a bucket). Default: true. */
  attributes?: boolean;
}

export type SourceEntryType = 'file' | 'directory' | 'symlink';

/** One entry of a source as it is now. Times are nanoseconds since the epoch. */
export interface SourceEntry {
  /** Key in bytes, relative to the source. A directory's key ends in `/`; the source's own folder is the empty key. */
  key: Buffer;
  type: SourceEntryType;
  /** Bytes of content of a file, else 0. */
  size: number;
  mtimeNs: bigint;
  ctimeNs: bigint;
  /** Identity that changes when the object is replaced: inode for directories, 0 elsewhere. */
  inode: bigint;
  /** Device of the inode; part of the hard-link group only. */
  device: bigint;
  /** Number of names of this inode; over 1 for a file means it belongs to a hard-link group. */
  links: number;
  /** Permission bits with setuid, setgid, sticky (07777). */
  mode: number;
  uid: number;
  gid: number;
  /** Names of owner and group, empty where unknown. */
  owner: string;
  group: string;
  /** Target of a symlink in bytes. */
  linkTarget?: Buffer;
  /** Object headers and metadata (S3). A listing does not tell them, an opened object does: absent in a scan means unknown. */
  headers?: Record<string, string>;
  /** ETag (S3). */
  etag?: string;
}

/** Something seen during a scan that is not backed up, or not wholly. */
export interface ScanNotice {
  key: Buffer;
  kind: 'skipped' | 'not-covered' | 'unreadable' | 'changed-while-read' | 'vanished';
  /** For a report: "socket", "extended attributes", "permission denied". */
  reason: string;
}

/** Entries and notices come in batches so that a million objects do not cost a million promises. */
export interface ScanBatch {
  entries: SourceEntry[];
  notices: ScanNotice[];
}

/** A file opened for reading. */
export interface OpenedSource {
  /** The entry as it is now, at open. */
  entry: SourceEntry;
  /** Reads up to `buffer.length` bytes at `position`; 0 at the end. */
  read(buffer: Buffer, position: number): number | Promise<number>;
  /**
   * Closes, and tells whether the entry stayed the same since open (size, mtime, ctime, inode), and whether it is racy:
   * touched so shortly before it was read (2 s) that a later change could carry the same timestamp.
   */
  close(): Promise<{ unchanged: boolean; racy: boolean; entry: SourceEntry }>;
}

/** Where the entries of a restore go. Nothing is ever written outside its root; links are never followed. */
export interface RestoreTarget {
  /** Keys are names and nothing more: `a` and `a/b` lie beside each other, as in a bucket. */
  flat?: boolean;
  /**
   * Creates a directory, file or symlink. Parents that are missing are made (0700) and get their own mode when their entry is finished.
   * A key that would leave the root (`..`, absolute, NUL, empty segment) throws CorruptError; an existing path is replaced
   * when it is not a directory, or when types differ, only if the target was opened with `force`, else ConflictError.
   */
  directory(key: Buffer): Promise<void>;
  symlink(key: Buffer, target: Buffer): Promise<void>;
  /**
   * A file for writing from its beginning to its end; its content is complete after its own `close` and durable after the
   * target's. With `from` it goes on where an earlier target `pause`d the same file. `headers` are those that the object had:
   * some places take them only while it is made.
   */
  file(key: Buffer, size: number, options?: { from?: number; headers?: Record<string, string> }): Promise<RestoredFile>;
  /** A further name for a file that was restored before. */
  hardLink(key: Buffer, existing: Buffer): Promise<void>;
  /** Sets owner, mode and times (exact to the nanosecond where the platform allows). Directories are finished last, deepest first. */
  finish(entry: RestoredAttributes): Promise<ScanNotice[]>;
  /** Makes what was finished so far durable. */
  sync(): Promise<void>;
  /** Makes everything durable and ends. */
  close(): Promise<void>;
}

/** A file that is being restored. */
export interface RestoredFile {
  write(data: Buffer, position: number): void | Promise<void>;
  close(): Promise<void>;
  /**
   * Leaves the file unfinished instead of closing it, for a later target to go on with, and answers from where: the bytes
   * before that are kept. A target without it restores each file in one go.
   */
  pause?(): Promise<number>;
}

/** The attributes that a restore sets. An entry with headers is an object of a bucket: it has no mode and no owner. */
export type RestoredAttributes = Pick<
  SourceEntry,
  'key' | 'type' | 'mtimeNs' | 'mode' | 'uid' | 'gid' | 'owner' | 'group' | 'headers'
>;

/** How live data is overwritten. */
export interface OverwritePass {
  /** `zeros`, `ones` or `random`. */
  pattern: 'zeros' | 'ones' | 'random';
  /** Read the pass back and compare. */
  verify: boolean;
}

/** What happened to one object during overwriting or deletion. */
export interface LiveResult {
  key: Buffer;
  /** `locked`: it cannot go yet, since a rule of the place keeps it; no fault of the step, `until` says from when it can. */
  result: 'overwritten' | 'deleted' | 'unlinked-only' | 'absent' | 'locked' | 'failed';
  bytes: number;
  /** `verified`, or why not: "copy-on-write file system: attempted, not verifiable". */
  verification: 'verified' | 'attempted-not-verifiable' | 'not-requested' | 'failed';
  note?: string;
  /** Of what is `locked`: ISO instant from which all of it can go; absent where there is no end (a legal hold). */
  until?: string;
}

/** How a long operation on live data is cut into legs: a step may have to end before all of it is done. */
export interface LiveOptions {
  /**
   * The greatest key that an earlier call of the same operation has reported: objects up to it are not touched and not
   * reported again. Folders, which go after what is in them, are looked at whatever their keys.
   */
  after?: Buffer;
  /**
   * Asked after each object or batch of them, never before the first: each call gets something done. Once it answers false
   * the driver finishes and reports what it has begun, and returns without the rest. An object counts as begun from its
   * first to its last version: it is reported once, when it is done with.
   */
  goOn?: () => boolean;
}

/** What is chosen of a source: everything, or keys and prefixes (a prefix ends in `/`). */
export type Selection = { all: true } | { keys: Buffer[] };

/**
 * One protected thing. Keys come in byte order (memcmp); equal input gives equal output. A source that is gone throws
 * NotFoundError at `scan`; a driver without a capability throws InvalidError when it is used.
 */
export interface SourceDriver {
  readonly capabilities: SourceCapabilities;
  /**
   * Refuses what can never work: overlap with the home, no such place; and, where given, overlap with the locations of
   * other sources of the same kind.
   */
  verify(apartFrom?: readonly string[]): Promise<void>;
  /** Entries in key order, after the key `after` where given. */
  scan(options?: { after?: Buffer }): AsyncIterable<ScanBatch>;
  /**
   * At most `pieces - 1` keys, ascending, that cut the source into about equal pieces, found without listing it all. A driver
   * without it is read in one go.
   */
  splits?(pieces: number): Promise<Buffer[]>;
  /**
   * Opens a file; a path that is now something else, or absent, throws NotFoundError, and one that lies where nothing can read it
   * (an archive class of storage) InvalidError. Never follows a link.
   */
  open(entry: SourceEntry): Promise<OpenedSource>;
  /**
   * Overwrites the selected objects in place, one pass. Only for a scope that is being erased. Repeatable. When it returns,
   * everything up to the greatest key that was reported is overwritten.
   */
  overwrite(
    selection: Selection,
    pass: OverwritePass,
    report: (result: LiveResult) => void,
    options?: LiveOptions,
  ): Promise<void>;
  /**
   * Truncates, renames, unlinks; removes every version. Repeatable: what is gone is `absent`. What a rule of the place keeps
   * for now is `locked`, not `failed`. Never touches what is outside the source. When it returns, everything up to the
   * greatest key that was reported has been dealt with.
   */
  delete(selection: Selection, report: (result: LiveResult) => void, options?: LiveOptions): Promise<void>;
  /**
   * What of the selection is still there, in byte order of the keys, after the key `after` where given, and from when (ISO
   * instant) it can be removed, where that is known. The reason is the same for all that stays for the same cause (no keys
   * and no dates in it): a report counts by it.
   */
  survivors(
    selection: Selection,
    options?: { after?: Buffer },
  ): AsyncIterable<{ key: Buffer; reason: string; until?: string }>;
  /**
   * Facts that a report and the certificate must state, in plain English: file system, copy-on-write, rotational; versioning,
   * replication, lifecycle rules, further destinations, and whether `writes` were possible meanwhile.
   */
  describe(): Promise<Record<string, string>>;
}
