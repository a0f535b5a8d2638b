import { InvalidError, type TenureError, UnavailableError } from '../../domain/errors.ts';
import { awsFault, translated } from './aws-faults.ts';

/**
 * Faults of a table as Tenure's own. A table that is not there must not read as a record that is not there, so it is no
 * NotFoundError: a home would take itself for an empty one, and a key for a destroyed one.
 */
export function tableFault(error: unknown, what: string): TenureError {
  const { name, message } = awsFault(error);
  if (name === 'ResourceNotFoundException') {
    return new UnavailableError(`${what}: the table does not exist here, or is being made (${message})`, {
      cause: error,
      details: { fault: name },
      hint: 'Compare stage and Region with the deployment; after a restore from point-in-time recovery give the table its old name.',
    });
  }
  if (name === 'TransactionTooLarge' || name === 'IdempotentParameterMismatchException') {
    return new InvalidError(`${what}: ${message}`, { cause: error, details: { fault: name } });
  }
  return translated(error, what);
}
