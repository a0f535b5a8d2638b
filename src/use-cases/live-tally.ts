import type { LiveOptions, LiveResult } from '../ports/source-driver.ts';

/** Different notes that a step quotes. */
const mostNotes = 10;

/** What the legs of one operation on live data have come to so far; JSON. */
export interface LiveCounts {
  startedAt: string;
  counts: Record<string, number>;
  bytes: number;
  failed: number;
  unverifiable: number;
  notes: string[];
  /** Greatest key (base64url) that was reported. */
  after?: string;
}

/** Counts what happened to the objects of one operation, over all its legs. */
export class LiveTally {
  private readonly sums: LiveCounts;

  /** @param before what earlier legs have counted */
  constructor(now: string, before?: LiveCounts) {
    this.sums =
      before === undefined
        ? { startedAt: now, counts: {}, bytes: 0, failed: 0, unverifiable: 0, notes: [] }
        : { ...before, counts: { ...before.counts }, notes: [...before.notes] };
  }

  get startedAt(): string {
    return this.sums.startedAt;
  }

  get failed(): number {
    return this.sums.failed;
  }

  get unverifiable(): number {
    return this.sums.unverifiable;
  }

  add({ key, result, bytes, verification, note }: LiveResult): void {
    const { sums } = this;
    sums.counts[result] = (sums.counts[result] ?? 0) + 1;
    // What is locked is still there with all its bytes.
    if (result !== 'locked') sums.bytes += bytes;
    if (result === 'failed' || verification === 'failed') sums.failed++;
    if (verification === 'attempted-not-verifiable') sums.unverifiable++;
    if (note !== undefined && sums.notes.length < mostNotes && !sums.notes.includes(note)) sums.notes.push(note);
    const after = sums.after === undefined ? undefined : Buffer.from(sums.after, 'base64url');
    if (after === undefined || Buffer.compare(key, after) > 0) sums.after = key.toString('base64url');
  }

  /** Where the next leg goes on. */
  legs(goOn: () => boolean): LiveOptions {
    const { after } = this.sums;
    return { goOn, ...(after === undefined ? {} : { after: Buffer.from(after, 'base64url') }) };
  }

  /** For the next leg. */
  state(): LiveCounts {
    return this.sums;
  }

  /** For another try from the beginning, since some failed: what is done stays counted. */
  retried(): LiveCounts {
    const { after: _after, counts, ...sums } = this.sums;
    const { failed: _failed, ...rest } = counts;
    return { ...sums, counts: rest, failed: 0 };
  }

  /** "46 overwritten, 1 unlinked-only; 12345 bytes; copy-on-write file system". */
  text(): string {
    const { counts, bytes, notes } = this.sums;
    const told = Object.entries(counts).map(([result, n]) => `${n} ${result}`);
    return [told.join(', ') || 'nothing there', `${bytes} bytes`, ...notes].join('; ');
  }
}
