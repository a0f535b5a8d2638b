import type { FrameRef } from './model.ts';

/** Most bytes of one read; a longer frame is read alone. */
export const rangeBytes = 4 * 1024 * 1024;
/** Bytes between two wanted frames that are read along rather than asked for apart. */
const gapBytes = 64 * 1024;

/** Neighbouring frames of a pack that are read at once. */
export interface FrameRange {
  /** Id of the pack. */
  pack: string;
  offset: number;
  end: number;
  /** Frames in it that were not opened yet. */
  waiting: Set<FrameRef>;
  state: 'planned' | 'started' | 'dropped';
  bytes: Promise<Buffer> | undefined;
  /** What was lent to the read. */
  memory: Buffer | undefined;
}

/**
 * Joins frames into ranges. Frames that are needed one after the other may lie in another order: a large file goes to its
 * pack at once, the small ones before it with their cluster. The ranges come in the order in which they are needed first.
 *
 * @param frames distinct, in the order in which they are needed
 */
export function planRanges(frames: readonly FrameRef[]): FrameRange[] {
  const packs = new Map<string, FrameRef[]>();
  for (const frame of frames) {
    const known = packs.get(frame.pack.id);
    if (known) known.push(frame);
    else packs.set(frame.pack.id, [frame]);
  }
  const rangeOf = new Map<FrameRef, FrameRange>();
  for (const [pack, inPack] of packs) {
    let open: FrameRange | undefined;
    for (const frame of inPack.sort((a, b) => a.offset - b.offset)) {
      const { offset, length } = frame;
      const end = offset + length;
      if (open && offset - open.end <= gapBytes && end - open.offset <= rangeBytes) {
        open.end = Math.max(open.end, end);
        open.waiting.add(frame);
      } else {
        open = { pack, offset, end, waiting: new Set([frame]), state: 'planned', bytes: undefined, memory: undefined };
      }
      rangeOf.set(frame, open);
    }
  }
  const ordered = new Set<FrameRange>();
  for (const frame of frames) {
    const range = rangeOf.get(frame);
    if (range) ordered.add(range);
  }
  return [...ordered];
}
