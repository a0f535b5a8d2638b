import type { Progress } from '../deps.ts';
import type { Answer } from './cli.ts';
import { ProgressLine, type ProgressTarget } from './progress.ts';
import type { ErrorReport } from './report-error.ts';
import { indent } from './text.ts';

/** How much is printed, and as what. */
export interface OutputMode {
  json: boolean;
  quiet: boolean;
}

/** What commands print through. With `--json`, stdout gets exactly one JSON document and stderr everything else. */
export interface Output {
  progress: Progress;
  /** Prints the answer. `always`: also with `--quiet`. */
  answer(answer: Answer, always: boolean): void;
  /** A line of a long story, as it happens: on stdout, or on stderr with `--json`. */
  line(text: string): void;
  /** A remark beside the answer, on stderr; left out with `--quiet`. */
  note(text: string): void;
}

/** Output to two streams. An error is told to people on stderr; with `--json` it is the one document on stdout as well. */
export class StreamOutput implements Output {
  readonly #stdout: { write(text: string): unknown };
  readonly #stderr: ProgressTarget;
  readonly #mode: OutputMode;
  readonly #line: ProgressLine;

  constructor(stdout: { write(text: string): unknown }, stderr: ProgressTarget, mode: OutputMode) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#mode = mode;
    this.#line = new ProgressLine(stderr, () => mode.quiet);
  }

  get progress(): Progress {
    return this.#line.report;
  }

  answer({ json, text, exitCode = 0 }: Answer, always: boolean): void {
    this.#line.clear();
    if (this.#mode.json) this.#document(json);
    else if (always || !this.#mode.quiet || exitCode !== 0) {
      const printed = typeof text === 'string' ? text : text();
      if (printed !== '') this.#stdout.write(`${printed}\n`);
    }
  }

  line(text: string): void {
    if (this.#mode.quiet) return;
    this.#line.clear();
    (this.#mode.json ? this.#stderr : this.#stdout).write(`${text}\n`);
  }

  note(text: string): void {
    if (this.#mode.quiet) return;
    this.#line.clear();
    this.#stderr.write(`${text}\n`);
  }

  /** Tells an error: what and why, then what to do. */
  error({ code, message, hint, details }: ErrorReport): void {
    this.#line.clear();
    this.#stderr.write(`tenure: ${message}\n${hint === undefined ? '' : `${indent(hint)}\n`}`);
    if (this.#mode.json) this.#document({ error: { code, message, ...(hint === undefined ? {} : { hint }), details } });
  }

  #document(value: unknown): void {
    this.#stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }
}
