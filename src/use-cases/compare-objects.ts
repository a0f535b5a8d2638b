import { createHash } from 'node:crypto';
import type { OpenedSource, SourceDriver, SourceEntry } from '../ports/source-driver.ts';
import type { Entry } from '../repository/model.ts';
import type { SnapshotReader } from '../repository/read-snapshot.ts';
import type { Finding } from './named-findings.ts';

/** Where a leg of a comparison has stopped; JSON. */
export interface CompareCursor {
  /** Part of the manifest in which the next leg begins; behind the last one only what should not be there is looked for. */
  part: number;
  /** Key (base64url) up to which everything is compared. */
  after?: string;
  /** A file that is compared up to `position`; its first segment is in `part`. */
  file?: { key: string; position: number };
}

/** What is compared, and how far. */
export interface CompareOptions {
  from?: CompareCursor;
  /** Asked after each object and each large chunk, never before the first. */
  goOn: () => boolean;
  report: (difference: Finding) => void;
}

/** A file whose content is being compared: its segments may lie in several parts. */
interface OpenFile {
  entry: Entry;
  opened: OpenedSource;
  /** Part that has its first segment. */
  part: number;
  /** Bytes that are compared. */
  position: number;
  /** Where the next chunk begins. */
  next: number;
  /** Position at which this leg began. */
  from: number;
  differs: boolean;
}

/** A leg compares at least so much of a file before it stops within it. */
const leastStretch = 64 * 1024 * 1024;

/**
 * Compares a restored tree with the manifest of its snapshot, both in key order: names, types, attributes, content by the
 * SHA-256 of its chunks.
 *
 * @returns where it stopped, if it was told to
 * @throws CorruptError when a part of the manifest cannot be read
 */
export async function compareObjects(
  snapshot: SnapshotReader,
  restored: SourceDriver,
  options: CompareOptions,
): Promise<CompareCursor | undefined> {
  const comparison = new Comparison(snapshot, restored, options);
  try {
    return await comparison.run();
  } finally {
    await comparison.close();
  }
}

class Comparison {
  private readonly snapshot: SnapshotReader;
  private readonly restored: SourceDriver;
  private readonly options: CompareOptions;
  /** A bucket has neither modes nor times of the source's, and folders only where an object is named like one. */
  private readonly attributes: boolean;
  private readonly found: AsyncGenerator<SourceEntry>;
  private readonly piece = new Piece();
  private next: IteratorResult<SourceEntry> | undefined;
  private done: Buffer | undefined;
  private file: OpenFile | undefined;

  constructor(snapshot: SnapshotReader, restored: SourceDriver, options: CompareOptions) {
    this.snapshot = snapshot;
    this.restored = restored;
    this.options = options;
    const { after } = options.from ?? {};
    if (after !== undefined) this.done = Buffer.from(after, 'base64url');
    this.attributes = restored.capabilities.attributes !== false;
    this.found = this.entries();
  }

