import type { ScanNotice } from '../ports/source-driver.ts';

/** Notices of a leg that are kept; the others are counted. */
const mostKept = 200;

/**
 * The notices of one leg. Those of a scan come in batches that reach beyond the key at which a leg ends; the next leg sees
 * these again. So a leg counts what lies in its own range of keys and nothing else.
 */
export class LegNotices {
  count = 0;
  /** Files that could not be read, or not as a whole. */
  unread = 0;
  readonly #after: Buffer | undefined;
  #kept: ScanNotice[] = [];
  #waiting: ScanNotice[] = [];

  /** `after`: the leg begins after this key. */
  constructor(after: Buffer | undefined) {
    this.#after = after;
  }

  /** The first ones, in key order. */
  get kept(): ScanNotice[] {
    return this.#kept.sort((a, b) => Buffer.compare(a.key, b.key));
  }

  /** Takes a notice about an entry of this leg. */
  take(notice: ScanNotice): void {
    this.count += 1;
    if (notice.kind === 'unreadable' || notice.kind === 'changed-while-read') this.unread += 1;
    if (this.#kept.length < mostKept) this.#kept.push(notice);
  }

  /** Takes notices of a scan, of which some may lie outside the leg. */
  arrived(notices: readonly ScanNotice[]): void {
    const after = this.#after;
    for (const notice of notices) {
      if (after === undefined || Buffer.compare(notice.key, after) > 0) this.#waiting.push(notice);
    }
  }

  /** The leg covers all up to this key; `undefined`: to the end of the source. */
  covered(until: Buffer | undefined): void {
    const later: ScanNotice[] = [];
    for (const notice of this.#waiting) {
      if (until === undefined || Buffer.compare(notice.key, until) <= 0) this.take(notice);
      else later.push(notice);
    }
    this.#waiting = later;
  }
}
