import type { Entry } from './model.ts';

/** A stored object that a backup met and could not read. */
export interface DamagedObject {
  kind: 'pack' | 'part' | 'root';
  /** `<intent>/<attempt>/<random>`; of a root: the snapshot's id. */
  id: string;
  reason: string;
}

/** As many as a shard's record names; what is not named is met again. */
const mostNamed = 100;

/**
 * What a backup must not carry over: the packs that are known to be damaged or missing, and those that it meets itself.
 * Without any, asking costs nothing.
 */
export class Damage {
  /** Objects of the source that were read again, although they may not have changed, because their copy is damaged. */
  readAgain = 0;
  /** What this backup met itself: the first hundred. */
  readonly met: DamagedObject[] = [];
  readonly #packs: Set<string>;
  readonly #seen = new Set<string>();

  constructor(packs: ReadonlySet<string> = new Set()) {
    this.#packs = new Set(packs);
  }

  /** Whether nothing may be taken out of this pack. */
  has(pack: string): boolean {
    return this.#packs.size > 0 && this.#packs.has(pack);
  }

  /** Whether an entry of the parent needs a pack that is damaged. */
  hits({ chunks }: Entry): boolean {
    return this.#packs.size > 0 && chunks.some(({ frame }) => this.#packs.has(frame.pack.id));
  }

  /** Takes note of what could not be read; from now on a pack is known. */
  meet(kind: DamagedObject['kind'], id: string, reason: string): void {
    if (kind === 'pack') this.#packs.add(id);
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    if (this.met.length < mostNamed) this.met.push({ kind, id, reason });
  }
}
