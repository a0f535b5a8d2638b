import { ConflictError } from '../domain/errors.ts';
import type { SourceDriver } from '../ports/source-driver.ts';
import type { Intent } from './chain-rows.ts';
import type { DamagedObject } from './damage.ts';
import { refuseClosed, reloadIntent, renewIntent } from './intent.ts';
import { copyLeg, type LegOptions, type LegRange, type Tick } from './leg.ts';
import { legAttempt, readLeg, readLegs, storeLeg } from './leg-rows.ts';
import type { Repository } from './repository.ts';
import { rangeOf, readShardPlan } from './shard-plan.ts';

/** Choices for one call. */
export interface ShardOptions extends LegOptions {
  /** Which shard of the plan; default 0, which is all there is without a plan. */
  shard?: number;
  /** Called now and then with what this call has done so far. */
  progress?: (done: { objects: number; bytes: number }) => void;
}

/** What a call tells; what the whole backup found is told by `joinLegs`. */
export interface ShardResult {
  /** `more`: time was up, the next call goes on. */
  outcome: 'more' | 'done';
  /** Stored objects that this call met and could not read: the first hundred. */
  damaged: DamagedObject[];
}

const renewMs = 60_000;
const progressMs = 250;

/**
 * Copies a shard of the source, or as much of it as time allows: one leg. What the parent does not hold is written, the rest is
 * carried over. The next call goes on where the last leg ended.
 * Repeatable: a shard that is done says so; a leg that was killed starts anew under another attempt, and of two that are at
 * the same leg the first to finish counts.
 *
 * Damage does not spread: what lies in a damaged pack, or under a part or root that cannot be read, is read again.
 *
 * @throws NotFoundError when the source is gone, ConflictError when the intent was aborted, InvalidError for a shard that
 *   the plan does not have
 */
export async function backUpShard(
  repo: Repository,
  intent: Intent,
  driver: SourceDriver,
  options: ShardOptions = {},
): Promise<ShardResult> {
  const shard = options.shard ?? 0;
  const { record } = await reloadIntent(repo, intent);
  if (record.status === 'committed') return { outcome: 'done', damaged: [] };
  refuseClosed(record);
  const plan = await readShardPlan(repo, intent);
  const range = rangeOf(plan, shard);
  const legs = await readLegs(repo, intent, shard);
  const begin = await beginOf(repo, intent, range, legs);
  if (begin === 'done') return { outcome: 'done', damaged: [] };
  await renewIntent(repo, intent);
  const place = { shard, leg: legs.length, attempt: legAttempt(shard, legs.length), planned: plan !== undefined };
  const work = { intent, attempt: place.attempt, driver };
  const result = await copyLeg(repo, work, begin, options, ticker(repo, intent, options));
  try {
    await storeLeg(repo, intent, place, result);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    // A twin was faster: its leg counts. Or a plan was made meanwhile: the next call keeps to it. Either way this attempt's
    // objects are cleared with the intent.
    const twin = (await readLegs(repo, intent, shard))[legs.length];
    if (twin) return { outcome: twin.outcome, damaged: [] };
    if (place.planned || !(await readShardPlan(repo, intent))) throw error;
    return { outcome: 'more', damaged: [] };
  }
  return { outcome: result.cursor === undefined ? 'done' : 'more', damaged: result.damaged };
}

/** What is left of a shard after its legs so far. */
async function beginOf(
  repo: Repository,
  intent: Intent,
  range: ReturnType<typeof rangeOf>,
  legs: Awaited<ReturnType<typeof readLegs>>,
): Promise<LegRange | 'done'> {
  const last = legs.at(-1);
  const firstPart = range.part;
  if (!last) return { ...range, firstPart, gap: false };
  if (last.outcome === 'done') return 'done';
  const { cursor } = await readLeg(repo, intent, last);
  return cursor === undefined || isPast(cursor.after, range.until) ? 'done' : { ...range, firstPart, ...cursor };
}

/** Whether a cursor stands at the end of its shard: a plan that was made after a leg lets the shard end with it. */
export function isPast(after: Buffer, until: Buffer | undefined): boolean {
  return until !== undefined && Buffer.compare(after, until) >= 0;
}

/** A sign of life for the lease, and progress for the watcher. */
function ticker(repo: Repository, intent: Intent, { progress }: ShardOptions): Tick {
  let renewedAt = Date.now();
  let shownAt = 0;
  return async (done) => {
    const now = Date.now();
    if (now - renewedAt > renewMs) {
      renewedAt = now;
      await renewIntent(repo, intent);
    }
    if (progress && now - shownAt > progressMs) {
      shownAt = now;
      progress(done);
    }
  };
}
