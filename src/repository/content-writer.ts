import { hash } from 'node:crypto';
import type { FrameQueue } from './frame-queue.ts';
import { keptDigest } from './kept-digest.ts';
import type { ChunkRef } from './model.ts';

/** Objects of at most this many bytes share frames. */
export const smallBytes = 16 * 1024;
/** Most plaintext of a frame that is shared. */
export const clusterBytes = 64 * 1024;
/** Chunks that are remembered by hash, of this run and of the parent each; bounds memory. */
const mostRemembered = 200_000;

/** Finds chunks that the parent snapshot holds. Loaded when the first one is asked for. */
export type ParentChunks = (hash: string) => ChunkRef | undefined;

/**
 * Turns content into chunk references: a large chunk gets a frame of its own, unless this run or the parent holds the same;
 * small ones fill clusters, which end with the part.
 */
export class ContentWriter {
  readonly #queue: FrameQueue;
  readonly #remembered = new Map<string, ChunkRef>();
  #cluster: Buffer | undefined;
  #clusterLength = 0;
  #clusterChunks: ChunkRef[] = [];
  #clusterSlots = 0;
  #inPart = new Map<string, ChunkRef>();

  constructor(queue: FrameQueue) {
    this.#queue = queue;
  }

  /** A chunk in a frame of its own. `borrowed` memory may be used again when this returns. */
  large(content: Buffer, borrowed: boolean, parent: ParentChunks | undefined): ChunkRef {
    const name = hash('sha256', content, 'binary');
    const digest = keptDigest(name);
    const known = this.#remembered.get(name) ?? parent?.(name);
    // The frame's record is shared, also while it is still being filled in.
    if (known) return { hash: digest, length: content.length, frame: known.frame, offset: known.offset };
    const frame = this.#queue.add(content, 1, borrowed);
    const chunk: ChunkRef = { hash: digest, length: content.length, frame, offset: 0 };
    if (this.#remembered.size < mostRemembered) this.#remembered.set(name, chunk);
    return chunk;
  }

  /** A small object, or a survivor of a cluster that is no longer whole; the content is copied. */
  small(content: Buffer): ChunkRef {
    const name = hash('sha256', content, 'binary');
    const digest = keptDigest(name);
    const known = this.#inPart.get(name);
    if (known) {
      const chunk = { ...known };
      // The twin's frame is only known when its cluster is closed.
      if (known.frame === undefined) this.#clusterChunks.push(chunk);
      return chunk;
    }
    if (this.#clusterLength + content.length > clusterBytes) this.#closeCluster();
    const chunk = { hash: digest, length: content.length, offset: this.#clusterLength } as ChunkRef;
    this.#cluster ??= Buffer.allocUnsafeSlow(Math.max(clusterBytes, content.length));
    content.copy(this.#cluster, this.#clusterLength);
    this.#clusterLength += content.length;
    this.#clusterSlots += 1;
    this.#clusterChunks.push(chunk);
    this.#inPart.set(name, chunk);
    return chunk;
  }

  /** No cluster crosses the end of a part. */
  endPart(): void {
    this.#closeCluster();
    this.#inPart = new Map();
  }

  #closeCluster(): void {
    if (!this.#cluster) return;
    const frame = this.#queue.add(this.#cluster.subarray(0, this.#clusterLength), this.#clusterSlots);
    for (const chunk of this.#clusterChunks) chunk.frame = frame;
    this.#cluster = undefined;
    this.#clusterLength = 0;
    this.#clusterChunks = [];
    this.#clusterSlots = 0;
  }
}
