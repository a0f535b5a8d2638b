import { ConflictError } from '../domain/errors.ts';
import type { SnapshotTotals } from '../domain/snapshot.ts';
import type { ScanNotice, SourceDriver } from '../ports/source-driver.ts';
import type { PartLimits } from './boundary.ts';
import { liveSnapshots, readChain } from './chain.ts';
import type { Intent, ShardRecord } from './chain-rows.ts';
import { ContentWriter, type ParentChunks } from './content-writer.ts';
import { frameContext } from './frame.ts';
import { FrameQueue } from './frame-queue.ts';
import { nextAttempt, reloadIntent, renewIntent } from './intent.ts';
import { MergeJoin, type Notice, survivorReader } from './merge.ts';
import type { PartEntry, PartRef } from './model.ts';
import { PackWriter } from './pack-writer.ts';
import { indexChunks, ParentCursor } from './parent-cursor.ts';
import { PartBuilder } from './part-builder.ts';
import { FileReader } from './read-file.ts';
import { readPart, readRoot } from './read-root.ts';
import type { Repository } from './repository.ts';
import { deriveSourceSecrets } from './secrets.ts';
import { mostNotices, noticesOf, readShardRecord, storeShardResult } from './shard-result.ts';

/** Choices for one shard. */
export interface ShardOptions {
  /** Called now and then with what is done so far. */
  progress?: (done: { objects: number; bytes: number }) => void;
  /** Stops the work; what was written is cleared with the intent. */
  signal?: AbortSignal;
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
}

const renewMs = 60_000;
const progressMs = 250;

/**
 * Reads the source and writes what the parent does not hold: a streaming merge-join of the scan with the parent's manifest.
 * Repeatable: a shard that is done answers what it found; one that was killed starts anew under another attempt, and of
 * two that run at once the first to finish counts.
 *
 * @throws NotFoundError when the source is gone, ConflictError when the intent was aborted, CorruptError when the parent's
 *   manifest cannot be read
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
  const { builder, merge, tick } = await openShard(repo, current, attempt, driver, options, notice);
  for await (const batch of driver.scan()) {
    for (const found of batch.notices) notice(found);
    for (const entry of batch.entries) await merge.add(entry);
    await tick(0);
  }
  const { parts, packs, totals } = await builder.finish();
  try {
    await storeShardResult(repo, current, attempt, { parts, packs, totals, notices, noticeCount });
  } catch (error) {
    // A twin was faster: its result counts, and this attempt's objects are cleared with the commit.
    const twin = error instanceof ConflictError ? await readShardRecord(repo, intent) : undefined;
    if (!twin) throw error;
    return resultOf(twin);
  }
  return { outcome: 'done', notices, noticeCount, totals };
}

/** Everything that one attempt at a shard works with. */
async function openShard(
  repo: Repository,
  intent: Intent,
  attempt: string,
  driver: SourceDriver,
  options: ShardOptions,
  notice: Notice,
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
  const parts = await parentParts(repo, intent);
  const load = async (ref: PartRef): Promise<PartEntry[]> => await readPart(repo, scope, ref);
  let index: Promise<ParentChunks> | undefined;
  const parent = async (): Promise<ParentChunks> => {
    index ??= indexChunks(parts, load);
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
    survivor: survivorReader(repo, scope, frames, driver, notice),
    ...(limits && { limits }),
  });
  const tick = ticker(repo, intent, builder.totals, options);
  return {
    builder,
    tick,
    merge: new MergeJoin({ cursor: new ParentCursor(parts, load), reader, builder, queue, notice, tick }),
  };
}

async function parentParts(repo: Repository, { tenant, source, parent }: Intent): Promise<PartRef[]> {
  if (parent === undefined) return [];
  const chain = await readChain(repo, tenant, source);
  const snapshot = liveSnapshots(chain).find(({ record }) => record.id === parent);
  if (!snapshot) throw new ConflictError(`snapshot ${parent}, with which the backup compares, is not live any more`);
  return (await readRoot(repo, snapshot.record)).parts;
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
  return { outcome: 'done', notices: noticesOf(record), noticeCount: record.notices, totals: record.totals };
}
