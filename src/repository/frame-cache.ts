import type { SourceScope } from './chain.ts';
import { type FrameContext, openFrame } from './frame.ts';
import { type FrameRange, planRanges, rangeBytes } from './frame-ranges.ts';
import type { ChunkRef, Entry, FrameRef } from './model.ts';
import { objectKey } from './object-names.ts';
import { chunkOf, getStored } from './read-frame.ts';
import type { Repository } from './repository.ts';

/** Ranges that are in memory or on their way; a read is at most `rangeBytes` long. */
const mostRanges = 4;
/** Shorter reads bring memory of their own. */
const lentFrom = 256 * 1024;
/** Plaintext of frames that further chunks are waiting for, in bytes. */
const mostHeld = 8 * 1024 * 1024;

/**
 * Frames for a reader that goes through entries in key order. Their frames lie nearly in that order in the packs, so
 * neighbouring frames come with one read; the next read is on its way while the last one is used, and the memory of a
 * read that is used up serves a later one.
 */
export class FrameCache {
  readonly #repo: Repository;
  readonly #scope: SourceScope;
  readonly #context: FrameContext;
  /** Chunks that still have to come out of a frame. */
  #uses = new Map<FrameRef, number>();
  #ranges = new Map<FrameRef, FrameRange>();
  /** Ranges nobody has asked for, last one first. */
  #ahead: FrameRange[] = [];
  #started: FrameRange[] = [];
  readonly #spare: Buffer[] = [];
  readonly #held = new Map<FrameRef, Buffer>();
  #heldBytes = 0;
  #last: { chunk: ChunkRef; content: Buffer } | undefined;

  constructor(repo: Repository, scope: SourceScope, context: FrameContext) {
    this.#repo = repo;
    this.#scope = scope;
    this.#context = context;
  }

  /** Plans the reads for the entries that come next. */
  plan(entries: readonly Entry[]): void {
    for (const range of this.#started) drop(range);
    this.#started = [];
    this.#held.clear();
    this.#heldBytes = 0;
    this.#uses = new Map();
    for (const { chunks } of entries) {
      for (const { frame } of chunks) this.#uses.set(frame, (this.#uses.get(frame) ?? 0) + 1);
    }
    const ranges = planRanges([...this.#uses.keys()]);
    this.#ranges = new Map(ranges.flatMap((range) => [...range.waiting].map((frame) => [frame, range])));
    this.#ahead = ranges.reverse();
  }

  /** The verified content of a chunk. Asking for the same chunk again costs nothing. @throws CorruptError */
  async content(chunk: ChunkRef): Promise<Buffer> {
    if (this.#last?.chunk !== chunk) this.#last = { chunk, content: chunkOf(await this.#plain(chunk.frame), chunk) };
    return this.#last.content;
  }

  async #plain(frame: FrameRef): Promise<Buffer> {
    const uses = (this.#uses.get(frame) ?? 1) - 1;
    this.#uses.set(frame, uses);
    const held = this.#held.get(frame);
    if (held) {
      if (uses <= 0) this.#release(frame, held);
      return held;
    }
    const plain = await this.#open(frame);
    if (uses > 0) this.#hold(frame, plain);
    return plain;
  }

  /** A range that ends beyond a shortened pack fails as a whole: then the frame is read alone, so that the others survive. */
  async #open(frame: FrameRef): Promise<Buffer> {
    const range = this.#ranges.get(frame);
    let bytes: Buffer | undefined;
    if (range) {
      this.#start(range);
      bytes = range.state === 'started' ? await range.bytes?.catch(() => undefined) : undefined;
    }
    if (!range || !bytes) return openFrame(await this.#read(frame), frame, this.#context);
    const at = frame.offset - range.offset;
    try {
      return openFrame(bytes.subarray(at, at + frame.length), frame, this.#context);
    } finally {
      this.#used(range, frame);
    }
  }

  async #read({ pack, offset, length }: FrameRef): Promise<Buffer> {
    return await getStored(this.#repo, objectKey(this.#scope, 'pack', pack.id), { offset, length });
  }

  /** Begins the read of a range and of the one after it. */
  #start(wanted: FrameRange): void {
    if (wanted.state !== 'planned') return;
    while (wanted.state === 'planned') {
      const range = this.#ahead.pop();
      if (!range) return;
      if (range.state === 'planned') this.#begin(range);
    }
    const next = this.#ahead.pop();
    if (next) this.#begin(next);
  }

  #begin(range: FrameRange): void {
    const { pack, offset, end } = range;
    range.state = 'started';
    const length = end - offset;
    if (length >= lentFrom && length <= rangeBytes)
      range.memory = this.#spare.pop() ?? Buffer.allocUnsafeSlow(rangeBytes);
    range.bytes = getStored(this.#repo, objectKey(this.#scope, 'pack', pack), { offset, length }, range.memory);
    // Whoever awaits it sees its fault.
    range.bytes.catch(() => undefined);
    this.#started.push(range);
    // Frames of a range that others drove out are read one by one.
    if (this.#started.length > mostRanges) drop(this.#started.shift());
  }

  /** Memory that nobody waits for any more serves the next read: what was opened is never a view of it. */
  #used(range: FrameRange, frame: FrameRef): void {
    range.waiting.delete(frame);
    if (range.waiting.size > 0 || range.state !== 'started') return;
    if (range.memory) this.#spare.push(range.memory);
    drop(range);
    this.#started = this.#started.filter((one) => one !== range);
  }

  #hold(frame: FrameRef, plain: Buffer): void {
    this.#held.set(frame, plain);
    this.#heldBytes += plain.length;
    for (const [oldest, bytes] of this.#held) {
      if (this.#heldBytes <= mostHeld) return;
      this.#release(oldest, bytes);
    }
  }

  #release(frame: FrameRef, plain: Buffer): void {
    if (this.#held.delete(frame)) this.#heldBytes -= plain.length;
  }
}

function drop(range: FrameRange | undefined): void {
  if (!range) return;
  range.state = 'dropped';
  range.bytes = undefined;
  range.memory = undefined;
}
