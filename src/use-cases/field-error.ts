import { InvalidError } from '../domain/errors.ts';

/**
 * The fault of one field of a request, which a schema could not see.
 *
 * @param pointer to the field (RFC 6901)
 */
export function fieldError(pointer: string, detail: string, hint: string): InvalidError {
  return new InvalidError(`${pointer}: ${detail}`, { hint, details: { errors: [{ pointer, detail }] } });
}
