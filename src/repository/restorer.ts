import { CorruptError } from '../domain/errors.ts';
import type { RestoredFile, RestoreTarget } from '../ports/source-driver.ts';
import type { FrameCache } from './frame-cache.ts';
import { contentHash } from './leaf.ts';
import type { Entry } from './model.ts';
import type { RestoreOptions, RestoreReport } from './restore.ts';
import {
  mostDamaged,
  mostFolders,
  mostLinkBytes,
  mostLinks,
  mostNotices,
  type RestoreCursor,
} from './restore-cursor.ts';

const slash = Buffer.from('/');

/**
 * Bytes of a file that a leg writes at least before it stops within it: a target keeps whole pieces only (parts of an upload),
 * and what is not kept is written again.
 */
const leastStretch = 64 * 1024 * 1024;

/** A file that is being written: its segments may lie in several parts. */
interface OpenFile {
  entry: Entry;
  handle: RestoredFile;
  /** Bytes that are written. */
  position: number;
  /** Where the next chunk begins: behind `position` while a leg walks over what an earlier one has written. */
  next: number;
  /** Part that has its first segment. */
  part: number;
  /** Position at which this leg began. */
  from: number;
  damage?: string;
}

/** Puts the entries of a snapshot, in key order, into a target. */
export class Restorer {
  readonly report: Omit<RestoreReport, 'durationMs'> = {
    ...{ objects: 0, bytes: 0, damaged: [], damagedCount: 0, notices: [] },
  };
  readonly #target: RestoreTarget;
  readonly #cache: FrameCache;
  readonly #options: RestoreOptions;
  /** Folders above the current key that were not chosen (yet): they come along once something in them is. */
  #above: Entry[] = [];
  /** Folders that were made; their times are set last, since every object put into them changes those. */
  #folders: Entry[] = [];
  #metFolders: boolean;
  /** Their entries are not all in memory. */
  #readAgain: boolean;
  readonly #links = new Map<string, { key: Buffer; content: string }>();
  /** Files and links that later keys may claim to lie in, each with a `/` behind it. */
  #leaves: Buffer[] = [];
  #file: OpenFile | undefined;
  /** Last part up to which every object is finished. */
  #whole: number;
  /** Key of the last entry that is done. */
  #done: Buffer | undefined;
  #stopping = false;

  constructor(target: RestoreTarget, cache: FrameCache, options: RestoreOptions) {
    this.#target = target;
    this.#cache = cache;
    this.#options = options;
    this.#whole = options.resumeAfterPart ?? -1;
    const { from } = options;
    const done = from?.after === undefined ? undefined : Buffer.from(from.after, 'base64url');
    this.#done = done;
    if (done) this.#leaves = (from?.leaves ?? []).map((length) => Buffer.concat([done.subarray(0, length), slash]));
    for (const [group, key, content] of from?.links ?? [])
      this.#links.set(group, { key: Buffer.from(key, 'base64url'), content });
    this.#metFolders = from?.metFolders === true;
    this.#readAgain = from !== undefined;
  }

  /** Whether attributes of folders are still to be set by {@link finishFolders}. */
  get foldersToRead(): boolean {
    return this.#readAgain && this.#metFolders;
  }

