import { hash } from 'node:crypto';
import { CorruptError } from '../domain/errors.ts';
import type { SourceDriver } from '../ports/source-driver.ts';
import type { SourceScope } from './chain.ts';
import type { Damage } from './damage.ts';
import type { FrameContext } from './frame.ts';
import type { Notice } from './merge.ts';
import type { ChunkRef, Entry, FrameRef } from './model.ts';
import { chunkOf, readFrame } from './read-frame.ts';
import type { Repository } from './repository.ts';

/** What the survivors of clusters are read with. */
export interface SurvivorOptions {
  repo: Repository;
  scope: SourceScope;
  frames: FrameContext;
  driver: SourceDriver;
  damage: Damage;
  notice: Notice;
}

/** Reads a small chunk whose cluster is broken: from the parent, or where that is damaged from the source, if it is still the same. */
export function survivorReader({ repo, scope, frames, driver, damage, notice }: SurvivorOptions) {
  let last: { frame: FrameRef; plain: Buffer } | undefined;
  const fromCopy = async (chunk: ChunkRef): Promise<Buffer | undefined> => {
    const { frame } = chunk;
    if (damage.has(frame.pack.id)) return undefined;
    try {
      // Members of a cluster are neighbours: one read serves them all.
      if (last?.frame !== frame) last = { frame, plain: await readFrame(repo, scope, frame, frames) };
      return chunkOf(last.plain, chunk);
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      damage.meet('pack', frame.pack.id, error.message);
      return undefined;
    }
  };
  return async (entry: Entry, chunk: ChunkRef): Promise<Buffer | undefined> => {
    const copy = await fromCopy(chunk);
    if (copy) return copy;
    const content = await readAgain(driver, entry);
    if (content && hash('sha256', content, 'buffer').equals(chunk.hash)) {
      damage.readAgain += 1;
      return content;
    }
    notice({ key: entry.key, kind: 'unreadable', reason: 'its copy is damaged and it changed meanwhile' });
    return undefined;
  };
}

async function readAgain(driver: SourceDriver, entry: Entry): Promise<Buffer | undefined> {
  try {
    const opened = await driver.open(entry);
    try {
      const content = Buffer.alloc(entry.size);
      return (await opened.read(content, 0)) === entry.size ? content : undefined;
    } finally {
      await opened.close();
    }
  } catch {
    return undefined;
  }
}
