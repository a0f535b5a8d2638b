import type { ParentChunks } from './content-writer.ts';
import type { Damage } from './damage.ts';
import type { ChunkRef, Entry, PartEntry, PartRef } from './model.ts';

/** A part of the parent, opened. */
export interface OpenedPart {
  ref: PartRef;
  /** Entries that are not erased, in key order. */
  entries: Entry[];
  /** Nothing in it was erased: it may be listed again as it is. */
  whole: boolean;
}

/** Opens a part; `undefined`: it cannot be read and counts as absent. */
export type LoadPart = (ref: PartRef) => Promise<OpenedPart | undefined>;

/** Splits live entries from erased ones. */
export function openedPart(ref: PartRef, all: readonly PartEntry[]): OpenedPart {
  const entries = all.filter((entry): entry is Entry => !('erased' in entry));
  return { ref, entries, whole: entries.length === all.length };
}

/** Walks over the parent's entries in key order, one part in memory and the next on its way. */
export class ParentCursor {
  readonly #parts: readonly PartRef[];
  readonly #load: LoadPart;
  #next: number;
  /** Index of the part that is open. */
  #at: number;
  #ahead: Promise<OpenedPart | undefined> | undefined;
  #part: OpenedPart | undefined;
  #index = 0;
  #gap: boolean;

  /** `part`: index of the part to begin with. `gap`: before its first entry lies something that cannot be read. */
  constructor(parts: readonly PartRef[], load: LoadPart, { part = 0, gap = false } = {}) {
    this.#parts = parts;
    this.#load = load;
    this.#next = part;
    this.#at = part - 1;
    this.#gap = gap;
  }

  /** From where another cursor would go on: all parts before have been passed. */
  get position(): { part: number; gap: boolean } {
    return { part: Math.max(this.#at, 0), gap: this.#gap };
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

  /** True when a part that cannot be read lies between the entry before and the current one. */
  get gap(): boolean {
    return this.#gap;
  }

  /** Passes the current entry. */
  skip(): void {
    this.#index += 1;
    this.#gap = false;
  }

  /** Opens parts until there is an entry or the end. */
  async advance(): Promise<void> {
    while (this.exhausted) {
      this.#part = await (this.#ahead ?? this.#open());
      this.#at += 1;
      this.#gap ||= !this.#part;
      this.#index = 0;
      this.#ahead = this.#next < this.#parts.length ? this.#open() : undefined;
      // Whoever awaits it later sees the fault; nobody may come to that when the backup stops before.
      this.#ahead?.catch(() => undefined);
    }
  }

  async #open(): Promise<OpenedPart | undefined> {
    return await this.#load(this.#parts[this.#next++] as PartRef);
  }
}

/**
 * Chunks of the parent in frames of their own, by hash; at most `most` of them. None in a damaged pack is found. Reads all parts:
 * ask only when something is new.
 */
export async function indexChunks(
  parts: readonly PartRef[],
  load: LoadPart,
  damage: Damage,
  most = 200_000,
): Promise<ParentChunks> {
  const found = new Map<string, ChunkRef>();
  for (const ref of parts) {
    if (found.size >= most) break;
    for (const entry of (await load(ref))?.entries ?? []) {
      for (const chunk of entry.chunks) {
        if (chunk.frame.slots === 1) found.set(chunk.hash.toString('latin1'), chunk);
      }
    }
  }
  return (hash) => {
    const chunk = found.get(hash);
    // Asked late: a pack may turn out to be damaged meanwhile.
    return chunk && !damage.has(chunk.frame.pack.id) ? chunk : undefined;
  };
}
