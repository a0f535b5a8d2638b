import { createHash, type Hash } from 'node:crypto';
import type { ObjectStore } from '../ports/object-store.ts';
import type { SealedFrame } from './frame.ts';
import type { FrameRef, PackRef } from './model.ts';
import { newObjectId, objectKey, type SourceScope } from './object-names.ts';
import { PackContent, PackMemory } from './pack-memory.ts';

/** A pack is closed when it reaches this many bytes. */
export const PACK_BYTES = 16 * 1024 * 1024;

/** What a PackWriter writes to. */
export interface PackWriterOptions {
  objects: ObjectStore;
  scope: SourceScope;
  intent: string;
  attempt: string;
  /** Close a pack at this size; default 16 MiB. */
  packBytes?: number;
  /** Packs that may be on their way to the store while the next fills; default 2. */
  inFlight?: number;
}

interface OpenPack {
  ref: PackRef;
  content: PackContent;
  hash: Hash;
}

/** True when the pack is complete: length and digest are known. Parts can name closed packs only. */
export function isPackClosed(pack: PackRef): boolean {
  return pack.sha256.length === 32;
}

/**
 * Appends sealed frames to packs and puts each full pack into the store, while the next one fills. Frames share their PackRef by
 * reference: its length and digest are filled in when the pack is closed. A pack is one object of frames and nothing else.
 */
export class PackWriter {
  readonly #options: PackWriterOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #packs: PackRef[] = [];
  readonly #memory = new PackMemory();
  #open: OpenPack | undefined;
  #fault: { error: unknown } | undefined;
  #bytes = 0;

  constructor(options: PackWriterOptions) {
    this.#options = options;
  }

  /** Bytes appended so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends a frame (its bytes are copied) and returns its record. `slots` is the number
   * of chunks that it holds. Call `ready` between appends, so that a slow store slows the writer.
   */
  append(frame: SealedFrame, slots = 1): FrameRef {
    const pack = this.#current();
    const offset = pack.ref.length;
    for (const piece of frame.bytes) {
      pack.content.append(piece);
      pack.hash.update(piece);
    }
    pack.ref.length += frame.length;
    this.#bytes += frame.length;
    const { length, plainLength, codec, key } = frame;
    if (pack.ref.length >= (this.#options.packBytes ?? PACK_BYTES)) this.#close(pack);
    return { pack: pack.ref, offset, length, plainLength, codec, key, slots };
  }

  /** Waits while too many packs are on their way; throws what the store threw. */
  async ready(): Promise<void> {
    while (this.#inFlight.size >= (this.#options.inFlight ?? 2)) await Promise.race(this.#inFlight);
    if (this.#fault) throw this.#fault.error;
  }

  /** Closes the pack that is filling, so that parts can name it; the put goes on meanwhile. */
  closePack(): void {
    if (this.#open) this.#close(this.#open);
  }

  /** Closes and waits until every pack is durable; returns all packs. Throws what the store threw. */
  async finish(): Promise<PackRef[]> {
    this.closePack();
    await Promise.all(this.#inFlight);
    if (this.#fault) throw this.#fault.error;
    return this.#packs;
  }

  #current(): OpenPack {
    if (this.#open) return this.#open;
    const { intent, attempt } = this.#options;
    const ref: PackRef = { id: newObjectId(intent, attempt), length: 0, sha256: Buffer.alloc(0) };
    this.#open = { ref, content: new PackContent(this.#memory), hash: createHash('sha256') };
    return this.#open;
  }

  #close(pack: OpenPack): void {
    pack.ref.sha256 = pack.hash.digest();
    this.#packs.push(pack.ref);
    this.#open = undefined;
    const put = this.#options.objects
      .put(objectKey(this.#options.scope, 'pack', pack.ref.id), pack.content.pieces())
      .then(
        () => pack.content.release(),
        // What a store that failed still does with the bytes is unknown: they are left alone.
        (error: unknown) => {
          this.#fault ??= { error };
        },
      )
      .finally(() => this.#inFlight.delete(put));
    this.#inFlight.add(put);
  }
}
