import type { SnapshotTotals } from '../domain/snapshot.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { PartCutter, type PartLimits } from './boundary.ts';
import type { ContentWriter } from './content-writer.ts';
import { Counted } from './counted.ts';
import type { FrameQueue } from './frame-queue.ts';
import type { ChunkRef, Entry, FrameRef, PackRef, PackUse, PartRef } from './model.ts';
import { objectKey } from './object-names.ts';
import { isPackClosed, type PackWriter } from './pack-writer.ts';
import type { OpenedPart } from './parent-cursor.ts';
import { type PartContext, sealPart } from './part.ts';

/** Parts that may wait for their packs; bounds memory. */
const mostClosing = 4;

/** What a builder works with. */
export interface PartBuilderOptions {
  context: PartContext;
  objects: ObjectStore;
  queue: FrameQueue;
  writer: PackWriter;
  content: ContentWriter;
  /** Contents of a small chunk of the parent whose cluster is not whole any more; `undefined`: the object is left out. */
  survivor: (entry: Entry, chunk: ChunkRef) => Promise<Buffer | undefined>;
  limits?: PartLimits;
}

interface ClosingPart {
  entries: Entry[];
  slot: number;
  settled: boolean;
  settling: Promise<void>;
}

/**
 * Collects entries in key order into parts, keeps the parent's part where nothing in it changed, seals the survivors of
 * broken clusters again, and seals each new part once the packs that it names are closed.
 */
export class PartBuilder {
  readonly #counted = new Counted();
  readonly #options: PartBuilderOptions;
  readonly #cutter: PartCutter;
  readonly #refs: (PartRef | undefined)[] = [];
  readonly #packs = new Map<string, PackUse>();
  readonly #closing: ClosingPart[] = [];
  #entries: Entry[] = [];
  /** The parent's part that the entries so far are the beginning of. */
  #same: OpenedPart | undefined;
  #partBytes = 0;

  constructor(options: PartBuilderOptions) {
    this.#options = options;
    this.#cutter = new PartCutter(options.context.secrets, options.limits);
  }

  /** Sums so far. */
  get totals(): SnapshotTotals {
    return this.#counted.totals;
  }

  /**
   * Takes the next entry. `place` says where the very same entry lies in the parent; `small` is content that becomes the
   * entry's only chunk (its list has one empty slot).
   */
  async add(entry: Entry, place?: { part: OpenedPart; index: number }, small?: Buffer): Promise<void> {
    if (this.#cutter.startsPart(entry)) await this.#closePart();
    if (small) entry.chunks[0] = this.#options.content.small(small);
    const count = this.#entries.length;
    if (count === 0) this.#same = place?.index === 0 ? place.part : undefined;
    else if (place?.part !== this.#same || place?.index !== count) this.#same = undefined;
    this.#entries.push(entry);
    this.#counted.add(entry);
  }

  /** Closes the last part and waits until everything is durable. */
  async finish(): Promise<{ parts: PartRef[]; packs: PackUse[]; totals: SnapshotTotals }> {
    await this.#closePart();
    await this.#options.queue.settled();
    const written = await this.#options.writer.finish();
    await this.#sealReady(0);
    // A pack may hold nothing that is used, when a file changed while it was read: it is listed, so that it goes with this snapshot.
    for (const pack of written) this.#use(pack, 0);
    for (const pack of this.#packs.values()) pack.used = Math.min(pack.used, pack.length);
    const totals = this.#counted.finish(this.#partBytes + written.reduce((sum, pack) => sum + pack.length, 0));
    const packs = [...this.#packs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return { parts: this.#refs as PartRef[], packs, totals };
  }

  async #closePart(): Promise<void> {
    if (this.#entries.length === 0) return;
    const { content, queue } = this.#options;
    const entries = this.#entries;
    const same = this.#same;
    this.#entries = [];
    this.#same = undefined;
    if (same?.whole && same.entries.length === entries.length) {
      content.endPart();
      this.#refs.push(same.ref);
      this.#usePacks(entries);
      return;
    }
    const kept = await this.#mendClusters(entries);
    content.endPart();
    if (kept.length === 0) return;
    const part: ClosingPart = {
      entries: kept,
      slot: this.#refs.push(undefined) - 1,
      settled: false,
      settling: queue.settled(),
    };
    part.settling.then(
      () => {
        part.settled = true;
      },
      () => undefined,
    );
    this.#closing.push(part);
    await this.#sealReady(mostClosing);
  }

  /** A cluster is listed only if every member is: otherwise deleted members would live on with it. */
  async #mendClusters(entries: Entry[]): Promise<Entry[]> {
    const listed = new Map<FrameRef, Set<number>>();
    for (const entry of entries) {
      for (const { frame, offset } of entry.chunks) {
        if (frame === undefined || frame.slots === 1) continue;
        const offsets = listed.get(frame);
        if (offsets) offsets.add(offset);
        else listed.set(frame, new Set([offset]));
      }
    }
    const broken = new Set(
      [...listed].filter(([frame, offsets]) => offsets.size !== frame.slots).map(([frame]) => frame),
    );
    if (broken.size === 0) return entries;
    const kept: Entry[] = [];
    for (const entry of entries) {
      const mended = entry.chunks.some(({ frame }) => broken.has(frame)) ? await this.#mend(entry, broken) : entry;
      if (mended) kept.push(mended);
    }
    return kept;
  }

  async #mend(entry: Entry, broken: Set<FrameRef>): Promise<Entry | undefined> {
    const chunks: ChunkRef[] = [];
    for (const chunk of entry.chunks) {
      if (!broken.has(chunk.frame)) {
        chunks.push(chunk);
        continue;
      }
      const content = await this.#options.survivor(entry, chunk);
      if (!content) {
        this.#counted.remove(entry);
        return undefined;
      }
      chunks.push(this.#options.content.small(content));
    }
    return { ...entry, chunks };
  }

  /** Seals waiting parts in order, as far as their packs are closed; closes packs early only when too many wait. */
  async #sealReady(most: number): Promise<void> {
    const { writer, queue, context, objects } = this.#options;
    for (let part = this.#closing[0]; part; part = this.#closing[0]) {
      if (this.#closing.length > most) await queue.room();
      if (!part.settled && this.#closing.length <= most) return;
      await part.settling;
      if (part.entries.some(({ chunks }) => chunks.some(({ frame }) => !isPackClosed(frame.pack)))) {
        if (this.#closing.length <= most) return;
        writer.closePack();
      }
      const { ref, bytes } = sealPart(part.entries, context);
      await objects.put(objectKey(context.scope, 'part', ref.id), bytes);
      this.#partBytes += bytes.length;
      this.#refs[part.slot] = ref;
      this.#usePacks(part.entries);
      this.#closing.shift();
    }
  }

  #usePacks(entries: readonly Entry[]): void {
    const frames = new Set<FrameRef>();
    for (const { chunks } of entries) for (const { frame } of chunks) frames.add(frame);
    for (const { pack, length } of frames) this.#use(pack, length);
  }

  #use({ id, length, sha256 }: PackRef, used: number): void {
    const known = this.#packs.get(id);
    if (known) known.used += used;
    else this.#packs.set(id, { id, length, sha256, used });
  }
}
