import { CorruptError, InvalidError, NotFoundError } from '../domain/errors.ts';
import type { ScanNotice, SourceEntry } from '../ports/source-driver.ts';
import type { Damage } from './damage.ts';
import type { FrameQueue } from './frame-queue.ts';
import type { ChunkRef, Entry } from './model.ts';
import type { OpenedPart, ParentCursor } from './parent-cursor.ts';
import type { PartBuilder } from './part-builder.ts';
import { type FileReader, type ReadFile, SourceFault } from './read-file.ts';
import type { OpenCopy } from './salvage.ts';
import { randomKey } from './seal.ts';

/** Takes a notice for the report. */
export type Notice = (notice: ScanNotice) => void;

/** An entry of the parent and where it lies. */
interface Known {
  entry: Entry;
  place: { part: OpenedPart; index: number };
}

/** What a merge works with. */
export interface MergeOptions {
  cursor: ParentCursor;
  reader: FileReader;
  builder: PartBuilder;
  queue: FrameQueue;
  damage: Damage;
  openCopy: OpenCopy;
  notice: Notice;
  tick: (bytes: number) => Promise<void>;
}

/**
 * Joins the scan with the parent's manifest, both in key order: carries over what is unchanged and reads the rest. What lies
 * in a damaged pack, or where a part of the parent cannot be read, is read again also when it is unchanged.
 */
export class MergeJoin {
  readonly #options: MergeOptions;
  /** What the parent has of a key that was looked at and not taken yet. */
  #looked: Known[] | undefined;

  constructor(options: MergeOptions) {
    this.#options = options;
  }

  /** Whether `add` would read the content of the next entry. After it only this entry may be added, or none. */
  async reads(found: SourceEntry): Promise<boolean> {
    this.#looked = await this.#known(found.key);
    const { unchanged, isDamaged } = this.#compare(found, this.#looked);
    return found.type === 'file' && (!unchanged || isDamaged);
  }

  /** Takes the next entry of the scan. */
  async add(found: SourceEntry): Promise<void> {
    const { builder, queue, damage } = this.#options;
    if (queue.full) await queue.room();
    const known = this.#looked ?? (await this.#known(found.key));
    this.#looked = undefined;
    const { unchanged, isDamaged } = this.#compare(found, known);
    if (unchanged && !isDamaged) {
      for (const { entry, place } of known) {
        const carried = sameAttributes(entry, found);
        const changed = carried ? entry : entryOf(withHeaders(found, entry), entry, entry.chunks);
        await builder.add(changed, carried ? place : undefined);
      }
      return;
    }
    if (found.type !== 'file') return await builder.add(entryOf(found, { segment: 0, size: 0, racy: false }, []));
    const content = await this.#read(found, unchanged ? known.map(({ entry }) => entry) : undefined);
    if (!content) return;
    if (isDamaged) damage.readAgain += 1;
    for (const [segment, chunks] of content.segments.entries()) {
      const size = segment === 0 ? content.size : chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const entry = entryOf(
        content.entry,
        { segment, size, racy: content.racy },
        content.small ? new Array(1) : chunks,
      );
      await builder.add(entry, undefined, content.small);
    }
  }

