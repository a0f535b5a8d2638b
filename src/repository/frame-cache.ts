import type { SourceScope } from './chain.ts';
import { type FrameContext, openFrame } from './frame.ts';
import type { Entry, FrameRef } from './model.ts';
import { objectKey } from './object-names.ts';
import { getStored } from './read-frame.ts';
import type { Repository } from './repository.ts';

/** Most bytes of one read. */
const rangeBytes = 4 * 1024 * 1024;
/** Bytes between two wanted frames that are read along rather than asked for apart. */
const gapBytes = 64 * 1024;
/** Ranges that are kept. */
const mostRanges = 4;

interface Range {
  pack: string;
  offset: number;
  end: number;
  bytes: Promise<Buffer>;
}

/**
 * Frames for a reader that goes through entries in key order. Their frames lie nearly in that order in the packs, so
 * neighbouring frames come with one read; the next read is on its way while the last one is used.
 */
export class FrameCache {
  readonly #repo: Repository;
  readonly #scope: SourceScope;
  readonly #context: FrameContext;
  #planned: Range[] = [];
  readonly #held: Range[] = [];
  #last: { frame: FrameRef; plain: Buffer } | undefined;

  constructor(repo: Repository, scope: SourceScope, context: FrameContext) {
    this.#repo = repo;
    this.#scope = scope;
    this.#context = context;
  }

  /** Plans the reads for the entries that come next. */
  plan(entries: readonly Entry[]): void {
    const frames = new Set<FrameRef>();
    for (const { chunks } of entries) for (const { frame } of chunks) frames.add(frame);
    this.#planned = [];
    let open: { pack: string; offset: number; end: number } | undefined;
    for (const { pack, offset, length } of frames) {
      const end = offset + length;
      const joins =
        open?.pack === pack.id &&
        offset >= open.offset &&
        offset - open.end <= gapBytes &&
        end - open.offset <= rangeBytes;
      if (open && joins) open.end = Math.max(open.end, end);
      else {
        open = { pack: pack.id, offset, end };
        this.#planned.push(this.#range(open));
      }
    }
  }

  /** The plaintext of a frame. @throws CorruptError */
  async plain(frame: FrameRef): Promise<Buffer> {
    if (this.#last?.frame === frame) return this.#last.plain;
    const range = this.#find(frame);
    const bytes = await this.#bytes(range, frame);
    const plain = openFrame(bytes, frame, this.#context);
    this.#last = { frame, plain };
    return plain;
  }

  /** A range that ends beyond a shortened pack fails as a whole: then the frame is read alone, so that the others survive. */
  async #bytes(range: Range | undefined, frame: FrameRef): Promise<Buffer> {
    const { pack, offset, length } = frame;
    const alone = async () => await getStored(this.#repo, objectKey(this.#scope, 'pack', pack.id), { offset, length });
    if (!range) return await alone();
    try {
      const bytes = await range.bytes;
      return bytes.subarray(offset - range.offset, offset - range.offset + length);
    } catch {
      return await alone();
    }
  }

  #find(frame: FrameRef): Range | undefined {
    const holds = ({ pack, offset, end }: Range) =>
      pack === frame.pack.id && frame.offset >= offset && frame.offset + frame.length <= end;
    const held = this.#held.find(holds);
    if (held) return held;
    const index = this.#planned.findIndex(holds);
    if (index < 0) return undefined;
    const [range] = this.#planned.splice(index, 1);
    const next = this.#planned[index];
    for (const wanted of [range, next]) if (wanted && !this.#held.includes(wanted)) this.#hold(wanted);
    return range;
  }

  #hold(range: Range): void {
    // The read begins with the first touch of the getter; whoever awaits it sees its fault.
    range.bytes.catch(() => undefined);
    this.#held.push(range);
    if (this.#held.length > mostRanges) this.#held.shift();
  }

  #range(place: { pack: string; offset: number; end: number }): Range {
    const read = () =>
      getStored(this.#repo, objectKey(this.#scope, 'pack', place.pack), {
        offset: place.offset,
        length: place.end - place.offset,
      });
    let bytes: Promise<Buffer> | undefined;
    return {
      get pack() {
        return place.pack;
      },
      get offset() {
        return place.offset;
      },
      get end() {
        return place.end;
      },
      get bytes() {
        bytes ??= read();
        return bytes;
      },
    };
  }
}
