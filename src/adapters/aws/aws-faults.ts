import {
  BlockedError,
  ConflictError,
  InvalidError,
  NotFoundError,
  TenureError,
  UnavailableError,
} from '../../domain/errors.ts';

/** What the SDK throws, as far as it is looked at. */
export interface AwsFault {
  name: string;
  message: string;
  /** The HTTP status, where there was an answer. */
  status: number | undefined;
}

const invalid =
  /^(?:Validation|ValidationException|InvalidArgument|InvalidParameter|InvalidRequest|InvalidBucketName|MalformedPolicy|InvalidArn|InvalidName|KeyTooLongError|EntityTooLarge|MessageRejected|MailFromDomainNotVerified)/;
const notFound =
  /^(?:NoSuch|NotFound|ResourceNotFound|ExecutionDoesNotExist|StateMachineDoesNotExist|ParameterNotFound)/;
const denied =
  /^(?:AccessDenied|Forbidden|UnauthorizedOperation|KMSAccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken)/;
const keyState = /^(?:KMSInvalidState|DisabledException|KMSDisabled|KeyUnavailable)/;
const conflict = /^(?:ConditionalCheckFailed|PreconditionFailed|ConflictException|AlreadyExists|OperationAborted)/;

/** Reads a thrown thing as a fault of AWS; a thing that is none has the name `Error`. */
export function awsFault(error: unknown): AwsFault {
  const found = error as { name?: string; message?: string; $metadata?: { httpStatusCode?: number } } | undefined;
  return {
    name: found?.name ?? 'Error',
    message: found?.message ?? String(error),
    status: found?.$metadata?.httpStatusCode,
  };
}

/**
 * The last line of every AWS adapter: a foreign error becomes one of Tenure's own. What is not known counts as "try again",
 * since a step that is repeated harms nothing.
 *
 * @param what What was tried, as a sentence begins: "object x of bucket y could not be read".
 */
export function translated(error: unknown, what: string): TenureError {
  if (error instanceof TenureError) return error;
  const { name, message, status } = awsFault(error);
  const text = `${what}: ${message || name}`;
  const detail = { cause: error, details: { fault: name } };
  if (denied.test(name) || status === 403) {
    return new BlockedError(text, {
      ...detail,
      hint: 'The role of this function lacks the right, or the policy of the bucket, table or key denies it. Compare with docs/deploy.md.',
    });
  }
  if (keyState.test(name)) {
    return new BlockedError(text, {
      ...detail,
      hint: 'The master key is disabled or scheduled for deletion: cancel that in KMS, then run it again.',
    });
  }
  if (notFound.test(name) || status === 404) return new NotFoundError(text, detail);
  if (conflict.test(name) || status === 412) return new ConflictError(text, detail);
  if (invalid.test(name)) return new InvalidError(text, detail);
  return new UnavailableError(text, detail);
}
