import { InvalidError } from '../domain/errors.ts';
import type { SnapshotTotals } from '../domain/snapshot.ts';
import type { ScanNotice } from '../ports/source-driver.ts';
import { isPast } from './backup.ts';
import type { Intent } from './chain-rows.ts';
import { sumOf } from './counted.ts';
import type { DamagedObject } from './damage.ts';
import { refuseClosed, reloadIntent } from './intent.ts';
import { type LegResult, readLeg, readLegs } from './leg-rows.ts';
import type { PackUse, PartRef } from './model.ts';
import type { Repository } from './repository.ts';
import { rangeOf, readShardPlan, type ShardPlan } from './shard-plan.ts';

/** Notices that a report can name; the others are counted. */
const mostNotices = 1000;
/** Damaged objects that a report can name. */
const mostDamaged = 100;
/** Results that are read at once: one answers after some 20 ms, and a large backup has thousands. */
const readAtOnce = 16;

/** What all legs of all shards of a backup have found and written. */
export interface JoinedLegs {
  /** In key order. */
  parts: PartRef[];
  packs: PackUse[];
  totals: SnapshotTotals;
  noticeCount: number;
  /** Files that could not be read, or not as a whole. */
  unread: number;
  /** The first thousand notices, in key order. */
  notices: ScanNotice[];
  /** Objects that were read again because their earlier copy is damaged. */
  readAgain: number;
  /** Stored objects that were met and could not be read: the first hundred. */
  damaged: DamagedObject[];
  /** How many legs there are. */
  legs: number;
}

/**
 * Joins what the legs of a backup have found; `undefined` once it is committed, since its work is cleared then.
 *
 * @throws InvalidError when a shard is not done, ConflictError when the intent was aborted
 */
export async function joinLegs(repo: Repository, intent: Intent): Promise<JoinedLegs | undefined> {
  const isCommitted = async (): Promise<boolean> => {
    const { record } = await reloadIntent(repo, intent);
    if (record.status !== 'committed') refuseClosed(record);
    return record.status === 'committed';
  };
  if (await isCommitted()) return undefined;
  try {
    return await joinOpen(repo, intent);
  } catch (error) {
    // A twin may have committed meanwhile and cleared what this one reads.
    if (await isCommitted()) return undefined;
    throw error;
  }
}

async function joinOpen(repo: Repository, intent: Intent): Promise<JoinedLegs> {
  const plan = await readShardPlan(repo, intent);
  const records = await readLegs(repo, intent);
  const legs: LegResult[] = [];
  for (let at = 0; at < records.length; at += readAtOnce) {
    const page = records.slice(at, at + readAtOnce);
    legs.push(...(await Promise.all(page.map(async (record) => await readLeg(repo, intent, record)))));
  }
  refuseUnfinished(intent, plan, new Map(records.map(({ shard }, index) => [shard, legs[index]])));
  return {
    parts: legs.flatMap(({ parts }) => parts),
    packs: packsOf(legs),
    totals: sumOf(legs.map(({ totals }) => totals)),
    noticeCount: sum(legs.map(({ noticeCount }) => noticeCount)),
    unread: sum(legs.map(({ unread }) => unread)),
    notices: legs.flatMap(({ notices }) => notices).slice(0, mostNotices),
    readAgain: sum(legs.map(({ readAgain }) => readAgain)),
    damaged: damageOf(legs),
    legs: records.length,
  };
}

/** `last`: the last leg of each shard. */
function refuseUnfinished(intent: Intent, plan: ShardPlan | undefined, last: Map<number, LegResult | undefined>): void {
  for (let shard = 0; shard < (plan?.shards ?? 1); shard++) {
    const leg = last.get(shard);
    if (leg && (leg.cursor === undefined || isPast(leg.cursor.after, rangeOf(plan, shard).until))) continue;
    const name = `${intent.tenant}/${intent.source}`;
    throw new InvalidError(`shard ${shard} of the backup of ${name} is not done: nothing to commit`);
  }
}

/** Uses of the same pack by several legs are one use. A frame that two parts share counts twice, so the sum is capped. */
function packsOf(legs: readonly LegResult[]): PackUse[] {
  const packs = new Map<string, PackUse>();
  for (const pack of legs.flatMap((leg) => leg.packs)) {
    const known = packs.get(pack.id);
    if (known) known.used = Math.min(known.length, known.used + pack.used);
    else packs.set(pack.id, { ...pack });
  }
  return [...packs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Several legs may meet the same object. */
function damageOf(legs: readonly LegResult[]): DamagedObject[] {
  const met = new Map(legs.flatMap(({ damaged }) => damaged).map((object) => [`${object.kind} ${object.id}`, object]));
  return [...met.values()].slice(0, mostDamaged);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
