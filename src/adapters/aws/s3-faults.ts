import { InvalidError, NotFoundError, type TenureError } from '../../domain/errors.ts';
import { awsFault, translated } from './aws-faults.ts';

/** A fault of S3 about a source or a target as one of ours; a bucket that is gone is told apart from an object. */
export function bucketFault(error: unknown, bucket: string, what: string): TenureError {
  const { name, message, status } = awsFault(error);
  if (/^NoSuchBucket/.test(name)) {
    return new NotFoundError(`the bucket ${bucket} does not exist`, {
      cause: error,
      hint: 'Look at its name and at the account; a bucket of another account needs a role there.',
    });
  }
  if (/^InvalidObjectState/.test(name)) {
    return new InvalidError(`${what}: it lies in an archive storage class and has to be restored from there first`, {
      cause: error,
      hint: 'Ask S3 to restore it for some days (RestoreObject); the next run reads it then.',
    });
  }
  if (/^(?:PermanentRedirect|AuthorizationHeaderMalformed)/.test(name)) {
    return new InvalidError(`${what}: the bucket ${bucket} lies in another region`, {
      cause: error,
      hint: 'Tenure follows a bucket into its region where s3:GetBucketLocation and s3:ListBucket are allowed.',
    });
  }
  // A HEAD is answered without words.
  return translated(
    error,
    message === 'UnknownError' ? `${what} (${status === 403 ? 'access denied' : status})` : what,
  );
}
