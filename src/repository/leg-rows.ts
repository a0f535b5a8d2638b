import { randomBytes } from 'node:crypto';
import type { SnapshotTotals } from '../domain/snapshot.ts';
import type { ScanNotice } from '../ports/source-driver.ts';
import { readRecords } from './chain.ts';
import { type Intent, type LegRecord, legPrefix, putRecord, rowKeys, unchanged } from './chain-rows.ts';
import type { DamagedObject } from './damage.ts';
import type { PackUse, PartRef } from './model.ts';
import type { Repository } from './repository.ts';
import { readWork, storeWork } from './work-object.ts';

/** Where the next leg of a shard goes on. */
export interface LegCursor {
  /** The last key that was copied. */
  after: Buffer;
  /** Index of the parent's part to begin with: those before hold nothing after the key. */
  part: number;
  /** A part of the parent that cannot be read lies there. */
  gap: boolean;
}

/** What a leg found and wrote. */
export interface LegResult {
  parts: PartRef[];
  packs: PackUse[];
  totals: SnapshotTotals;
  /** The first notices, in key order. */
  notices: ScanNotice[];
  noticeCount: number;
  /** Files that could not be read, or not as a whole. */
  unread: number;
  /** Objects that were read again because their earlier copy is damaged. */
  readAgain: number;
  /** Stored objects that were met and could not be read: the first hundred. */
  damaged: DamagedObject[];
  /** Absent: the shard is done. */
  cursor?: LegCursor;
}

/**
 * The name of an attempt at a leg. It is drawn, not counted: forty shards that begin at once would all be in each other's way
 * at one counter.
 */
export function legAttempt(shard: number, leg: number): string {
  return `${shard}-${leg}-${randomBytes(6).toString('hex')}`;
}

/**
 * Stores the result of a leg. Of several attempts at the same leg the first counts.
 *
 * @param planned the leg keeps to the stored plan; without one it may count only as long as there is none
 * @throws ConflictError when another attempt was first, or a plan was made meanwhile
 */
export async function storeLeg(
  repo: Repository,
  intent: Intent,
  place: { shard: number; leg: number; attempt: string; planned: boolean },
  result: LegResult,
): Promise<void> {
  const { tenant, source, id } = intent;
  const stored = await storeWork(repo, intent, place.attempt, result);
  const record: LegRecord = { ...stored, shard: place.shard, outcome: result.cursor === undefined ? 'done' : 'more' };
  await repo.table.transact([
    putRecord(rowKeys.leg(tenant, source, id, place.shard, place.leg), record, undefined),
    ...(place.planned ? [] : [unchanged(rowKeys.plan(tenant, source, id), undefined)]),
  ]);
}

/** The legs of a shard, or of all shards, in order. */
export async function readLegs(repo: Repository, intent: Intent, shard?: number): Promise<LegRecord[]> {
  return (await readRecords<LegRecord>(repo.table, intent, legPrefix(intent.id, shard))).map(({ record }) => record);
}

/** What a leg found. @throws CorruptError; NotFoundError when the intent is closed and its work cleared */
export async function readLeg(repo: Repository, intent: Intent, record: LegRecord): Promise<LegResult> {
  return await readWork<LegResult>(repo, intent, record);
}
