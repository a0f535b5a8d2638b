import { InvalidError } from '../../domain/errors.ts';

/** A folder of a bucket. */
export interface S3Location {
  bucket: string;
  /** Empty, or ends in `/`: a prefix without it would take in the folder's neighbours ("data" is also how "database/" begins). */
  prefix: string;
}

const shape = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>.*))?$/s;
/** Buckets of the storage class S3 Express list in no order. */
const unordered = /--x-s3$/;

/** Reads `s3://bucket/prefix`, with or without `/` at its end. @throws InvalidError */
export function parseS3Location(location: string): S3Location {
  const { bucket, prefix = '' } = shape.exec(location)?.groups ?? {};
  if (bucket === undefined) {
    throw new InvalidError(`"${location}" is no place in S3`, { hint: 'Write s3://BUCKET or s3://BUCKET/PREFIX.' });
  }
  if (unordered.test(bucket)) {
    throw new InvalidError(`bucket ${bucket} is a directory bucket, which lists its keys in no order`, {
      hint: 'Protect a general purpose bucket.',
    });
  }
  return { bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}

/** Whether one of two places lies in the other. What is no place in S3 overlaps with none. */
export function overlaps(one: S3Location, other: string): boolean {
  if (!other.startsWith('s3://')) return false;
  const { bucket, prefix } = parseS3Location(other);
  return bucket === one.bucket && (prefix.startsWith(one.prefix) || one.prefix.startsWith(prefix));
}

/** `s3://bucket/prefix/` */
export function s3Url({ bucket, prefix }: S3Location): string {
  return `s3://${bucket}/${prefix}`;
}
