import type { Deps } from '../deps.ts';
import { CorruptError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { listSnapshots } from '../repository/chain.ts';
import { openedPart } from '../repository/parent-cursor.ts';
import { readPart, readRoot } from '../repository/read-root.ts';

/** What the inventory needs to know of an object that a copy lists. */
export interface CopiedObject {
  key: Buffer;
  size: number;
  sha256?: string;
}

/** Copies whose manifests are damaged are erased like all others; what only they list stays out of the inventory, and is counted. */
export interface Unlisted {
  objects: number;
}

/** Every key that any live copy lists, once, in key order: copies are walked side by side, the newest first at equal keys. */
export async function copiesOf(
  deps: Deps,
  tenant: string,
  source: string,
  unlisted: Unlisted,
): Promise<AsyncGenerator<CopiedObject>> {
  const snapshots = (await listSnapshots(deps, { tenant, source, status: 'live' })).reverse();
  return mergeSorted(snapshots.map((snapshot) => objectsOf(deps, snapshot, unlisted)));
}

async function* objectsOf(deps: Deps, snapshot: Snapshot, unlisted: Unlisted): AsyncGenerator<CopiedObject> {
  const root = await unlessDamaged(async () => await readRoot(deps, snapshot));
  if (root === undefined) unlisted.objects += snapshot.totals.objects;
  for (const ref of root?.parts ?? []) {
    const part = await unlessDamaged(async () => openedPart(ref, await readPart(deps, snapshot, ref)));
    if (part === undefined) unlisted.objects += ref.entries;
    for (const { key, segment, size, chunks } of part?.entries ?? []) {
      if (segment > 0) continue;
      // One chunk: its hash is the content's. More: the hash of the content is not on record, and is left out.
      yield {
        key,
        size,
        ...(chunks.length === 1 && chunks[0] !== undefined ? { sha256: chunks[0].hash.toString('hex') } : {}),
      };
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

async function* mergeSorted(iterators: AsyncGenerator<CopiedObject>[]): AsyncGenerator<CopiedObject> {
  const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
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