  /** Restores the entries of one part; answers where it stopped, if it was told to. */
  async part(entries: readonly Entry[], index: number): Promise<RestoreCursor | undefined> {
    const resumed = index <= (this.#options.resumeAfterPart ?? -1);
    const { include = () => true, progress, goOn = () => true } = this.#options;
    const done = this.#done;
    const ahead = done === undefined ? entries : entries.filter(({ key }) => Buffer.compare(key, done) > 0);
    const chosen = ahead.filter(({ key }) => include(key));
    const wanted = new Set(chosen);
    this.#cache.plan(resumed ? [] : this.#toRead(chosen));
    for (const entry of ahead) {
      const goesOn = this.#file?.entry.key.equals(entry.key) === true;
      if (!goesOn && entry.segment === 0) await this.#closeFile();
      this.#above = this.#above.filter(({ key }) => key.equals(entry.key.subarray(0, key.length)));
      const within = goesOn ? undefined : this.#within(entry);
      if (!wanted.has(entry)) {
        if (entry.type === 'directory' && entry.key.length > 0) this.#above.push(entry);
        continue;
      }
      await this.#guarded(entry, async () => {
        if (within) throw new CorruptError(`the manifest has it in ${within.toString()}, which is no folder`);
        if (goesOn) await this.#content(entry);
        else await this.#put(entry, resumed, index);
      });
      if (this.#stopping) return await this.#pause(index);
      if (this.#isComplete()) await this.#closeFile();
      if (this.#file) continue;
      this.#done = entry.key;
      if (!resumed && !goOn()) return this.#cursor(index);
    }
    // A file that goes on in the next part stays open, and this part does not count as done.
    if (!this.#file) this.#whole = index;
    const { objects, bytes, damaged } = this.report;
    await progress?.({ objects, bytes, damaged, part: this.#whole });
    return undefined;
  }

  /** A part that cannot be read: its objects are unknown, the report says how many. */
  lostPart(entries: number, reason: string): void {
    this.#damaged(Buffer.from(`${entries} objects of a part that cannot be read`), reason);
  }

  /** Finishes the last file, then the folders that it remembers, deepest first. */
  async end(): Promise<void> {
    await this.#closeFile();
    if (this.#readAgain) return;
    for (const folder of this.#folders.reverse()) await this.#guarded(folder, async () => await this.#finish(folder));
  }

  /** Sets the attributes of the folders of a part, deepest first. */
  async finishFolders(entries: readonly Entry[]): Promise<void> {
    const known = new Set(this.report.damaged.map(({ key }) => key));
    for (const folder of entries.filter(({ type }) => type === 'directory').toReversed()) {
      if (!known.has(folder.key.toString())) await this.#guarded(folder, async () => await this.#finish(folder));
    }
  }

  #isComplete(): boolean {
    const file = this.#file;
    return file !== undefined && (file.damage !== undefined || file.position >= file.entry.size);
  }

  async #pause(index: number): Promise<RestoreCursor> {
    const file = this.#file;
    if (!file?.handle.pause) return this.#cursor(index);
    this.#file = undefined;
    const position = await file.handle.pause();
    this.report.bytes -= file.position - position;
    return { ...this.#cursor(file.part), file: { key: file.entry.key.toString('base64url'), position } };
  }

  /** The entries without the chunks that an earlier leg has written. */
  #toRead(entries: readonly Entry[]): readonly Entry[] {
    const { file } = this.#options.from ?? {};
    if (!file) return entries;
    const key = Buffer.from(file.key, 'base64url');
    let at = this.#file?.next ?? 0;
    return entries.map((entry) => {
      if (!entry.key.equals(key)) return entry;
      const chunks = entry.chunks.filter(({ length }) => {
        at += length;
        return at > file.position;
      });
      return { ...entry, chunks };
    });
  }

  #cursor(part: number): RestoreCursor {
    const done = this.#done;
    // Every leaf that still counts is a beginning of the last key: nothing else lies between it and what may lie in it.
    const leaves = this.#leaves.map((leaf) => leaf.subarray(0, -1));
    const ofDone = done === undefined ? [] : leaves.filter((leaf) => leaf.equals(done.subarray(0, leaf.length)));
    const links = this.#linksToKeep();
    return {
      part,
      ...(done !== undefined && { after: done.toString('base64url') }),
      ...(ofDone.length > 0 && { leaves: ofDone.map(({ length }) => length) }),
      ...(links.length > 0 && { links }),
      ...(this.#metFolders && { metFolders: true }),
    };
  }

  /** The file or link that an entry claims to lie in: nothing that a backup writes, and through a link it would lead out. */
  #within(entry: Entry): Buffer | undefined {
    if (this.#target.flat) return undefined;
    // In the order of bytes all that lies in a leaf comes before whatever is greater than it.
    const { key } = entry;
    this.#leaves = this.#leaves.filter((leaf) => leaf.compare(key, 0, Math.min(leaf.length, key.length)) >= 0);
    const within = this.#leaves.find((leaf) => leaf.equals(key.subarray(0, leaf.length)));
    if (entry.type !== 'directory' && entry.segment === 0) this.#leaves.push(Buffer.concat([key, slash]));
    return within;
  }

  #linksToKeep(): [string, string, string][] {
    const kept: [string, string, string][] = [];
    let bytes = 0;
    for (const [group, { key, content }] of this.#links) {
      bytes += key.length;
      if (kept.length === mostLinks || bytes > mostLinkBytes) break;
      kept.push([group, key.toString('base64url'), content]);
    }
    return kept;
  }

  async #put(entry: Entry, resumed: boolean, part: number): Promise<void> {
    for (const folder of this.#above.splice(0)) await this.#folder(folder);
    if (entry.type === 'directory') return await this.#folder(entry);
    if (entry.segment > 0) return await this.#content(entry);
    const begun = this.#begun(entry);
    if (begun === undefined) this.report.objects += 1;
    if (entry.type === 'symlink') {
      if (resumed) return;
      await this.#target.symlink(entry.key, entry.linkTarget ?? Buffer.alloc(0));
      return await this.#finish(entry);
    }
    if (await this.#linked(entry, resumed)) return;
    if (resumed) {
      this.#remember(entry);
      return;
    }
    // The first chunk is verified before the file exists: a small damaged file leaves no trace.
    if (begun === undefined && entry.chunks[0]) await this.#cache.content(entry.chunks[0]);
    const from = begun ?? 0;
    const handle = await this.#target.file(entry.key, entry.size, { ...headersOf(entry), from });
    this.#file = { entry, handle, position: from, next: 0, part, from };
    await this.#content(entry);
  }

  /** How many bytes of a file an earlier leg has left in the target, where it began with it. */
  #begun({ key }: Entry): number | undefined {
    const { file } = this.#options.from ?? {};
    return file && Buffer.from(file.key, 'base64url').equals(key) ? file.position : undefined;
  }

  async #folder(entry: Entry): Promise<void> {
    if (entry.key.length > 0) {
      await this.#target.directory(entry.key);
      this.report.objects += 1;
    }
    this.#metFolders = true;
    if (this.#readAgain) return;
    this.#folders.push(entry);
    // What somebody chooses is restored in one go, by a person who waits for it.
    if (this.#folders.length <= mostFolders || this.#options.include) return;
    this.#folders = [];
    this.#readAgain = true;
  }

  /** A further name of a file that was restored before, if its content was the same when it was read. */
  async #linked(entry: Entry, resumed: boolean): Promise<boolean> {
    const first = entry.links > 1 ? this.#links.get(groupOf(entry)) : undefined;
    if (!first) return false;
    if (first.content !== contentOf(entry)) {
      const reason = 'restored as a file of its own: its names had different contents when they were read';
      this.#notice({ key: entry.key, kind: 'not-covered', reason });
      return false;
    }
    if (!resumed) await this.#target.hardLink(entry.key, first.key);
    return true;
  }

  async #content(entry: Entry): Promise<void> {
    const file = this.#file;
    if (!file || file.damage !== undefined) return;
    try {
      for (const chunk of entry.chunks) {
        this.#options.signal?.throwIfAborted();
        const end = file.next + chunk.length;
        if (end > file.position) {
          const content = (await this.#cache.content(chunk)).subarray(file.position - file.next);
          await file.handle.write(content, file.position);
          file.position = end;
          this.report.bytes += content.length;
        }
        file.next = end;
        if (this.#mustStop(file)) return;
      }
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      file.damage = error.message;
    }
  }

  #mustStop({ handle, position, from, entry }: OpenFile): boolean {
    if (handle.pause === undefined || position - from < leastStretch || position >= entry.size) return false;
    this.#stopping = this.#options.goOn?.() === false;
    return this.#stopping;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    await file.handle.close();
    const { entry, position } = file;
    const damage = file.damage ?? (position === entry.size ? undefined : 'a further segment of it is missing');
    if (damage !== undefined) this.#damaged(entry.key, `${damage}; the file is left with its first ${position} bytes`);
    else this.#remember(entry);
    await this.#guarded(entry, async () => await this.#finish(entry));
  }

  #remember(entry: Entry): void {
    if (entry.links > 1) this.#links.set(groupOf(entry), { key: entry.key, content: contentOf(entry) });
  }

  async #finish(entry: Entry): Promise<void> {
    for (const notice of await this.#target.finish(entry)) this.#notice(notice);
  }

  /** Damage of one object stays with it: a key that leaves the target, a frame that does not open. */
  async #guarded(entry: Entry, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      this.#damaged(entry.key, error.message);
    }
  }

  #damaged(key: Buffer, reason: string): void {
    this.report.damagedCount += 1;
    if (this.report.damaged.length < mostDamaged) this.report.damaged.push({ key: key.toString(), reason });
  }

  #notice(notice: RestoreReport['notices'][number]): void {
    if (this.report.notices.length < mostNotices) this.report.notices.push(notice);
  }
}

function headersOf({ headers }: Entry): { headers?: Record<string, string> } {
  return headers === undefined ? {} : { headers };
}

function groupOf({ device, inode }: Entry): string {
  return `${device}:${inode}`;
}

function contentOf({ chunks, size }: Entry): string {
  return `${size}:${contentHash(chunks).toString('hex')}`;
}
