import { CorruptError } from '../domain/errors.ts';
import type { SourceScope } from './chain.ts';
import { type FrameContext, sealFrame } from './frame.ts';
import { leafOf } from './leaf.ts';
import type { ChunkRef, Entry, FrameRef, PartEntry, PartRef } from './model.ts';
import { objectKey } from './object-names.ts';
import type { PackWriter } from './pack-writer.ts';
import { type PartContext, sealPart } from './part.ts';
import { chunkOf, readFrame } from './read-frame.ts';
import { readPart } from './read-root.ts';
import type { Repository } from './repository.ts';
import { randomKey } from './seal.ts';

/** What a part becomes: itself, or a new part in which leaves stand for erased entries. */
export interface ErasedPart {
  ref: PartRef;
  /** Bytes that its frames occupy, by pack. */
  packs: Map<string, { frame: FrameRef; used: number }>;
  /** What was taken out of it. */
  lost: { objects: number; files: number; bytes: number };
}

/** Everything that was erased so far, over all snapshots; each distinct entry once. */
export interface Erased {
  leaves: Set<string>;
  hashes: Set<string>;
  bytes: number;
}

/** Rewrites the parts of a source without the chosen entries; each distinct part once, whichever snapshots list it. */
export class PartEraser {
  readonly erased: Erased = { leaves: new Set(), hashes: new Set(), bytes: 0 };
  readonly #repo: Repository;
  readonly #context: PartContext;
  readonly #frames: FrameContext;
  readonly #writer: PackWriter;
  readonly #chosen: (key: Buffer) => boolean;
  readonly #counted: ReadonlySet<string>;
  readonly #done = new Map<string, ErasedPart>();
  /** New frames of clusters by old place and the slots that survive. */
  readonly #clusters = new Map<string, Map<number, ChunkRef>>();

  constructor(options: {
    repo: Repository;
    context: PartContext;
    frames: FrameContext;
    writer: PackWriter;
    chosen: (key: Buffer) => boolean;
    /** Leaves that an earlier round has counted. */
    counted: ReadonlySet<string>;
  }) {
    this.#repo = options.repo;
    this.#context = options.context;
    this.#frames = options.frames;
    this.#writer = options.writer;
    this.#chosen = options.chosen;
    this.#counted = options.counted;
  }

