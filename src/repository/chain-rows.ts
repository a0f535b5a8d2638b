import type { Cadence, Snapshot } from '../domain/snapshot.ts';
import type { Json, Row, TableKey, Write } from '../ports/table.ts';

/**
 * The engine's rows in the Table, and the only place that knows their keys. All rows of a source lie in one partition
 * `chain#<tenant>#<source>`; the partition `chains` lists the sources that have one.
 */

/** The end of a source's chain; every begin, commit and abort goes through this one row. */
export interface ChainHead {
  /** Last position given out. */
  seq: number;
  /** The intent that is open, at most one. */
  openIntent?: string;
  /** The whole scope is being erased: nothing begins any more. */
  closed?: boolean;
  /** Rebuilt by `recover`: neighbours may have gaps, so expiry compares with every live snapshot. */
  recovered?: boolean;
  /** A root could not be read while its snapshot went: what is left must be looked for among all objects. */
  sweepWanted?: boolean;
}

/** A backup or subject erasure that has begun; its id becomes the snapshot's id. */
export interface Intent {
  id: string;
  kind: 'backup' | 'subject-erasure';
  tenant: string;
  source: string;
  status: 'open' | 'committed' | 'aborted';
  /** Execution on whose behalf; the same run gets the same intent again. */
  run: string;
  holder: string;
  /** Wall-clock milliseconds until which the holder is taken to be at work. */
  until: number;
  /** Numbers of attempts given out so far; each attempt names its objects apart. Legs draw their names, without a row. */
  attempts: number;
  parent?: string;
  cadence: Cadence;
  takenAt: string;
  planDigest: string;
  /** Position in the chain, once committed. */
  seq?: number;
}

/** Where an intermediate result of a running backup lies, sealed under a key of its own. */
export interface WorkObject {
  attempt: string;
  /** `<intent>/<attempt>/<random>` */
  object: string;
  /** SHA-256 of the stored bytes, hex. */
  digest: string;
  /** KeyRef of its work key. */
  key: string;
}

/** A finished leg of a shard. What it found, names and keys of the source included, is in the sealed object, never here. */
export interface LegRecord extends WorkObject {
  shard: number;
  /** `more`: the next leg goes on after the cursor in the object. */
  outcome: 'more' | 'done';
}

/** In how many shards a source is copied; `bounds` holds the keys between them, where there are several. */
export interface PlanRecord {
  shards: number;
  bounds?: WorkObject;
}

/** Who reads a snapshot right now, by pin id. */
export interface PinsRecord {
  pins: { [id: string]: { holder: string; until: number } };
}

/** How far the erasure of a condemned snapshot has come. */
export interface CondemnedRecord {
  snapshot: string;
  seq: number;
  reason: string;
  condemnedAt: string;
  step: 'condemned' | 'listed' | 'keys-destroyed' | 'deleted';
  rootKey: string;
  /** Names the rows of the list that counts; a second lister's rows are ignored. */
  list?: string;
  /** Objects on the list. */
  listed: number;
}

/** Objects whose turn it is to be deleted. */
export interface WorkRecord {
  objects: string[];
}

/** What a closed intent may still leave behind; cleared until `until` (wall clock). */
export interface LeftoverRecord {
  intent: string;
  /** Attempts whose objects belong to the repository. */
  keep: string[];
  /** So many rows of legs name further ones. While some of them are missing nothing is cleared. Absent: none does. */
  legs?: number;
  until: number;
  /** Not looked at again before this instant (wall clock): the last look found nothing. */
  nextAt?: number;
}

/** Keys and objects that a subject erasure has replaced and that must go. */
export interface RetiredRecord {
  intent: string;
  keys: string[];
  list: string;
  step: 'swung' | 'keys-destroyed';
}

/** An object that a purge could not remove. */
export interface RemainderRecord {
  object: string;
  reason: string;
  until?: string;
}

/** A record with the version its row had when it was read. */
export interface Stored<T> {
  record: T;
  version: number;
}

/** Partition of the list of all chains. */
export const chainsPartition = 'chains';
/** Index 1 finds snapshots by id or the beginning of it. */
export const snapshotIdPartition = 'snapshot-ids';

