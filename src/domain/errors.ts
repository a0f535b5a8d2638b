/**
 * The faults of Tenure. Each has a literal `name` (a minifier may rename a class, and a state machine matches names),
 * a `code` (its place in the catalogue of exit codes), a message that says what happened and why, and a `hint` that
 * says what to do. Expected outcomes are returned, never thrown.
 */
export type ErrorCode = 'invalid' | 'not-found' | 'conflict' | 'blocked' | 'corrupt' | 'unavailable';

/** What is wrong with one field of an input. `path` leads to it from the whole: `['contacts', 0, 'email']`. */
export interface FieldFault {
  path: readonly PropertyKey[];
  message: string;
}

/** What an error may carry besides its message. */
export interface ErrorDetail {
  /** The fields of the input that it is about, where it is about some. */
  fields?: readonly FieldFault[];
  /** What the reader should do next. */
  hint?: string;
  /** The foreign error underneath; never shown to a customer. */
  cause?: unknown;
  /** Machine-readable particulars: ids, names of fields, lists of objects. Never personal data. */
  details?: Record<string, unknown>;
}

/** The common shape; throw one of the named classes below, not this. */
export abstract class TenureError extends Error {
  abstract readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;
  readonly fields: readonly FieldFault[];

  constructor(message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.hint = detail.hint;
    this.details = detail.details ?? {};
    this.fields = detail.fields ?? [];
  }
}

/** The caller's input cannot be used: malformed, contradictory, outside its limits. */
export class InvalidError extends TenureError {
  override readonly name = 'InvalidError';
  readonly code = 'invalid';
}

/** The thing that was named does not exist (any more). */
export class NotFoundError extends TenureError {
  override readonly name = 'NotFoundError';
  readonly code = 'not-found';
}

/** Somebody else holds it, changed it first, or it exists already with other content. */
export class ConflictError extends TenureError {
  override readonly name = 'ConflictError';
  readonly code = 'conflict';
}

/** A rule forbids it now: hold, notice not elapsed, approval missing, operator stop, quarantine, clock. */
export class BlockedError extends TenureError {
  override readonly name = 'BlockedError';
  readonly code = 'blocked';
}

/** Stored data is not what was written: wrong length, digest, tag or structure. */
export class CorruptError extends TenureError {
  override readonly name = 'CorruptError';
  readonly code = 'corrupt';
}

/** A service or device did not answer; the same call may succeed later. */
export class UnavailableError extends TenureError {
  override readonly name = 'UnavailableError';
  readonly code = 'unavailable';
}

/** Exit codes of the command line (sysexits' 75 is EX_TEMPFAIL). 0 is success, 1 means that a check itself failed. */
export const exitCodes: Record<ErrorCode, number> = {
  invalid: 2,
  'not-found': 3,
  conflict: 4,
  blocked: 5,
  corrupt: 6,
  unavailable: 75,
};