  /** The part without the chosen entries. @throws CorruptError when it cannot be read: then nobody knows whether it holds any */
  async part(ref: PartRef): Promise<ErasedPart> {
    const known = this.#done.get(ref.id);
    if (known) return known;
    const entries = await readPart(this.#repo, this.#context.scope, ref);
    const result = entries.some((entry) => !('erased' in entry) && this.#chosen(entry.key))
      ? await this.#rewrite(entries)
      : { ref, packs: packsOf(entries), lost: { objects: 0, files: 0, bytes: 0 } };
    this.#done.set(ref.id, result);
    return result;
  }

  async #rewrite(entries: readonly PartEntry[]): Promise<ErasedPart> {
    const lost = { objects: 0, files: 0, bytes: 0 };
    const left = entries.map((entry): PartEntry => {
      if ('erased' in entry || !this.#chosen(entry.key)) return entry;
      const leaf = leafOf(entry);
      this.#note(entry, leaf);
      if (entry.segment === 0) {
        lost.objects += 1;
        lost.files += entry.type === 'file' ? 1 : 0;
        lost.bytes += entry.type === 'file' ? entry.size : 0;
      }
      return { erased: true, leaf };
    });
    const mended = await this.#mend(left);
    // A part names closed packs only.
    this.#writer.closePack();
    const { ref, bytes } = sealPart(mended, this.#context);
    await this.#repo.objects.put(objectKey(this.#context.scope, 'part', ref.id), bytes);
    return { ref, packs: packsOf(mended), lost };
  }

  #note(entry: Entry, leaf: Buffer): void {
    for (const { hash } of entry.chunks) this.erased.hashes.add(hash.toString('latin1'));
    const name = leaf.toString('hex');
    if (this.erased.leaves.has(name) || this.#counted.has(name)) return;
    this.erased.leaves.add(name);
    if (entry.segment === 0 && entry.type === 'file') this.erased.bytes += entry.size;
  }

  /** Survivors of clusters that lost a member are sealed again: the old frame's key goes with the old part, and the lost content with it. */
  async #mend(entries: readonly PartEntry[]): Promise<PartEntry[]> {
    const listed = new Map<FrameRef, Set<number>>();
    for (const entry of entries) {
      if ('erased' in entry) continue;
      for (const { frame, offset } of entry.chunks) {
        if (frame.slots > 1) listed.set(frame, (listed.get(frame) ?? new Set()).add(offset));
      }
    }
    const broken = new Map<FrameRef, Map<number, ChunkRef>>();
    for (const [frame, offsets] of listed) {
      if (offsets.size !== frame.slots) broken.set(frame, await this.#survivors(frame, offsets, entries));
    }
    if (broken.size === 0) return [...entries];
    return entries.map((entry) => {
      if ('erased' in entry || !entry.chunks.some(({ frame }) => broken.has(frame))) return entry;
      return { ...entry, chunks: entry.chunks.map((chunk) => broken.get(chunk.frame)?.get(chunk.offset) ?? chunk) };
    });
  }

  async #survivors(
    frame: FrameRef,
    offsets: Set<number>,
    entries: readonly PartEntry[],
  ): Promise<Map<number, ChunkRef>> {
    const places = [...offsets].sort((a, b) => a - b);
    const name = `${frame.pack.id}:${frame.offset}:${places.join(',')}`;
    const known = this.#clusters.get(name);
    if (known) return known;
    const chunks = new Map<number, ChunkRef>();
    for (const entry of entries) {
      if ('erased' in entry) continue;
      for (const chunk of entry.chunks) if (chunk.frame === frame) chunks.set(chunk.offset, chunk);
    }
    const made = await this.#resealed(
      frame,
      places.flatMap((place) => chunks.get(place) ?? []),
    );
    this.#clusters.set(name, made);
    return made;
  }

  async #resealed(frame: FrameRef, chunks: readonly ChunkRef[]): Promise<Map<number, ChunkRef>> {
    const made = new Map<number, ChunkRef>();
    try {
      const plain = await readFrame(this.#repo, this.#context.scope, frame, this.#frames);
      const contents = chunks.map((chunk) => chunkOf(plain, chunk));
      const fresh = this.#writer.append(sealFrame(Buffer.concat(contents), this.#frames), chunks.length);
      await this.#writer.ready();
      let offset = 0;
      for (const chunk of chunks) {
        made.set(chunk.offset, { ...chunk, frame: fresh, offset });
        offset += chunk.length;
      }
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      // The survivors were lost before. They stay reported as damaged, but the key of the erased content does not stay for them.
      const closed = { ...frame, key: Buffer.from(randomKey()) };
      for (const chunk of chunks) made.set(chunk.offset, { ...chunk, frame: closed });
    }
    return made;
  }
}

/** Leaves that stand for erased entries in a snapshot's parts, hex. */
export async function erasedLeaves(
  repo: Repository,
  scope: SourceScope,
  parts: readonly PartRef[],
): Promise<Set<string>> {
  const leaves = new Set<string>();
  for (const ref of parts) {
    for (const entry of await readPart(repo, scope, ref)) if ('erased' in entry) leaves.add(entry.leaf.toString('hex'));
  }
  return leaves;
}

/** Entries of a part that still hold erased content under keys that were not chosen. */
export async function holdersOf(
  repo: Repository,
  scope: SourceScope,
  ref: PartRef,
  hashes: Set<string>,
): Promise<Buffer[]> {
  const keys: Buffer[] = [];
  for (const entry of await readPart(repo, scope, ref)) {
    if (!('erased' in entry) && entry.chunks.some(({ hash }) => hashes.has(hash.toString('latin1'))))
      keys.push(entry.key);
  }
  return keys;
}

function packsOf(entries: readonly PartEntry[]): ErasedPart['packs'] {
  const frames = new Set<FrameRef>();
  for (const entry of entries) if (!('erased' in entry)) for (const { frame } of entry.chunks) frames.add(frame);
  const packs: ErasedPart['packs'] = new Map();
  for (const frame of frames) {
    const known = packs.get(frame.pack.id);
    if (known) known.used += frame.length;
    else packs.set(frame.pack.id, { frame, used: frame.length });
  }
  return packs;
}