/** Partition of a source's rows. */
export function chainPartition(tenant: string, source: string): string {
  return `chain#${tenant}#${source}`;
}

/** Sort-key prefixes within a chain's partition. */
export const prefixes = {
  snapshot: 'snap#',
  intent: 'intent#',
  run: 'run#',
  plan: 'plan#',
  shard: 'shard#',
  pins: 'pins#',
  condemned: 'condemned#',
  work: 'work#',
  leftover: 'leftover#',
  retired: 'retired#',
  remainder: 'remainder#',
} as const;

const at = (tenant: string, source: string, sk: string): TableKey => ({ pk: chainPartition(tenant, source), sk });
const position = (seq: number): string => String(seq).padStart(10, '0');

/** Beginning of the sort keys of the legs of an intent, or of one of its shards; in the order of the keys that they cover. */
export function legPrefix(intent: string, shard?: number): string {
  const all = `${prefixes.shard}${intent}#`;
  return shard === undefined ? all : `${all}${position(shard)}#`;
}

/** Keys of the rows of one source. */
export const rowKeys = {
  head: (tenant: string, source: string) => at(tenant, source, 'head'),
  chain: (tenant: string, source: string): TableKey => ({ pk: chainsPartition, sk: `${tenant}#${source}` }),
  snapshot: (tenant: string, source: string, seq: number) => at(tenant, source, `${prefixes.snapshot}${position(seq)}`),
  intent: (tenant: string, source: string, id: string) => at(tenant, source, `${prefixes.intent}${id}`),
  run: (tenant: string, source: string, run: string) => at(tenant, source, `${prefixes.run}${run}`),
  /** What a round of a subject erasure has done. */
  round: (tenant: string, source: string, intent: string) => at(tenant, source, `${prefixes.shard}${intent}`),
  plan: (tenant: string, source: string, intent: string) => at(tenant, source, `${prefixes.plan}${intent}`),
  leg: (tenant: string, source: string, intent: string, shard: number, leg: number) =>
    at(tenant, source, `${legPrefix(intent, shard)}${position(leg)}`),
  pins: (tenant: string, source: string, snapshot: string) => at(tenant, source, `${prefixes.pins}${snapshot}`),
  condemned: (tenant: string, source: string, seq: number) =>
    at(tenant, source, `${prefixes.condemned}${position(seq)}`),
  work: (tenant: string, source: string, list: string, page: number) =>
    at(tenant, source, `${prefixes.work}${list}#${position(page)}`),
  leftover: (tenant: string, source: string, intent: string) => at(tenant, source, `${prefixes.leftover}${intent}`),
  retired: (tenant: string, source: string, intent: string) => at(tenant, source, `${prefixes.retired}${intent}`),
  remainder: (tenant: string, source: string, name: string) => at(tenant, source, `${prefixes.remainder}${name}`),
};

/** The record of a row. The engine wrote it, so its shape is trusted. */
export function recordOf<T>(row: Row): Stored<T> {
  return { record: row.data as unknown as T, version: row.version };
}

/** A write of a record; `version` is what was read, `undefined` when there was no row. Without the argument: no condition. */
export function putRecord<T extends object>(key: TableKey, record: T, ...version: [number | undefined] | []): Write {
  // JSON text drops members that are undefined, which rows must not hold.
  const data = JSON.parse(JSON.stringify(record)) as { [name: string]: Json };
  return version.length === 0 ? { put: { ...key, data } } : { put: { ...key, data }, when: version[0] ?? 'absent' };
}

/** A write of a snapshot's row, findable by id. */
export function putSnapshot(snapshot: Snapshot, version: number | undefined): Write {
  const write = putRecord(rowKeys.snapshot(snapshot.tenant, snapshot.source, snapshot.seq), snapshot, version);
  if ('put' in write) write.put.index1 = { pk: snapshotIdPartition, sk: snapshot.id };
  return write;
}

/** The condition that a row is still as it was read. */
export function unchanged(key: TableKey, version: number | undefined): Write {
  return { check: key, when: version ?? 'absent' };
}
