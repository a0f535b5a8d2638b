import type { SnapshotTotals } from '../domain/snapshot.ts';
import type { Entry } from './model.ts';

/** Sums over the entries of a snapshot, as they come. The source's own folder and further segments do not count. */
export class Counted {
  readonly totals: SnapshotTotals = { objects: 0, files: 0, bytes: 0, addedBytes: 0 };
  #newestNs: bigint | undefined;

  add({ key, segment, type, size, mtimeNs }: Entry): void {
    if (segment > 0 || key.length === 0) return;
    this.totals.objects += 1;
    if (type !== 'file') return;
    this.totals.files += 1;
    this.totals.bytes += size;
    if (this.#newestNs === undefined || mtimeNs > this.#newestNs) this.#newestNs = mtimeNs;
  }

  /** Takes back a small file that was left out after all. */
  remove({ size }: Entry): void {
    this.totals.objects -= 1;
    this.totals.files -= 1;
    this.totals.bytes -= size;
  }

  /** The sums with what this snapshot added to the repository, in bytes. */
  finish(addedBytes: number): SnapshotTotals {
    const newest = this.#newestNs;
    return {
      ...this.totals,
      addedBytes,
      ...(newest !== undefined && { newestModifiedAt: instantOf(newest) }),
    };
  }
}

/** Sums over the pieces of a snapshot, none of which has an entry in common with another. */
export function sumOf(pieces: readonly SnapshotTotals[]): SnapshotTotals {
  const sum: SnapshotTotals = { objects: 0, files: 0, bytes: 0, addedBytes: 0 };
  for (const { objects, files, bytes, addedBytes, newestModifiedAt: newest } of pieces) {
    sum.objects += objects;
    sum.files += files;
    sum.bytes += bytes;
    sum.addedBytes += addedBytes;
    if (newest === undefined) continue;
    // As numbers: a year of five digits is not in the order of text.
    const known = sum.newestModifiedAt;
    if (known === undefined || Date.parse(newest) > Date.parse(known)) sum.newestModifiedAt = newest;
  }
  return sum;
}

/** A time that no calendar has (a file may carry any number) is brought to the nearest that one has. */
function instantOf(ns: bigint): string {
  const most = 8_640_000_000_000_000;
  return new Date(Math.max(-most, Math.min(most, Number(ns / 1_000_000n)))).toISOString();
}
