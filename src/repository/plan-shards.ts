import type { SourceDriver } from '../ports/source-driver.ts';
import { type Intent, type PlanRecord, putRecord, rowKeys, unchanged } from './chain-rows.ts';
import { Damage } from './damage.ts';
import { reloadIntent, renewIntent } from './intent.ts';
import { legAttempt, readLeg, readLegs } from './leg-rows.ts';
import type { PartRef } from './model.ts';
import { readParent } from './parent.ts';
import type { LoadPart } from './parent-cursor.ts';
import { type Repository, untilUnchanged } from './repository.ts';
import { plannedShards, type ShardBound } from './shard-plan.ts';
import { storeWork } from './work-object.ts';

/** Most shards of a backup: the ordinals of a Map, and far more than run at once. */
const mostShards = 1000;
/** Parts of the parent in a shard: about 262,000 entries, which a Lambda lists in a minute where nothing changed. */
const standardPartsInShard = 64;
/**
 * Most pieces of a source of which no copy tells the size: several times what runs at once, so that pieces of unequal size
 * even out.
 */
const mostPieces = 256;
/** Such a piece is no smaller, since each costs a step and a pack of its own: a leg copies it in a few minutes. */
const standardPiece = { objects: 5_000, bytes: 8 * 1024 ** 3 };
/** As many objects are counted, in some ten seconds; a source that has more is large enough for the most pieces. */
const mostCounted = 80_000;
/** A source whose copy has taken all the time of a step is cut into so many pieces at least, however few its objects are. */
const piecesOfSlow = 16;
/** Parts that are opened at once. */
const openedAtOnce = 8;

/** How finely a source may be cut. */
export interface PlanOptions {
  /** Most shards; 1 where one process does all the work, and does it best in one go. */
  most?: number;
  /** Other sizes serve tests. */
  partsInShard?: number;
  objectsInPiece?: number;
}

/**
 * Decides in which shards a source is copied, once per backup: twins get the same answer, and so does who asks again.
 * A shard begins where a part of the parent does, so that unchanged parts stay whole. Where no parent tells, the driver's
 * `splits` do. What was copied before without a plan becomes the first shard.
 *
 * @returns the number of shards
 * @throws ConflictError when the intent was aborted
 */
export async function planShards(
  repo: Repository,
  intent: Intent,
  driver: SourceDriver,
  options: PlanOptions = {},
): Promise<{ shards: number }> {
  return await untilUnchanged(async () => {
    const key = rowKeys.plan(intent.tenant, intent.source, intent.id);
    const known = await plannedShards(repo, intent);
    if (known !== undefined) return { shards: known };
    const legs = await readLegs(repo, intent, 0);
    const last = legs.at(-1);
    if (last?.outcome === 'done' || (await reloadIntent(repo, intent)).record.status === 'committed')
      return { shards: 1 };
    await renewIntent(repo, intent);
    const cursor = last && (await readLeg(repo, intent, last)).cursor;
    const copied = cursor && { key: cursor.after, part: cursor.part };
    const further = await boundsOf(repo, intent, driver, copied, options);
    const bounds = further.length > 0 && copied ? [copied, ...further] : further;
    const record: PlanRecord = { shards: bounds.length + 1 };
    if (bounds.length > 0) record.bounds = await storeWork(repo, intent, legAttempt(0, legs.length), { bounds });
    // A leg without a plan covers all there is: it must not come to lie beside shards of a plan.
    const noFurtherLeg = unchanged(rowKeys.leg(intent.tenant, intent.source, intent.id, 0, legs.length), undefined);
    await repo.table.transact([putRecord(key, record, undefined), noFurtherLeg]);
    return { shards: record.shards };
  });
}

async function boundsOf(
  repo: Repository,
  intent: Intent,
  driver: SourceDriver,
  copied: ShardBound | undefined,
  { most = mostShards, partsInShard = standardPartsInShard, objectsInPiece = standardPiece.objects }: PlanOptions,
): Promise<ShardBound[]> {
  // One for what was copied already.
  const room = most - (copied ? 2 : 1);
  if (room < 1) return [];
  // Damage is met again, and put on record, by the shard that reads the part.
  const { parts, load } = await readParent(repo, intent, new Damage());
  const isLater = ({ key }: ShardBound): boolean => copied === undefined || Buffer.compare(key, copied.key) > 0;
  if (parts.length >= 2 * partsInShard) {
    const shards = Math.min(room + 1, Math.floor(parts.length / partsInShard));
    return (await betweenParts(parts, load, shards)).filter(isLater);
  }
  // A source that its copy shows to be small is copied in one go, unless that has turned out to be too much.
  if (!driver.splits || (parts.length > 0 && !copied)) return [];
  const pieces = Math.min(room + 1, await piecesOf(driver, copied, objectsInPiece));
  if (pieces < 2) return [];
  const keys = (await driver.splits(pieces)).slice(0, room);
  return (await placed(keys, parts, load)).filter(isLater);
}

/**
 * Bounds between shards of about equally many parts: each the last key that is left of the part before. A part that cannot be
 * read, or of which all is erased, moves its bound on.
 */
async function betweenParts(parts: readonly PartRef[], load: LoadPart, shards: number): Promise<ShardBound[]> {
  const starts = Array.from({ length: shards + 1 }, (_, shard) => Math.floor((shard * parts.length) / shards));
  const bound = async (start: number, shard: number): Promise<ShardBound[]> => {
    for (let part = start; part < (starts[shard + 1] ?? 0); part++) {
      const key = await lastKey(parts[part - 1] as PartRef, load);
      if (key) return [{ key, part }];
    }
    return [];
  };
  const bounds: ShardBound[] = [];
  for (let from = 1; from < shards; from += openedAtOnce) {
    const some = starts.slice(from, Math.min(shards, from + openedAtOnce));
    bounds.push(...(await Promise.all(some.map(async (start, at) => await bound(start, from + at)))).flat());
  }
  return bounds;
}

/** Into how many pieces the rest of a source is worth cutting. */
async function piecesOf(driver: SourceDriver, copied: ShardBound | undefined, inPiece: number): Promise<number> {
  let [objects, bytes] = [0, 0];
  for await (const { entries } of driver.scan(copied ? { after: copied.key } : {})) {
    objects += entries.length;
    for (const { size } of entries) bytes += size;
    if (objects >= mostCounted) return mostPieces;
  }
  const worth = Math.max(Math.ceil(objects / inPiece), Math.ceil(bytes / standardPiece.bytes));
  return Math.min(mostPieces, Math.max(worth, copied ? piecesOfSlow : 1));
}

/** Bounds at these keys, each with the first part that may hold a later one. */
async function placed(keys: readonly Buffer[], parts: readonly PartRef[], load: LoadPart): Promise<ShardBound[]> {
  const lasts: (Buffer | undefined)[] = [];
  for (const part of parts) lasts.push(await lastKey(part, load));
  const bounds: ShardBound[] = [];
  let part = 0;
  for (const key of keys) {
    const before = bounds.at(-1)?.key;
    // A driver's own empty key, or one out of order, cuts nothing.
    if (key.length === 0 || (before && Buffer.compare(key, before) <= 0)) continue;
    for (let last = lasts[part]; last && Buffer.compare(last, key) <= 0; last = lasts[part]) part += 1;
    bounds.push({ key, part });
  }
  return bounds;
}

/** The last key of a part that is not erased. */
async function lastKey(ref: PartRef, load: LoadPart): Promise<Buffer | undefined> {
  const key = (await load(ref))?.entries.at(-1)?.key;
  // A view of the whole part otherwise.
  return key && Buffer.from(key);
}
