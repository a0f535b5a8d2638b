import type { Progress } from '../deps.ts';
import { bytesText, grouped } from './text.ts';

/** Where progress is shown. */
export interface ProgressTarget {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** A terminal's line is rewritten this often. */
const terminalMs = 100;
/** Elsewhere a line is written now and then. */
const elsewhereMs = 5000;

/** Progress on a terminal as one line that is rewritten, elsewhere as a plain line now and then, or not at all. */
export class ProgressLine {
  readonly #target: ProgressTarget;
  readonly #quiet: () => boolean;
  readonly #now: () => number;
  #shown = false;
  #last: number;

  constructor(target: ProgressTarget, quiet: () => boolean, now: () => number = () => performance.now()) {
    this.#target = target;
    this.#quiet = quiet;
    this.#now = now;
    // Elsewhere than on a terminal, what is done within seconds says nothing.
    this.#last = target.isTTY === true ? Number.NEGATIVE_INFINITY : now();
  }

  /** Takes an event; most of them are not shown. */
  readonly report: Progress = ({ what, objects, bytes, of }) => {
    if (this.#quiet()) return;
    const now = this.#now();
    const terminal = this.#target.isTTY === true;
    if (now - this.#last < (terminal ? terminalMs : elsewhereMs)) return;
    this.#last = now;
    const total = of === undefined ? '' : ` of ${grouped(of)}`;
    const line = `${what}: ${grouped(objects)}${total} objects, ${bytesText(bytes)}`;
    if (!terminal) this.#target.write(`${line}\n`);
    else {
      this.#target.write(`\r\x1b[K${line.slice(0, (this.#target.columns ?? 80) - 1)}`);
      this.#shown = true;
    }
  };

  /** Clears the line before anything else is printed. */
  clear(): void {
    if (this.#shown) this.#target.write('\r\x1b[K');
    this.#shown = false;
  }
}
