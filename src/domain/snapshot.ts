/** Which schedule asked for a copy. `manual` copies count as daily ones for retention. */
export type Cadence = 'daily' | 'weekly' | 'manual';

/** A recovery point in Tenure's own repository, as the catalog knows it. */
export interface Snapshot {
  /** 20 lower-case hex digits, random. */
  id: string;
  tenant: string;
  source: string;
  /** Position in the source's chain; given at commit, never by a clock. */
  seq: number;
  cadence: Cadence;
  takenAt: string;
  /** `condemned`: decided to go, its erasure is under way; `gone`: keys destroyed and objects deleted. */
  status: 'live' | 'condemned' | 'gone';
  /** Snapshot that it was compared with, if any. */
  parent?: string;
  /** Plan version at the time. */
  planDigest: string;
  /** Where copies lie. One place is in use: `primary`. */
  places: string[];
  root: {
    /** Object keys of the two identical copies of the root. */
    objects: string[];
    /** SHA-256 of the root object, hex. */
    digest: string;
    /** KeyRef of the key that seals it. */
    key: string;
  };
  /** Merkle root over all entries, hex. */
  merkleRoot: string;
  totals: SnapshotTotals;
  /** Things seen and not (wholly) backed up. */
  notices: number;
}

/** Sums over the entries of a snapshot. */
export interface SnapshotTotals {
  /** Entries of every type, the source's own folder not counted. */
  objects: number;
  files: number;
  /** Bytes of file content. */
  bytes: number;
  /** Bytes that this snapshot added to the repository. */
  addedBytes: number;
  /** ISO instant of the youngest modification of a file, absent for an empty source. */
  newestModifiedAt?: string;
}
