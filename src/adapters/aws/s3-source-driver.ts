import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { InvalidError, NotFoundError } from '../../domain/errors.ts';
import type { SourceDriver } from '../../ports/source-driver.ts';
import { awsFault } from './aws-faults.ts';
import { absent, deleteSelected } from './s3-delete.ts';
import { describeBucket } from './s3-describe.ts';
import { bucketFault } from './s3-faults.ts';
import { decodedKey } from './s3-keys.ts';
import { overlaps, parseS3Location, type S3Location, s3Url } from './s3-location.ts';
import { beginObject, openedObject } from './s3-open.ts';
import { ReadAhead } from './s3-read-ahead.ts';
import { listPage, scanObjects } from './s3-scan.ts';
import { chosenOf } from './s3-selection.ts';
import { type KeysAfter, splitKeys } from './s3-splits.ts';
import { survivingObjects } from './s3-survivors.ts';

/** What an S3 source may be told besides its place. */
export interface S3SourceOptions {
  client: S3Client;
  /** Places that it must not overlap with: the repository, evidence and scratch, other sources. Only `s3://` ones count. */
  forbidden?: readonly string[];
  /** Milliseconds of the machine's clock; default `Date.now`. */
  wall?: () => number;
}

/**
 * A bucket, or a folder of one, as a source. Keys are names as they stand: `..` or empty segments mean nothing in S3, and `a` may
 * be there beside `a/b`. Every object is a file; folders are only part of names.
 *
 * @param location `s3://bucket/prefix`; the prefix names a folder, with or without `/` at its end
 */
export function s3SourceDriver(location: string, options: S3SourceOptions): SourceDriver {
  const { client } = options;
  const place = parseS3Location(location);
  const opening = { client, location: place, wall: options.wall ?? Date.now };
  const ahead = new ReadAhead(async (entry) => await beginObject(opening, entry));
  return {
    capabilities: { restore: true, overwrite: false, delete: true, sweep: true, attributes: false },
    verify: async (apartFrom = []) => await verifyPlace(client, place, [...(options.forbidden ?? []), ...apartFrom]),
    async *scan({ after } = {}) {
      for await (const batch of scanObjects(client, place, after)) {
        ahead.listed(batch.entries);
        yield batch;
      }
    },
    splits: async (pieces) => (await splitKeys(keysAfter(client, place), pieces)).map((key) => Buffer.from(key)),
    open: async (entry) => openedObject(opening, await ahead.begin(entry)),
    overwrite: async () => {
      throw new InvalidError('objects of a bucket cannot be overwritten in place: S3 would keep both', {
        hint: 'They are deleted with all their versions instead.',
      });
    },
    delete: async (selection, report, legs) => {
      try {
        await deleteSelected(client, place, selection, report, legs);
      } catch (error) {
        if (!isGone(error)) throw bucketFault(error, place.bucket, `objects of ${s3Url(place)} cannot be deleted`);
        const { after } = legs ?? {};
        for (const { key } of chosenOf(selection, place)) {
          if (after === undefined || Buffer.compare(key, after) > 0) report(absent(key));
        }
      }
    },
    survivors: async function* (selection, { after } = {}) {
      try {
        yield* survivingObjects(client, place, selection, after);
      } catch (error) {
        if (!isGone(error)) throw bucketFault(error, place.bucket, `${s3Url(place)} cannot be looked through`);
      }
    },
    describe: async () => await describeBucket(client, place),
  };
}

function isGone(error: unknown): boolean {
  return /^NoSuchBucket/.test(awsFault(error).name);
}

/** Pages of keys relative to the source, from any point. */
function keysAfter(client: S3Client, place: S3Location): KeysAfter {
  return async (after) => {
    const StartAfter = place.prefix + after;
    const {
      Contents = [],
      EncodingType,
      IsTruncated,
    } = await listPage(client, place, StartAfter === '' ? {} : { StartAfter });
    const keys = Contents.map(({ Key }) => decodedKey(Key ?? '', EncodingType).slice(place.prefix.length));
    return { keys, more: IsTruncated === true };
  };
}

/** The bucket is there, may be listed, and lies apart from what it must not touch. */
async function verifyPlace(client: S3Client, place: S3Location, forbidden: readonly string[]): Promise<void> {
  const met = forbidden.find((other) => overlaps(place, other));
  if (met !== undefined) {
    throw new InvalidError(`${s3Url(place)} overlaps with ${met}`, {
      hint: 'A source must lie apart from the buckets of Tenure and from every other source: erasing one would take the other.',
    });
  }
  try {
    await client.send(new HeadBucketCommand({ Bucket: place.bucket }));
  } catch (error) {
    if (awsFault(error).status !== 404)
      throw bucketFault(error, place.bucket, `the bucket ${place.bucket} cannot be used`);
    throw new NotFoundError(`the bucket ${place.bucket} does not exist`, {
      cause: error,
      hint: 'Look at its name and at the account; a bucket of another account needs a role there.',
    });
  }
  await listPage(client, place, { MaxKeys: 1 });
}
