import { InvalidError } from '../domain/errors.ts';

/** The fault of one field of a request, which a schema could not see. `path` leads to it: `['status_callback_urls', 0]`. */
export function fieldError(path: readonly PropertyKey[], message: string, hint: string): InvalidError {
  return new InvalidError(`${path.map(String).join('.')}: ${message}`, { hint, fields: [{ path, message }] });
}