  async run(): Promise<CompareCursor | undefined> {
    let part = this.options.from?.part ?? 0;
    for await (const { entries } of this.snapshot.parts({ from: part })) {
      for (const entry of entries) {
        if (this.isPast(entry)) continue;
        if (!(await this.entry(entry, part))) return this.stoppedIn(part);
        if (this.file !== undefined) continue;
        this.done = entry.key;
        if (!this.options.goOn()) return this.stoppedIn(part);
      }
      part++;
    }
    await this.closeFile();
    for (let next = await this.peek(); !next.done; next = await this.peek()) {
      await this.surplus(next.value);
      this.done = next.value.key;
      if (!this.options.goOn()) return this.stoppedIn(part);
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.file?.opened.close();
    await this.found.return(undefined);
  }

  private isPast({ key, type }: Entry): boolean {
    return (
      (this.done !== undefined && Buffer.compare(key, this.done) <= 0) || (!this.attributes && type === 'directory')
    );
  }

  private stoppedIn(part: number): CompareCursor {
    const { file, done } = this;
    const after = done === undefined ? {} : { after: done.toString('base64url') };
    if (file === undefined) return { part, ...after };
    return { part: file.part, ...after, file: { key: file.entry.key.toString('base64url'), position: file.position } };
  }

  /** False when it stopped within the entry's content. */
  private async entry(entry: Entry, part: number): Promise<boolean> {
    if (entry.segment > 0) return await this.content(entry);
    await this.closeFile();
    let next = await this.peek();
    for (; !next.done && Buffer.compare(next.value.key, entry.key) < 0; next = await this.peek())
      await this.surplus(next.value, entry.key);
    if (next.done || !next.value.key.equals(entry.key)) {
      this.tell(entry.key, 'is missing');
      return true;
    }
    this.next = undefined;
    const reason = this.difference(entry, next.value);
    if (reason !== undefined) this.tell(entry.key, reason);
    if (reason !== undefined || entry.type !== 'file') return true;
    const { file } = this.options.from ?? {};
    const from = file !== undefined && Buffer.from(file.key, 'base64url').equals(entry.key) ? file.position : 0;
    const opened = await this.restored.open(next.value);
    if (!sameHeaders(entry.headers, opened.entry.headers)) this.tell(entry.key, 'has other headers');
    this.file = { entry, opened, part, position: from, next: 0, from, differs: false };
    return await this.content(entry);
  }

  /** Compares a segment's chunks; false when it was told to stop. */
  private async content(segment: Entry): Promise<boolean> {
    const { file } = this;
    if (file === undefined) return true;
    for (const chunk of segment.chunks) {
      const end = file.next + chunk.length;
      // Chunks are compared whole: a leg stops between two.
      if (!file.differs && end > file.position) {
        file.differs = !(await this.sameChunk(file.opened, chunk, file.next));
        file.position = end;
      }
      file.next = end;
      if (file.position - file.from >= leastStretch && file.position < file.entry.size && !this.options.goOn())
        return false;
    }
    if (file.differs || file.next >= file.entry.size) await this.closeFile();
    return true;
  }

  private async sameChunk(opened: OpenedSource, chunk: Entry['chunks'][number], position: number): Promise<boolean> {
    const piece = this.piece.of(chunk.length);
    if ((await readFull(opened, piece, position)) < chunk.length) return false;
    return createHash('sha256').update(piece).digest().equals(chunk.hash);
  }

  private async closeFile(): Promise<void> {
    const { file } = this;
    if (file === undefined) return;
    this.file = undefined;
    await file.opened.close();
    if (file.differs) this.tell(file.entry.key, 'has other content');
    else if (file.next < file.entry.size) this.tell(file.entry.key, 'has content that the snapshot does not list');
  }

  private difference(wanted: Entry, found: SourceEntry): string | undefined {
    if (wanted.type === 'symlink' && !this.attributes) return undefined;
    if (wanted.type !== found.type) return `is a ${found.type}, not a ${wanted.type}`;
    if (wanted.type === 'symlink') {
      return wanted.linkTarget?.equals(found.linkTarget ?? Buffer.alloc(0)) === false ? 'points elsewhere' : undefined;
    }
    // An object has headers and no mode; restored into a folder it gets one that its reader can live with.
    if (this.attributes && wanted.headers === undefined && wanted.mode !== found.mode)
      return `has mode ${found.mode.toString(8)}, not ${wanted.mode.toString(8)}`;
    if (this.attributes && !sameMicrosecond(wanted.mtimeNs, found.mtimeNs)) return 'has another modification time';
    if (wanted.type === 'directory' || wanted.size === found.size) return undefined;
    return `has ${found.size} bytes, not ${wanted.size}`;
  }

  private async peek(): Promise<IteratorResult<SourceEntry>> {
    this.next ??= await this.found.next();
    return this.next;
  }

  /** What the snapshot does not list. A copy of a bucket lists no folders: those above an object came along with it. */
  private async surplus({ key, type }: SourceEntry, before = key): Promise<void> {
    const cameAlong = type === 'directory' && (key.length === 0 || (before !== key && isPrefix(key, before)));
    if (!cameAlong) this.tell(key, 'is not in the snapshot');
    this.next = undefined;
  }

  private tell(key: Buffer, reason: string): void {
    this.options.report({ key: key.toString(), reason });
  }

  private async *entries(): AsyncGenerator<SourceEntry> {
    for await (const { entries } of this.restored.scan(this.done === undefined ? {} : { after: this.done })) {
      for (const entry of entries) if (this.attributes || entry.type !== 'directory') yield entry;
    }
  }
}

/**
 * Headers, where both sides have them. The storage class tells where an object lies, not what it is: a restore leaves it to the
 * bucket.
 */
function sameHeaders(wanted: Entry['headers'], found: SourceEntry['headers']): boolean {
  if (wanted === undefined || found === undefined) return true;
  const { 'x-amz-storage-class': _from, ...before } = wanted;
  const { 'x-amz-storage-class': _to, ...now } = found;
  const names = Object.keys(before);
  return names.length === Object.keys(now).length && names.every((name) => before[name] === now[name]);
}

function isPrefix(key: Buffer, of: Buffer): boolean {
  return key.equals(of.subarray(0, key.length));
}

/** Platforms that cannot set nanoseconds say so in a notice of the restore; a comparison at a microsecond still holds. */
function sameMicrosecond(a: bigint, b: bigint): boolean {
  return a / 1000n === b / 1000n;
}

/** A buffer that grows with the largest chunk (8 MiB at most). */
class Piece {
  private buffer = Buffer.allocUnsafeSlow(64 * 1024);

  of(length: number): Buffer {
    if (this.buffer.length < length) this.buffer = Buffer.allocUnsafeSlow(length);
    return this.buffer.subarray(0, length);
  }
}

async function readFull(opened: OpenedSource, into: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const read = await opened.read(into.subarray(filled), position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}
