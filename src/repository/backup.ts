import { ConflictError } from '../domain/errors.ts';
import type { SnapshotTotals } from '../domain/snapshot.ts';
import type { ScanNotice, SourceDriver } from '../ports/source-driver.ts';
import type { PartLimits } from './boundary.ts';
import type { Intent, ShardRecord } from './chain-rows.ts';
import { ContentWriter, type ParentChunks } from './content-writer.ts';
import { Damage, type DamagedObject } from './damage.ts';
import { frameContext } from './frame.ts';
import { FrameQueue } from './frame-queue.ts';
import { nextAttempt, reloadIntent, renewIntent } from './intent.ts';
import { MergeJoin, type Notice } from './merge.ts';
import { PackWriter } from './pack-writer.ts';
import { readParent } from './parent.ts';
import { indexChunks, ParentCursor } from './parent-cursor.ts';
import { PartBuilder } from './part-builder.ts';
import { FileReader } from './read-file.ts';
import type { Repository } from './repository.ts';
import { copyReader } from './salvage.ts';
import { deriveSourceSecrets } from './secrets.ts';
import { mostNotices, noticesOf, readShardRecord, storeShardResult } from './shard-result.ts';
import { survivorReader } from './survivor.ts';

/** Choices for one shard. */
export interface ShardOptions {
  /** Called now and then with what is done so far. */
  progress?: (done: { objects: number; bytes: number }) => void;
  /** Stops the work; what was written is cleared with the intent. */
  signal?: AbortSignal;
  /** Ids of packs that are known to be damaged or missing: what they hold is read from the source again. */
  damagedPacks?: ReadonlySet<string>;
  /** Smaller limits serve tests. */
  limits?: { part?: PartLimits; packBytes?: number; segmentBytes?: number };
}

/** What a finished shard tells. */
export interface ShardResult {
  outcome: 'done';
  /** The first thousand notices. */
  notices: ScanNotice[];
  noticeCount: number;
  totals: SnapshotTotals;
  /** Objects that were read again because their earlier copy is damaged. */
  readAgain: number;
  /** Stored objects that were met and could not be read: the first hundred. */
  damaged: DamagedObject[];
}

const renewMs = 60_000;
const progressMs = 250;

/**
 * Reads the source and writes what the parent does not hold: a streaming merge-join of the scan with the parent's manifest.
 * Repeatable: a shard that is done answers what it found; one that was killed starts anew under another attempt, and of
 * two that run at once the first to finish counts.
 *
 * Damage does not spread: what lies in a damaged pack, or under a part or root that cannot be read, is read again.
 *
 * @throws NotFoundError when the source is gone, ConflictError when the intent was aborted
 */
export async function backUpShard(
  repo: Repository,
  intent: Intent,
  driver: SourceDriver,
  options: ShardOptions = {},
): Promise<ShardResult> {
  const done = await readShardRecord(repo, intent);
  if (done) return resultOf(done);
  const { record: current } = await reloadIntent(repo, intent);
  const attempt = await nextAttempt(repo, current);
  const notices: ScanNotice[] = [];
  let noticeCount = 0;
  const notice = (found: ScanNotice): void => {
    noticeCount += 1;
    if (notices.length < mostNotices) notices.push(found);
  };
  const damage = new Damage(options.damagedPacks);
  const { builder, merge, tick } = await openShard(repo, current, attempt, driver, options, notice, damage);
  for await (const batch of driver.scan()) {
    for (const found of batch.notices) notice(found);
    for (const entry of batch.entries) await merge.add(entry);
    await tick(0);
  }
  const { parts, packs, totals } = await builder.finish();
  try {
    await storeShardResult(repo, current, attempt, { parts, packs, totals, notices, noticeCount, damage });
  } catch (error) {
    // A twin was faster: its result counts, and this attempt's objects are cleared with the commit.
    const twin = error instanceof ConflictError ? await readShardRecord(repo, intent) : undefined;
    if (!twin) throw error;
    return resultOf(twin);
  }
  return { outcome: 'done', notices, noticeCount, totals, readAgain: damage.readAgain, damaged: damage.met };
}

/** Everything that one attempt at a shard works with. */
async function openShard(
  repo: Repository,
  intent: Intent,
  attempt: string,
  driver: SourceDriver,
  options: ShardOptions,
  notice: Notice,
  damage: Damage,
) {
  const { tenant, source } = intent;
  const scope = { tenant, source };
  const secrets = deriveSourceSecrets(await repo.keys.open(`source/${tenant}/${source}`));
  const frames = frameContext(scope);
  const { packBytes, part: limits, segmentBytes } = options.limits ?? {};
  const packs = { objects: repo.objects, scope, intent: intent.id, attempt };
  const writer = new PackWriter(packBytes === undefined ? packs : { ...packs, packBytes });
  const queue = new FrameQueue(writer, frames);
  const content = new ContentWriter(queue);
  const { parts, load, lost } = await readParent(repo, intent, damage);
  let index: Promise<ParentChunks> | undefined;
  const parent = async (): Promise<ParentChunks> => {
    index ??= indexChunks(parts, load, damage);
    return await index;
  };
  const reader = new FileReader({
    driver,
    content,
    queue,
    gear: secrets.gear,
    ...(parts.length > 0 && { parent }),
    ...(segmentBytes !== undefined && { segmentBytes }),
  });
  const builder = new PartBuilder({
    context: { scope, secrets, intent: intent.id, attempt },
    objects: repo.objects,
    queue,
    writer,
    content,
    survivor: survivorReader({ repo, scope, frames, driver, damage, notice }),
    ...(limits && { limits }),
  });
  const tick = ticker(repo, intent, builder.totals, options);
  const cursor = new ParentCursor(parts, load, lost);
  const openCopy = copyReader(repo, scope, frames);
  return {
    builder,
    tick,
    merge: new MergeJoin({ cursor, reader, builder, queue, damage, openCopy, notice, tick }),
  };
}

/** A sign of life for the lease, progress for the watcher, and the place where a stop is noticed. */
function ticker(repo: Repository, intent: Intent, totals: SnapshotTotals, { progress, signal }: ShardOptions) {
  let renewedAt = Date.now();
  let shownAt = 0;
  return async (bytes: number): Promise<void> => {
    signal?.throwIfAborted();
    const now = Date.now();
    if (now - renewedAt > renewMs) {
      renewedAt = now;
      await renewIntent(repo, intent);
    }
    if (progress && now - shownAt > progressMs) {
      shownAt = now;
      progress({ objects: totals.objects, bytes: totals.bytes + bytes });
    }
  };
}

function resultOf(record: ShardRecord): ShardResult {
  const { notices: noticeCount, totals, readAgain = 0, damaged = [] } = record;
  return { outcome: 'done', notices: noticesOf(record), noticeCount, totals, readAgain, damaged };
}
