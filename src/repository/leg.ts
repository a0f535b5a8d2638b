import type { SourceDriver } from '../ports/source-driver.ts';
import type { PartLimits } from './boundary.ts';
import type { Intent } from './chain-rows.ts';
import { ContentWriter, type ParentChunks } from './content-writer.ts';
import { Damage } from './damage.ts';
import { frameContext } from './frame.ts';
import { FrameQueue } from './frame-queue.ts';
import { LegEnd } from './leg-end.ts';
import { LegNotices } from './leg-notices.ts';
import type { LegCursor, LegResult } from './leg-rows.ts';
import { MergeJoin } from './merge.ts';
import { PackWriter } from './pack-writer.ts';
import { readParent } from './parent.ts';
import { indexChunks, ParentCursor } from './parent-cursor.ts';
import { PartBuilder } from './part-builder.ts';
import { FileReader } from './read-file.ts';
import type { Repository } from './repository.ts';
import { copyReader } from './salvage.ts';
import { deriveSourceSecrets } from './secrets.ts';
import type { ShardRange } from './shard-plan.ts';
import { survivorReader } from './survivor.ts';

/** What a leg covers: from where the leg before it ended to the end of the shard, or as far as its time lasts. */
export interface LegRange extends ShardRange {
  gap: boolean;
  /** The parent's part with which the shard begins, whatever the leg. */
  firstPart: number;
}

/** Choices for one leg. */
export interface LegOptions {
  /** Milliseconds for which the leg may work; default: no end. */
  timeLeft?: () => number;
  /** Stops the work; what was written is cleared with the intent. */
  signal?: AbortSignal;
  /** Ids of packs that are known to be damaged or missing: what they hold is read from the source again. */
  damagedPacks?: ReadonlySet<string>;
  /** Smaller limits serve tests. */
  limits?: { part?: PartLimits; packBytes?: number; segmentBytes?: number; overtimeEntries?: number };
}

/** Called now and then: the sign of life of a leg. */
export type Tick = (done: { objects: number; bytes: number }) => Promise<void>;

/**
 * Copies a range of the source's keys into parts and packs of its own: a streaming merge-join of the scan with the parent's
 * manifest. Ends between two keys once time is up, after one entry at least.
 *
 * @throws NotFoundError when the source is gone
 */
export async function copyLeg(
  repo: Repository,
  { intent, attempt, driver }: { intent: Intent; attempt: string; driver: SourceDriver },
  range: LegRange,
  options: LegOptions,
  tick: Tick,
): Promise<LegResult> {
  const notices = new LegNotices(range.after);
  const damage = new Damage(options.damagedPacks);
  const { builder, merge, cursor, end, ticked } = await openLeg(
    repo,
    { intent, attempt, driver },
    range,
    { options, notices, damage },
    tick,
  );
  const { after, until } = range;
  let last: Buffer | undefined;
  let next: LegCursor | undefined;
  scan: for await (const batch of driver.scan(after === undefined ? {} : { after })) {
    notices.arrived(batch.notices);
    for (const entry of batch.entries) {
      if (until !== undefined && Buffer.compare(entry.key, until) > 0) break scan;
      if (last !== undefined) {
        const place = cursor.position;
        if (end.isBefore(entry) || (end.isTooLong(entry) && (await merge.reads(entry)))) {
          next = { after: last, ...place };
          break scan;
        }
      }
      await merge.add(entry);
      last = entry.key;
    }
    if (last !== undefined) notices.covered(last);
    await ticked(0);
  }
  notices.covered(next?.after ?? until);
  const { parts, packs, totals } = await builder.finish();
  return {
    ...{ parts, packs, totals, notices: notices.kept, noticeCount: notices.count, unread: notices.unread },
    ...{ readAgain: damage.readAgain, damaged: damage.met, ...(next && { cursor: next }) },
  };
}

/** Everything that one attempt at a leg works with. */
async function openLeg(
  repo: Repository,
  { intent, attempt, driver }: { intent: Intent; attempt: string; driver: SourceDriver },
  range: LegRange,
  { options, notices, damage }: { options: LegOptions; notices: LegNotices; damage: Damage },
  tick: Tick,
) {
  const { tenant, source } = intent;
  const scope = { tenant, source };
  const secrets = deriveSourceSecrets(await repo.keys.open(`source/${tenant}/${source}`));
  const frames = frameContext(scope);
  const { packBytes, part: limits, segmentBytes, overtimeEntries } = options.limits ?? {};
  const packs = { objects: repo.objects, scope, intent: intent.id, attempt };
  const writer = new PackWriter(packBytes === undefined ? packs : { ...packs, packBytes });
  const queue = new FrameQueue(writer, frames);
  const content = new ContentWriter(queue);
  const { parts, load, lost } = await readParent(repo, intent, damage);
  // The parts of this shard alone: forty shards that look through all of them would read the parent forty times.
  const near = parts.slice(range.firstPart, endOf(range));
  let index: Promise<ParentChunks> | undefined;
  const parent = async (): Promise<ParentChunks> => {
    index ??= indexChunks(near, load, damage);
    return await index;
  };
  const reader = new FileReader({
    ...{ driver, content, queue, gear: secrets.gear },
    ...(near.length > 0 && { parent }),
    ...(segmentBytes !== undefined && { segmentBytes }),
  });
  const notice = notices.take.bind(notices);
  const builder = new PartBuilder({
    context: { scope, secrets, intent: intent.id, attempt },
    ...{ objects: repo.objects, queue, writer, content },
    survivor: survivorReader({ repo, scope, frames, driver, damage, notice }),
    ...(limits && { limits }),
  });
  const cursor = new ParentCursor(parts, load, { part: range.part, gap: range.gap || lost });
  const { totals } = builder;
  const ticked = async (bytes: number): Promise<void> => {
    options.signal?.throwIfAborted();
    await tick({ objects: totals.objects, bytes: totals.bytes + bytes });
  };
  const openCopy = copyReader(repo, scope, frames);
  const { timeLeft = () => Number.POSITIVE_INFINITY } = options;
  return {
    ...{ builder, cursor, ticked },
    merge: new MergeJoin({ cursor, reader, builder, queue, damage, openCopy, notice, tick: ticked }),
    end: new LegEnd({ secrets, timeLeft, ...(overtimeEntries !== undefined && { overtimeEntries }) }),
  };
}

/** The part with which the next shard begins may begin with keys of this one. */
function endOf({ nextPart }: LegRange): number | undefined {
  return nextPart === undefined ? undefined : nextPart + 1;
}
