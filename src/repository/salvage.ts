import type { OpenedSource, SourceEntry } from '../ports/source-driver.ts';
import type { SourceScope } from './chain.ts';
import type { FrameContext } from './frame.ts';
import type { ChunkRef, Entry, FrameRef } from './model.ts';
import { chunkOf, readFrame } from './read-frame.ts';
import type { Repository } from './repository.ts';

/** Opens an unchanged object in its earlier copy, for want of the source. */
export type OpenCopy = (found: SourceEntry, copy: readonly Entry[]) => OpenedSource;

/**
 * Reads unchanged objects out of their earlier copy where the source does not let them be read: one bad frame in a pack leaves
 * the others whole. Each read throws CorruptError where the copy itself is damaged.
 */
export function copyReader(repo: Repository, scope: SourceScope, frames: FrameContext): OpenCopy {
  return (entry, copy) => {
    const chunks = copy.flatMap((segment) => segment.chunks);
    let last: { frame: FrameRef; plain: Buffer } | undefined;
    const content = async (chunk: ChunkRef): Promise<Buffer> => {
      const { frame } = chunk;
      if (last?.frame !== frame) last = { frame, plain: await readFrame(repo, scope, frame, frames) };
      return chunkOf(last.plain, chunk);
    };
    return {
      entry,
      async read(buffer, position) {
        let start = 0;
        for (const chunk of chunks) {
          if (position < start + chunk.length) return (await content(chunk)).copy(buffer, 0, position - start);
          start += chunk.length;
        }
        return 0;
      },
      close: async () => ({ unchanged: true, racy: false, entry }),
    };
  };
}
