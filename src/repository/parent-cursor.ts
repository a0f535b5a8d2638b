import type { ParentChunks } from './content-writer.ts';
import type { ChunkRef, Entry, PartEntry, PartRef } from './model.ts';

/** A part of the parent, opened. */
export interface OpenedPart {
  ref: PartRef;
  /** Entries that are not erased, in key order. */
  entries: Entry[];
  /** Nothing in it was erased: it may be listed again as it is. */
  whole: boolean;
}

/** Loads the entries of a part. */
export type LoadPart = (ref: PartRef) => Promise<PartEntry[]>;

/** Splits live entries from erased ones. */
export function openedPart(ref: PartRef, all: readonly PartEntry[]): OpenedPart {
  const entries = all.filter((entry): entry is Entry => !('erased' in entry));
  return { ref, entries, whole: entries.length === all.length };
}

/** Walks over the parent's entries in key order, one part in memory and the next on its way. */
export class ParentCursor {
  readonly #parts: readonly PartRef[];
  readonly #load: LoadPart;
  #next = 0;
  #ahead: Promise<OpenedPart> | undefined;
  #part: OpenedPart | undefined;
  #index = 0;

  constructor(parts: readonly PartRef[], load: LoadPart) {
    this.#parts = parts;
    this.#load = load;
  }

  /** True when `advance` must be awaited before `entry` tells something. */
  get exhausted(): boolean {
    return (
      this.#index >= (this.#part?.entries.length ?? 0) && (this.#next < this.#parts.length || this.#ahead !== undefined)
    );
  }

  /** The entry that is next, or `undefined` at the end. */
  get entry(): Entry | undefined {
    return this.#part?.entries[this.#index];
  }

  /** Where that entry lies. */
  get place(): { part: OpenedPart; index: number } | undefined {
    return this.#part && { part: this.#part, index: this.#index };
  }

  /** Passes the current entry. */
  skip(): void {
    this.#index += 1;
  }

  /** Opens parts until there is an entry or the end. */
  async advance(): Promise<void> {
    while (this.exhausted) {
      this.#part = await (this.#ahead ?? this.#open());
      this.#index = 0;
      this.#ahead = this.#next < this.#parts.length ? this.#open() : undefined;
      // Whoever awaits it later sees the fault; nobody may come to that when the backup stops before.
      this.#ahead?.catch(() => undefined);
    }
  }

  async #open(): Promise<OpenedPart> {
    const ref = this.#parts[this.#next++] as PartRef;
    return openedPart(ref, await this.#load(ref));
  }
}

/** Chunks of the parent in frames of their own, by hash; at most `most` of them. Reads all parts: ask only when something is new. */
export async function indexChunks(parts: readonly PartRef[], load: LoadPart, most = 200_000): Promise<ParentChunks> {
  const found = new Map<string, ChunkRef>();
  for (const ref of parts) {
    if (found.size >= most) break;
    for (const entry of openedPart(ref, await load(ref)).entries) {
      for (const chunk of entry.chunks) {
        if (chunk.frame.slots === 1) found.set(chunk.hash.toString('latin1'), chunk);
      }
    }
  }
  return (hash) => found.get(hash);
}
