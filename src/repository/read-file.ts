import type { OpenedSource, SourceDriver, SourceEntry } from '../ports/source-driver.ts';
import { findCut, MAX_CHUNK_BYTES, ONE_CHUNK_BYTES } from './chunker.ts';
import { type ContentWriter, type ParentChunks, smallBytes } from './content-writer.ts';
import type { FrameQueue } from './frame-queue.ts';
import type { ChunkRef } from './model.ts';

/** A very large object continues in a further entry after so many bytes. */
export const segmentBytes = 8 * 1024 ** 3;

/** Content of a file as it was read, with the entry as it was at that time. */
export interface ReadFile {
  entry: SourceEntry;
  /** Bytes read; what the snapshot records as the size. */
  size: number;
  /** Chunks of each segment; at least one segment, whose list may be empty. */
  segments: ChunkRef[][];
  /** Content of a small object, which becomes a chunk only in the part that takes it; valid until the next read. */
  small?: Buffer;
  racy: boolean;
  /** It changed each time that it was read: this is the last try. */
  changed: boolean;
}

/** The source could not be read; the fault of its driver is the cause. Faults of the repository come as they are. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
}

const tries = 3;

/** Reads files of one source, again and again where they change meanwhile. */
export class FileReader {
  readonly #driver: SourceDriver;
  readonly #content: ContentWriter;
  readonly #queue: FrameQueue;
  readonly #parent: (() => Promise<ParentChunks>) | undefined;
  readonly #segmentBytes: number;
  readonly #scratch = Buffer.allocUnsafeSlow(ONE_CHUNK_BYTES + 1);
  readonly #gear: Int32Array;
  #window: Buffer | undefined;

  constructor(options: {
    driver: SourceDriver;
    content: ContentWriter;
    queue: FrameQueue;
    gear: Int32Array;
    parent?: () => Promise<ParentChunks>;
    segmentBytes?: number;
  }) {
    this.#driver = options.driver;
    this.#content = options.content;
    this.#queue = options.queue;
    this.#gear = options.gear;
    this.#parent = options.parent;
    this.#segmentBytes = options.segmentBytes ?? segmentBytes;
  }

  /**
   * Reads one file, or what is already open in its place; SourceFault when it cannot be opened or read. `tick` is called
   * between reads of a long file.
   */
  async read(
    wanted: SourceEntry,
    tick: (bytes: number) => void | Promise<void>,
    instead?: OpenedSource,
  ): Promise<ReadFile> {
    for (let tried = 1; ; tried++) {
      const opened = instead ?? (await this.#open(wanted));
      let content: { size: number; small?: Buffer; segments: ChunkRef[][] };
      try {
        content = await this.#contentOf(opened, tick);
      } catch (error) {
        await opened.close().catch(() => undefined);
        throw error;
      }
      const { unchanged, racy, entry } = await opened.close();
      const whole = unchanged && content.size === entry.size;
      if (!whole && tried < tries) continue;
      return { entry, ...content, racy: racy || !whole, changed: !whole };
    }
  }

  async #open(wanted: SourceEntry): Promise<OpenedSource> {
    try {
      return await this.#driver.open(wanted);
    } catch (cause) {
      throw new SourceFault('open', { cause });
    }
  }

  async #contentOf(
    opened: OpenedSource,
    tick: (bytes: number) => void | Promise<void>,
  ): Promise<{ size: number; small?: Buffer; segments: ChunkRef[][] }> {
    const expected = opened.entry.size;
    if (expected <= ONE_CHUNK_BYTES) {
      const size = await fill(opened, this.#scratch, 0, 0, expected);
      if (size === 0) return { size, segments: [[]] };
      if (size <= smallBytes) return { size, small: this.#scratch.subarray(0, size), segments: [[]] };
      if (size <= ONE_CHUNK_BYTES) {
        await this.#queue.room();
        const content = this.#scratch.subarray(0, size);
        return { size, segments: [[this.#content.large(content, true, await this.#parent?.())]] };
      }
    }
    return await this.#cut(opened, tick);
  }

  /** Content-defined chunks of a large file, through a window that always offers a whole chunk to the cutter. */
  async #cut(
    opened: OpenedSource,
    tick: (bytes: number) => void | Promise<void>,
  ): Promise<{ size: number; segments: ChunkRef[][] }> {
    this.#window ??= Buffer.allocUnsafeSlow(2 * MAX_CHUNK_BYTES);
    const window = this.#window;
    const parent = await this.#parent?.();
    const segments: ChunkRef[][] = [[]];
    let [start, end, position, inSegment, isLast] = [0, 0, 0, 0, false];
    for (;;) {
      if (!isLast && end - start < MAX_CHUNK_BYTES) {
        window.copyWithin(0, start, end);
        end -= start;
        start = 0;
        const before = end;
        end = await fill(opened, window, end, position, opened.entry.size - position);
        position += end - before;
        isLast = end < window.length;
        await tick(end - before);
      }
      if (start === end) return { size: position, segments };
      const cut = findCut(window, start, end, isLast, this.#gear);
      if (inSegment > 0 && inSegment + cut - start > this.#segmentBytes) {
        segments.push([]);
        inSegment = 0;
      }
      await this.#queue.room();
      segments.at(-1)?.push(this.#content.large(window.subarray(start, cut), true, parent));
      inSegment += cut - start;
      start = cut;
    }
  }
}

/** Reads until the buffer is full or the file ends; returns the end of what is in the buffer. A file of the expected length is not asked again. */
async function fill(
  opened: OpenedSource,
  buffer: Buffer,
  from: number,
  position: number,
  expected: number,
): Promise<number> {
  let end = from;
  for (;;) {
    if (end === buffer.length || (end - from >= expected && (end > from || expected <= 0))) return end;
    const bytes = await readSome(opened, end === 0 ? buffer : buffer.subarray(end), position + end - from);
    if (bytes === 0) return end;
    end += bytes;
  }
}

async function readSome(opened: OpenedSource, buffer: Buffer, position: number): Promise<number> {
  try {
    return await opened.read(buffer, position);
  } catch (cause) {
    throw new SourceFault('read', { cause });
  }
}
