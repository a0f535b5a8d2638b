import type { Deps } from '../deps.ts';
import { CorruptError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { sources } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { openedPart } from '../repository/parent-cursor.ts';
import { readPart, readRoot } from '../repository/read-root.ts';

/** What the inventory needs to know of an object that a copy lists. */
export interface CopiedObject {
  key: Buffer;
  size: number;
  sha256?: string;
}

/** How far the copies of a source have been walked; JSON. */
export interface CopiesPosition {
  /** Parts in which each copy goes on, by snapshot; -1 where it is at its end. */
  parts: Record<string, number>;
  /**
   * Objects of copies whose manifests are damaged: they are erased like all others; what only they list stays out of the
   * inventory, and is counted.
   */
  unlisted: number;
}

/** The copies of a source, walked side by side. */
export interface WalkedCopies {
  /** Every key that any live copy lists, once, in key order, the newest copy first at equal keys. */
  objects: AsyncGenerator<CopiedObject>;
  /** Where another walk goes on, after the key that was yielded last. */
  position(): CopiesPosition;
}

/** An object, and the part that lists it. */
type Placed = CopiedObject & { part: number };

/**
 * Walks the live copies of a source.
 *
 * @param from where another walk has stopped, and the key that it yielded last
 */
export async function copiesOf(
  deps: Deps,
  tenant: string,
  source: string,
  from?: CopiesPosition & { after: Buffer },
): Promise<WalkedCopies> {
  const record = (await sources.read(deps.table, tenant, source))?.value;
  if (record?.kind === 'aws-backup') return await walkedPoints(deps, record.location, from?.after);
  const snapshots = (await listSnapshots(deps, { tenant, source, status: 'live' })).reverse();
  const walk = { unlisted: from?.unlisted ?? 0 };
  const iterators = snapshots.map((snapshot) => objectsOf(deps, snapshot, walk, from));
  const heads: IteratorResult<Placed>[] = [];
  return {
    objects: mergeSorted(iterators, heads),
    position: () => ({
      unlisted: walk.unlisted,
      parts: Object.fromEntries(
        snapshots.map(({ id }, index) => {
          const head = heads[index];
          return [id, head === undefined ? (from?.parts[id] ?? 0) : head.done ? -1 : head.value.part];
        }),
      ),
    }),
  };
}

/** Recovery points that AWS Backup holds, whoever has made them: Tenure does not see into them, and lists each by its ARN. */
async function walkedPoints(deps: Deps, resource: string, after: Buffer = Buffer.alloc(0)): Promise<WalkedCopies> {
  const objects = (await deps.managed.list(resource)).points
    .map(({ arn, bytes }) => ({ key: Buffer.from(arn), size: bytes }))
    .filter(({ key }) => Buffer.compare(key, after) > 0)
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const yieldAll = async function* () {
    yield* objects;
  };
  return { objects: yieldAll(), position: () => ({ parts: {}, unlisted: 0 }) };
}

async function* objectsOf(
  deps: Deps,
  snapshot: Snapshot,
  walk: { unlisted: number },
  from: (CopiesPosition & { after: Buffer }) | undefined,
): AsyncGenerator<Placed> {
  const first = from?.parts[snapshot.id] ?? 0;
  if (first < 0) return;
  const root = await unlessDamaged(async () => await readRoot(deps, snapshot));
  if (root === undefined) walk.unlisted += snapshot.totals.objects;
  for (const [index, ref] of (root?.parts ?? []).entries()) {
    if (index < first) continue;
    const part = await unlessDamaged(async () => openedPart(ref, await readPart(deps, snapshot, ref)));
    if (part === undefined) walk.unlisted += ref.entries;
    for (const { key, segment, size, chunks } of part?.entries ?? []) {
      if (segment > 0 || (from !== undefined && Buffer.compare(key, from.after) <= 0)) continue;
      // One chunk: its hash is the content's. More: the hash of the content is not on record, and is left out.
      const sha256 = chunks.length === 1 ? chunks[0]?.hash.toString('hex') : undefined;
      yield { key, size, part: index, ...(sha256 === undefined ? {} : { sha256 }) };
    }
  }
}

async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CorruptError) return undefined;
    throw error;
  }
}

async function* mergeSorted(
  iterators: AsyncGenerator<Placed>[],
  heads: IteratorResult<Placed>[],
): AsyncGenerator<CopiedObject> {
  heads.push(...(await Promise.all(iterators.map((iterator) => iterator.next()))));
  for (;;) {
    let least: CopiedObject | undefined;
    for (const head of heads) {
      if (!head.done && (least === undefined || Buffer.compare(head.value.key, least.key) < 0)) least = head.value;
    }
    if (least === undefined) return;
    yield least;
    for (const [index, head] of heads.entries()) {
      const iterator = iterators[index];
      if (!head.done && iterator !== undefined && head.value.key.equals(least.key))
        heads[index] = await iterator.next();
    }
  }
}
