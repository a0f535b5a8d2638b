import {
  GetObjectRetentionCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ConflictError, InvalidError, UnavailableError } from '../../domain/errors.ts';
import type { ObjectInfo, ObjectStore } from '../../ports/object-store.ts';
import { assertObjectKey, assertObjectPrefix, assertRange } from '../object-key.ts';
import { awsFault, translated } from './aws-faults.ts';
import { getObject } from './s3-get.ts';
import { decodedKey } from './s3-keys.ts';
import { purgeKeys } from './s3-purge.ts';
import { putIfAbsent } from './s3-put.ts';

/** A bucket as a store of immutable objects. */
export interface S3StoreOptions {
  client: S3Client;
  bucket: string;
  /** Where in the bucket it begins: a folder, with or without `/` at its end. Default: the whole bucket. */
  prefix?: string;
  /** The bucket has Object Lock. Default: false. */
  locks?: boolean;
  /** `COMPLIANCE` (default): nobody can end a lock early; `GOVERNANCE`: whoever has the right to bypass it can. */
  lockMode?: 'COMPLIANCE' | 'GOVERNANCE';
}

/**
 * Objects of a bucket. A put is refused by S3 itself when the key is taken (`If-None-Match: *`); when that may be the
 * work of an earlier try whose reply was lost, what is there is read and compared.
 */
export function s3ObjectStore(options: S3StoreOptions): ObjectStore {
  const { client, bucket } = options;
  const root = options.prefix === undefined || options.prefix === '' ? '' : `${options.prefix.replace(/\/+$/, '')}/`;
  const placeOf = (key: string): { Bucket: string; Key: string } => {
    assertObjectKey(key);
    assertObjectKey(root + key);
    return { Bucket: bucket, Key: root + key };
  };
  const keyOf = (key: string): string => key.slice(root.length);
  return {
    async *list(prefix, { after } = {}) {
      assertObjectPrefix(prefix);
      yield* listObjects(client, bucket, root, prefix, after);
    },
    async head(key) {
      const place = placeOf(key);
      try {
        const { ContentLength, LastModified } = await client.send(new HeadObjectCommand(place));
        return infoOf(key, ContentLength, LastModified);
      } catch (error) {
        if (awsFault(error).status !== 404) throw storeFault(error, bucket, `object ${key} cannot be looked at`);
        await assertBucket(client, bucket);
        return undefined;
      }
    },
    async get(key, range, into) {
      const place = placeOf(key);
      if (range) assertRange(range);
      try {
        return await getObject(client, place, range, into);
      } catch (error) {
        throw storeFault(error, bucket, `object ${key} cannot be read`);
      }
    },
    async put(key, data) {
      const place = placeOf(key);
      const pieces = Array.isArray(data) ? data : [data];
      try {
        if (await putIfAbsent(client, place, pieces)) return;
        if (await hasBytes(client, place, pieces)) return;
      } catch (error) {
        throw storeFault(error, bucket, `object ${key} cannot be stored`);
      }
      throw new ConflictError(`object ${key} exists with other content`);
    },
    async extendLock(key, until) {
      const place = placeOf(key);
      if (options.locks !== true) {
        throw new InvalidError(`bucket ${bucket} has no locks`, {
          hint: 'Locks need a bucket with Object Lock, which is set when a bucket is made.',
        });
      }
      try {
        await extendRetention(client, place, until, options.lockMode ?? 'COMPLIANCE');
      } catch (error) {
        throw storeFault(error, bucket, `object ${key} cannot be locked until ${until}`);
      }
    },
    async purge(keys) {
      const places = keys.map((key) => placeOf(key).Key);
      try {
        const survivors = await purgeKeys(client, bucket, places);
        return survivors.map((survivor) => ({ ...survivor, key: keyOf(survivor.key) }));
      } catch (error) {
        throw storeFault(error, bucket, 'objects cannot be removed');
      }
    },
  };
}

async function* listObjects(
  client: S3Client,
  bucket: string,
  root: string,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<ObjectInfo> {
  let ContinuationToken: string | undefined;
  do {
    const page = await client
      .send(
        new ListObjectsV2Command({
          ...{ Bucket: bucket, Prefix: root + prefix, EncodingType: 'url' },
          ...(after === undefined || after === '' ? {} : { StartAfter: root + after }),
          ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
        }),
      )
      .catch((error: unknown) => {
        throw storeFault(error, bucket, `objects of ${prefix} cannot be listed`);
      });
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      yield infoOf(decodedKey(Key ?? '', page.EncodingType).slice(root.length), Size, LastModified);
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

function infoOf(key: string, size: number | undefined, stored: Date | undefined): ObjectInfo {
  return { key, size: size ?? 0, storedAt: (stored ?? new Date(0)).toISOString() };
}

/** Whether the object that is there is made of these bytes. One that went meanwhile was purged: then it is not. */
async function hasBytes(
  client: S3Client,
  place: { Bucket: string; Key: string },
  pieces: readonly Buffer[],
): Promise<boolean> {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  try {
    const { ContentLength } = await client.send(new HeadObjectCommand(place));
    if (ContentLength !== size) return false;
    const stored = await getObject(client, place, undefined, undefined);
    let at = 0;
    for (const piece of pieces) {
      if (!stored.subarray(at, at + piece.length).equals(piece)) return false;
      at += piece.length;
    }
    return true;
  } catch (error) {
    if (awsFault(error).status === 404) return false;
    throw error;
  }
}

async function extendRetention(
  client: S3Client,
  place: { Bucket: string; Key: string },
  until: string,
  mode: 'COMPLIANCE' | 'GOVERNANCE',
): Promise<void> {
  const known = await client.send(new GetObjectRetentionCommand(place)).then(
    ({ Retention }) => Retention,
    (error: unknown) => {
      if (/NoSuchObjectLockConfiguration/.test(awsFault(error).name)) return undefined;
      throw error;
    },
  );
  const wanted = new Date(until);
  if (known?.RetainUntilDate !== undefined && known.RetainUntilDate >= wanted) return;
  // A lock in COMPLIANCE cannot become one that may be bypassed.
  const Mode = known?.Mode === 'COMPLIANCE' ? 'COMPLIANCE' : mode;
  await client.send(new PutObjectRetentionCommand({ ...place, Retention: { Mode, RetainUntilDate: wanted } }));
}

/** A bucket that is gone is no empty store: Tenure would believe that every copy is lost. */
function storeFault(error: unknown, bucket: string, what: string): Error {
  if (/NoSuchBucket/.test(awsFault(error).name)) return bucketGone(bucket, error);
  return translated(error, what);
}

async function assertBucket(client: S3Client, bucket: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (awsFault(error).status === 404) throw bucketGone(bucket, error);
    // Who may not ask about the bucket was told about the object, so it is there.
  }
}

function bucketGone(bucket: string, cause: unknown): UnavailableError {
  return new UnavailableError(`the bucket ${bucket} of the store does not exist`, {
    cause,
    hint: 'Look at the name and the account of the bucket; a bucket that is made anew under its name is empty.',
  });
}
