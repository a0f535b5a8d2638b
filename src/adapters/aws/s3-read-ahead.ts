import type { SourceEntry } from '../../ports/source-driver.ts';
import type { BegunObject } from './s3-open.ts';

/** Larger objects are read ahead within themselves. */
const SMALL_BYTES = 1024 * 1024;
/** Objects that are on their way at once, and their bytes together: a function has little memory to spare. */
const MOST = 32;
const MOST_BYTES = 16 * 1024 * 1024;

interface Coming {
  begun: Promise<BegunObject>;
  bytes: number;
}

/**
 * Gets small objects before they are asked for. A first backup opens one object after the other, and each costs a round trip;
 * once two neighbours of a listing were opened in a row, those that follow are on their way while the reader works. An object
 * that is skipped halves the lead again, so a backup of few changes asks for little that it does not use.
 */
export class ReadAhead {
  readonly #begin: (entry: SourceEntry) => Promise<BegunObject>;
  /** Entries of the latest two batches of the listing; `#from` is the place of the first among all that were listed. */
  #entries: SourceEntry[] = [];
  #from = 0;
  #lastBatch = 0;
  #places = new Map<string, number>();
  readonly #coming = new Map<number, Coming>();
  #bytes = 0;
  #last = -2;
  #lead = 0;

  constructor(begin: (entry: SourceEntry) => Promise<BegunObject>) {
    this.#begin = begin;
  }

  /** Takes a batch of the listing, in order. */
  listed(entries: readonly SourceEntry[]): void {
    const kept = this.#entries.slice(this.#entries.length - this.#lastBatch);
    this.#from += this.#entries.length - kept.length;
    this.#entries = [...kept, ...entries];
    this.#lastBatch = entries.length;
    this.#places = new Map(this.#entries.map(({ key }, index) => [nameOf(key), this.#from + index]));
  }

  /** Begins an object, or gives what is on its way already. */
  async begin(entry: SourceEntry): Promise<BegunObject> {
    const place = this.#places.get(nameOf(entry.key));
    if (place === undefined || place <= this.#last) return await this.#begin(entry);
    this.#lead = place === this.#last + 1 ? Math.min(MOST, Math.max(1, this.#lead * 2)) : Math.floor(this.#lead / 2);
    this.#last = place;
    const begun = this.#coming.get(place)?.begun ?? this.#begin(entry);
    for (const passed of this.#coming.keys()) if (passed <= place) this.#forget(passed);
    for (let next = place + 1; next <= place + this.#lead && this.#bytes < MOST_BYTES; next++) this.#start(next);
    return await begun;
  }

  #start(place: number): void {
    const entry = this.#entries[place - this.#from];
    if (entry === undefined || entry.size > SMALL_BYTES || this.#coming.has(place)) return;
    const begun = this.#begin(entry);
    // Whoever opens it sees its fault.
    begun.catch(() => undefined);
    this.#coming.set(place, { begun, bytes: entry.size });
    this.#bytes += entry.size;
  }

  #forget(place: number): void {
    this.#bytes -= this.#coming.get(place)?.bytes ?? 0;
    this.#coming.delete(place);
  }
}

function nameOf(key: Buffer): string {
  return key.toString('latin1');
}
