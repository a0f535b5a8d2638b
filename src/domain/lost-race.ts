import { ConflictError, UnavailableError } from './errors.ts';

/**
 * Whether a write was refused because its rows were not any more what they had been when they were read. Only a failed condition of
 * the Table carries `failed`; a ConflictError without it is a decision, and final.
 */
export function isLostRace(error: unknown): error is ConflictError {
  return error instanceof ConflictError && Array.isArray(error.details.failed);
}

/** An error as it leaves the program: who lost a race and gave up is told to try again, and not that something forbids it. */
export function asLeaving(error: unknown): unknown {
  if (!isLostRace(error)) return error;
  return new UnavailableError('somebody else was changing the same at the same time', {
    hint: 'Try again in a moment.',
    cause: error,
  });
}
