import { type FieldFault, InvalidError, NotFoundError } from './errors.ts';

/** The field that a refusal names, as an error carries it. */
export function fieldOf({ field, reason }: { field?: string; reason: string }): FieldFault[] {
  return field === undefined ? [] : [{ path: [field], message: reason }];
}

/**
 * Calls what judges one field of the input and says so in its fault, for judges that know nothing of fields: a driver that looks at
 * a location.
 */
export async function aboutField<T>(path: FieldFault['path'], judge: () => Promise<T> | T): Promise<T> {
  try {
    return await judge();
  } catch (error) {
    const isInput = error instanceof InvalidError || error instanceof NotFoundError;
    if (!isInput || error.fields.length > 0) throw error;
    const { message, hint, cause, details } = error;
    const Fault = error instanceof InvalidError ? InvalidError : NotFoundError;
    const detail = { details, cause, fields: [{ path, message }] };
    throw new Fault(message, hint === undefined ? detail : { ...detail, hint });
  }
}
