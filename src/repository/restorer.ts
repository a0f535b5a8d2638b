import { CorruptError } from '../domain/errors.ts';
import type { RestoreTarget } from '../ports/source-driver.ts';
import type { FrameCache } from './frame-cache.ts';
import { contentHash } from './leaf.ts';
import type { Entry } from './model.ts';
import type { RestoreOptions, RestoreReport } from './restore.ts';

const slash = Buffer.from('/');

/** A file that is being written: its segments may lie in several parts. */
interface OpenFile {
  entry: Entry;
  handle: Awaited<ReturnType<RestoreTarget['file']>>;
  position: number;
  damage?: string;
}

/** Puts the entries of a snapshot, in key order, into a target. */
export class Restorer {
  readonly report: Omit<RestoreReport, 'durationMs'> = { objects: 0, bytes: 0, damaged: [], notices: [] };
  readonly #target: RestoreTarget;
  readonly #cache: FrameCache;
  readonly #options: RestoreOptions;
  /** Folders above the current key that were not chosen (yet): they come along once something in them is. */
  #above: Entry[] = [];
  /** Folders that were made; their times are set last, since every object put into them changes those. */
  readonly #folders: Entry[] = [];
  readonly #links = new Map<string, { key: Buffer; content: string }>();
  /** Files and links that later keys may claim to lie in, each with a `/` behind it. */
  #leaves: Buffer[] = [];
  #file: OpenFile | undefined;
  /** Last part up to which every object is finished. */
  #whole: number;

  constructor(target: RestoreTarget, cache: FrameCache, options: RestoreOptions) {
    this.#target = target;
    this.#cache = cache;
    this.#options = options;
    this.#whole = options.resumeAfterPart ?? -1;
  }

  /** Restores the entries of one part. */
  async part(entries: readonly Entry[], index: number): Promise<void> {
    const resumed = index <= (this.#options.resumeAfterPart ?? -1);
    const { include = () => true, progress } = this.#options;
    const chosen = entries.filter(({ key }) => include(key));
    const wanted = new Set(chosen);
    this.#cache.plan(resumed ? [] : chosen);
    for (const entry of entries) {
      if (entry.segment === 0) await this.#closeFile();
      this.#above = this.#above.filter(({ key }) => key.equals(entry.key.subarray(0, key.length)));
      const within = this.#within(entry);
      if (!wanted.has(entry)) {
        if (entry.type === 'directory' && entry.key.length > 0) this.#above.push(entry);
        continue;
      }
      await this.#guarded(entry, async () => {
        if (within) throw new CorruptError(`the manifest has it in ${within.toString()}, which is no folder`);
        await this.#put(entry, resumed);
      });
    }
    // A file that goes on in the next part stays open, and this part does not count as done.
    if (this.#file && (this.#file.damage !== undefined || this.#file.position >= this.#file.entry.size)) {
      await this.#closeFile();
    }
    if (!this.#file) this.#whole = index;
    const { objects, bytes, damaged } = this.report;
    await progress?.({ objects, bytes, damaged, part: this.#whole });
  }

  /** A part that cannot be read: its objects are unknown, the report says how many. */
  lostPart(entries: number, reason: string): void {
    this.report.damaged.push({ key: `${entries} objects of a part that cannot be read`, reason });
  }

  /** Finishes the last file, then the folders, deepest first. */
  async end(): Promise<void> {
    await this.#closeFile();
    for (const folder of this.#folders.reverse()) await this.#guarded(folder, async () => await this.#finish(folder));
  }

  /** The file or link that an entry claims to lie in: nothing that a backup writes, and through a link it would lead out. */
  #within(entry: Entry): Buffer | undefined {
    // In the order of bytes all that lies in a leaf comes before whatever is greater than it.
    const { key } = entry;
    this.#leaves = this.#leaves.filter((leaf) => leaf.compare(key, 0, Math.min(leaf.length, key.length)) >= 0);
    const within = this.#leaves.find((leaf) => leaf.equals(key.subarray(0, leaf.length)));
    if (entry.type !== 'directory' && entry.segment === 0) this.#leaves.push(Buffer.concat([key, slash]));
    return within;
  }

  async #put(entry: Entry, resumed: boolean): Promise<void> {
    for (const folder of this.#above.splice(0)) await this.#folder(folder);
    if (entry.type === 'directory') return await this.#folder(entry);
    if (entry.segment > 0) return await this.#content(entry);
    this.report.objects += 1;
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
    if (entry.chunks[0]) await this.#cache.content(entry.chunks[0]);
    this.#file = {
      entry,
      handle: await this.#target.file(entry.key, entry.size, entry.headers && { headers: entry.headers }),
      position: 0,
    };
    await this.#content(entry);
  }

  async #folder(entry: Entry): Promise<void> {
    if (entry.key.length > 0) {
      await this.#target.directory(entry.key);
      this.report.objects += 1;
    }
    this.#folders.push(entry);
  }

  /** A further name of a file that was restored before, if its content was the same when it was read. */
  async #linked(entry: Entry, resumed: boolean): Promise<boolean> {
    const first = entry.links > 1 ? this.#links.get(groupOf(entry)) : undefined;
    if (!first) return false;
    if (first.content !== contentOf(entry)) {
      const reason = 'restored as a file of its own: its names had different contents when they were read';
      this.report.notices.push({ key: entry.key, kind: 'not-covered', reason });
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
        const content = await this.#cache.content(chunk);
        await file.handle.write(content, file.position);
        file.position += content.length;
        this.report.bytes += content.length;
      }
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      file.damage = error.message;
    }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    await file.handle.close();
    const { entry, position } = file;
    const damage = file.damage ?? (position === entry.size ? undefined : 'a further segment of it is missing');
    if (damage !== undefined) this.#damaged(entry, `${damage}; the file is left with its first ${position} bytes`);
    else this.#remember(entry);
    await this.#guarded(entry, async () => await this.#finish(entry));
  }

  #remember(entry: Entry): void {
    if (entry.links > 1) this.#links.set(groupOf(entry), { key: entry.key, content: contentOf(entry) });
  }

  async #finish(entry: Entry): Promise<void> {
    this.report.notices.push(...(await this.#target.finish(entry)));
  }

  /** Damage of one object stays with it: a key that leaves the target, a frame that does not open. */
  async #guarded(entry: Entry, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      this.#damaged(entry, error.message);
    }
  }

  #damaged(entry: Entry, reason: string): void {
    this.report.damaged.push({ key: entry.key.toString(), reason });
  }
}

function groupOf({ device, inode }: Entry): string {
  return `${device}:${inode}`;
}

function contentOf({ chunks, size }: Entry): string {
  return `${size}:${contentHash(chunks).toString('hex')}`;
}
