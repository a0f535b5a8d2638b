import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import type { RestoreFolder } from '../../deps.ts';
import { InvalidError, NotFoundError, UnavailableError } from '../../domain/errors.ts';
import { awsFault } from './aws-faults.ts';
import { bucketFault } from './s3-faults.ts';
import { overlaps, parseS3Location, s3Url } from './s3-location.ts';
import { s3RestoreTarget } from './s3-restore-target.ts';
import { listPage } from './s3-scan.ts';
import { s3SourceDriver } from './s3-source-driver.ts';

/** What a restore into a bucket must not touch. */
export interface S3RestoreRules {
  client: S3Client;
  /** Buckets of Tenure: a restore over them could destroy every copy. */
  never: readonly string[];
  /** Places of sources: a restore over live data is asked about first. */
  apartFrom: readonly string[];
}

/**
 * Looks at the folder of a bucket that somebody named for a restore.
 *
 * @param url `s3://bucket/prefix`
 * @throws InvalidError when it overlaps with a place of the rules; NotFoundError when there is no such bucket
 */
export async function s3RestoreFolder(
  url: string,
  { client, never, apartFrom }: S3RestoreRules,
): Promise<RestoreFolder> {
  const location = parseS3Location(url);
  const path = s3Url(location);
  const own = never.find((other) => overlaps(location, other));
  if (own !== undefined) {
    throw new InvalidError(`${path} overlaps with ${own}, which belongs to Tenure`, {
      hint: 'Restore into another bucket; --force does not change that.',
    });
  }
  const source = apartFrom.find((other) => overlaps(location, other));
  if (source !== undefined) {
    throw new InvalidError(`${path} overlaps with ${source}, which is the place of a source`, {
      hint: 'Restore into a prefix of its own, look at it, and copy what you need; or use --force to write over live data.',
    });
  }
  await assertBucket(client, location.bucket);
  const isEmpty = async (): Promise<boolean> =>
    ((await listPage(client, location, { MaxKeys: 1 })).KeyCount ?? 0) === 0;
  const empty = await isEmpty();
  let opened = !empty;
  return {
    path,
    empty,
    // A prefix is not made and has no birth: it is itself as long as something is, or will be, in it.
    identity: () => (opened ? path : undefined),
    async open({ force }) {
      if (!force && !(await isEmpty())) {
        throw new InvalidError(`${path} is not empty`, {
          hint: 'Restore into an empty prefix, or use --force to write over what is there.',
        });
      }
      opened = true;
      return s3RestoreTarget(client, location, { force });
    },
    async remove(keys) {
      let removed = 0;
      await s3SourceDriver(path, { client }).delete({ keys }, ({ key, result }) => {
        if (result === 'failed' || result === 'locked') {
          throw new UnavailableError(`${key.toString()} was restored and cannot be removed again`, {
            hint: `It was erased by a case: remove it by hand from ${path}.`,
          });
        }
        if (result !== 'absent') removed++;
      });
      return removed;
    },
  };
}

async function assertBucket(client: S3Client, bucket: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (awsFault(error).status !== 404) throw bucketFault(error, bucket, `the bucket ${bucket} cannot be used`);
    throw new NotFoundError(`the bucket ${bucket} does not exist`, { cause: error, hint: 'Make it, or name another.' });
  }
}