  #compare(found: SourceEntry, known: readonly Known[]): { unchanged: boolean; isDamaged: boolean } {
    const { damage, cursor } = this.#options;
    const first = known[0];
    const unchanged = first !== undefined && sameContent(first.entry, found);
    return { unchanged, isDamaged: unchanged ? known.some(({ entry }) => damage.hits(entry)) : !first && cursor.gap };
  }

  /** The parent's entries of this key (one per segment), passing those that are no longer there. */
  async #known(key: Buffer): Promise<Known[]> {
    const { cursor } = this.#options;
    const known: Known[] = [];
    for (;;) {
      if (cursor.exhausted) await cursor.advance();
      const { entry, place } = cursor;
      if (!entry || !place) return known;
      const order = Buffer.compare(entry.key, key);
      if (order > 0) return known;
      if (order === 0) known.push({ entry, place });
      cursor.skip();
    }
  }

  /**
   * Reads a file. One that cannot be read is reported and left out, also when the parent has it (an old content under today's
   * time would be wrong), unless it is unchanged and its `copy` is whole after all.
   */
  async #read(found: SourceEntry, copy: readonly Entry[] | undefined): Promise<ReadFile | undefined> {
    const { reader, notice, tick } = this.#options;
    try {
      const content = await reader.read(found, tick);
      if (content.changed)
        notice({ key: found.key, kind: 'changed-while-read', reason: 'changed each time that it was read' });
      return content;
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      const salvaged = copy && (await this.#salvage(found, copy));
      if (!salvaged) notice(noticeOf(found.key, error.cause));
      return salvaged;
    }
  }

  async #salvage(found: SourceEntry, copy: readonly Entry[]): Promise<ReadFile | undefined> {
    const { reader, openCopy, tick } = this.#options;
    try {
      return await reader.read(found, tick, openCopy(found, copy));
    } catch (error) {
      if (error instanceof SourceFault && error.cause instanceof CorruptError) return undefined;
      throw error instanceof SourceFault ? error.cause : error;
    }
  }
}

function noticeOf(key: Buffer, fault: unknown): ScanNotice {
  if (fault instanceof NotFoundError) return { key, kind: 'vanished', reason: 'gone before it could be read' };
  // As it is now, nothing can read it: an object in an archive class.
  if (fault instanceof InvalidError) return { key, kind: 'not-covered', reason: fault.message };
  return { key, kind: 'unreadable', reason: fault instanceof Error ? fault.message : String(fault) };
}

/** Unchanged as a driver sees it: size, mtime, ctime and inode, or for objects with an ETag: ETag, size, mtime. What was racy is read again. */
function sameContent(known: Entry, found: SourceEntry): boolean {
  if (known.type !== found.type || known.racy) return false;
  if (known.type === 'directory') return true;
  if (known.type === 'symlink') return known.linkTarget?.equals(found.linkTarget ?? Buffer.alloc(0)) ?? false;
  if (known.size !== found.size || known.mtimeNs !== found.mtimeNs) return false;
  if (known.etag !== undefined || found.etag !== undefined) return known.etag === found.etag;
  return known.ctimeNs === found.ctimeNs && known.inode === found.inode;
}

function sameAttributes(known: Entry, found: SourceEntry): boolean {
  return (
    known.mtimeNs === found.mtimeNs &&
    known.ctimeNs === found.ctimeNs &&
    known.inode === found.inode &&
    known.device === found.device &&
    known.links === found.links &&
    known.mode === found.mode &&
    known.uid === found.uid &&
    known.gid === found.gid &&
    known.owner === found.owner &&
    known.group === found.group &&
    // A listing does not tell headers: of an unchanged object they are what they were.
    (found.headers === undefined || sameHeaders(known.headers, found.headers))
  );
}

/** The entry with the headers that its copy has, where the scan does not tell them. */
function withHeaders(found: SourceEntry, { headers }: Entry): SourceEntry {
  return found.headers !== undefined || headers === undefined ? found : { ...found, headers };
}

function sameHeaders(a: Record<string, string> | undefined, b: Record<string, string> | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** A new entry; it gets a new salt, since its leaf differs anyway. */
function entryOf(
  { key, type, mtimeNs, ctimeNs, inode, device, links, mode, uid, gid, owner, group, ...found }: SourceEntry,
  { segment, size, racy }: Pick<Entry, 'segment' | 'size' | 'racy'>,
  chunks: ChunkRef[],
): Entry {
  const { linkTarget, headers, etag } = found;
  return {
    ...{ key, segment, type, size, mtimeNs, ctimeNs, inode, device, links, mode, uid, gid, owner, group, racy, chunks },
    ...(linkTarget && { linkTarget }),
    ...(headers && { headers }),
    ...(etag !== undefined && { etag }),
    salt: randomKey(16),
  };
}
