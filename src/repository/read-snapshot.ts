import { NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { reloadSnapshot } from './chain.ts';
import { frameContext } from './frame.ts';
import { FrameCache } from './frame-cache.ts';
import type { ChunkRef, Entry, PartRef } from './model.ts';
import { openedPart } from './parent-cursor.ts';
import { readPart, readRoot } from './read-root.ts';
import type { Repository } from './repository.ts';
import type { Root } from './root.ts';

/** A snapshot opened for reading. Pin it where its erasure could begin meanwhile. */
export interface SnapshotReader {
  /** As the catalog has it now. */
  snapshot: Snapshot;
  root: Root;
  /** Parts in key order from the index `from` on, each with the entries that are not erased (every segment). */
  parts(options?: { from?: number }): AsyncIterable<{ ref: PartRef; entries: Entry[] }>;
  /** One entry per object, in key order, in batches; `prefix` is a beginning of keys. */
  entries(options?: { prefix?: Buffer }): AsyncIterable<Entry[]>;
  /** The object with this key. */
  find(key: Buffer): Promise<Entry | undefined>;
  /** Content of a file, verified, in pieces that are valid until the next one. @throws CorruptError */
  readObject(entry: Entry): AsyncIterable<Buffer>;
}

/**
 * Opens a snapshot.
 *
 * @throws NotFoundError when it is not live any more or its key is destroyed, CorruptError when its root cannot be read
 */
export async function openSnapshot(repo: Repository, wanted: Snapshot): Promise<SnapshotReader> {
  const { record: snapshot } = await reloadSnapshot(repo, wanted);
  if (snapshot.status !== 'live')
    throw new NotFoundError(`snapshot ${snapshot.id} is ${snapshot.status}: it was erased`);
  const root = await readRoot(repo, snapshot);
  const cache = new FrameCache(repo, snapshot, frameContext(snapshot));

  async function* parts({ from = 0 } = {}): AsyncGenerator<{ ref: PartRef; entries: Entry[] }> {
    for (const ref of root.parts.slice(from)) yield openedPart(ref, await readPart(repo, snapshot, ref));
  }

  async function* entries({ prefix = Buffer.alloc(0) }: { prefix?: Buffer } = {}): AsyncGenerator<Entry[]> {
    for await (const part of parts()) {
      const wantedHere = part.entries.filter(
        ({ key, segment }) => segment === 0 && key.subarray(0, prefix.length).equals(prefix),
      );
      if (wantedHere.length > 0) yield wantedHere;
      const last = part.entries.at(-1)?.key.subarray(0, prefix.length);
      if (last && Buffer.compare(last, prefix) > 0) return;
    }
  }

  async function* readObject(entry: Entry): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(entry)) yield await cache.content(chunk);
  }

  /** Chunks of all segments; only very large objects have more than one. */
  async function* chunksOf(entry: Entry): AsyncGenerator<ChunkRef> {
    yield* entry.chunks;
    if (entry.chunks.reduce((sum, { length }) => sum + length, 0) === entry.size) return;
    for await (const part of parts()) {
      for (const { key, segment, chunks } of part.entries) if (segment > 0 && key.equals(entry.key)) yield* chunks;
    }
  }

  async function find(key: Buffer): Promise<Entry | undefined> {
    for await (const batch of entries({ prefix: key })) {
      const found = batch.find((entry) => entry.key.equals(key));
      if (found) return found;
    }
    return undefined;
  }

  return { snapshot, root, parts, entries, find, readObject };
}
