import { InvalidError } from '../domain/errors.ts';
import { readRecord } from './chain.ts';
import { type Intent, type PlanRecord, rowKeys } from './chain-rows.ts';
import type { Repository } from './repository.ts';
import { readWork } from './work-object.ts';

/**
 * The keys between the shards of a backup, ascending: shard i covers the keys k with `bounds[i - 1].key` < k ≤
 * `bounds[i].key`; the first has no lower bound and the last no upper one. So it is a scan after the one until the other.
 */
export interface ShardBound {
  key: Buffer;
  /** Index of the parent's part with which the shard after this bound begins: those before hold no key after it. */
  part: number;
}

/** The range of one shard. */
export interface ShardRange {
  after?: Buffer;
  until?: Buffer;
  /** The parent's part to begin with. */
  part: number;
  /** The parent's part with which the next shard begins. */
  nextPart?: number;
}

/** The stored plan. */
export interface ShardPlan {
  shards: number;
  bounds: ShardBound[];
}

/** In how many shards a backup is copied; `undefined` while that is not decided. */
export async function plannedShards(repo: Repository, { tenant, source, id }: Intent): Promise<number | undefined> {
  return (await readRecord<PlanRecord>(repo.table, rowKeys.plan(tenant, source, id)))?.record.shards;
}

/** The plan of a backup; `undefined` while there is none: then shard 0 is all there is. */
export async function readShardPlan(repo: Repository, intent: Intent): Promise<ShardPlan | undefined> {
  const { tenant, source, id } = intent;
  const record = (await readRecord<PlanRecord>(repo.table, rowKeys.plan(tenant, source, id)))?.record;
  if (!record) return undefined;
  const { bounds } = record.bounds
    ? await readWork<{ bounds: ShardBound[] }>(repo, intent, record.bounds)
    : { bounds: [] };
  return { shards: record.shards, bounds };
}

/** The range of a shard. @throws InvalidError when the plan has no such shard */
export function rangeOf(plan: ShardPlan | undefined, shard: number): ShardRange {
  const shards = plan?.shards ?? 1;
  if (shard >= shards) throw new InvalidError(`the backup has ${shards} shards, and none with the number ${shard}`);
  const before = plan?.bounds[shard - 1];
  const next = plan?.bounds[shard];
  return {
    ...(before && { after: before.key }),
    ...(next && { until: next.key, nextPart: next.part }),
    part: before?.part ?? 0,
  };
}
