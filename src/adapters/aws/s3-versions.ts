import {
  GetBucketVersioningCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BlockedError } from '../../domain/errors.ts';
import { awsFault } from './aws-faults.ts';
import { compareKeys, decodedKey } from './s3-keys.ts';

/** A version of an object, or the mark that it was deleted. */
export interface VersionRow {
  key: string;
  /** `null` in words for an object of a bucket without versions; absent where versions could not be listed. */
  versionId?: string;
  deleteMarker: boolean;
  size: number;
}

/** Where to look. */
export interface VersionRange {
  bucket: string;
  prefix: string;
  /** Only keys after this one. */
  after?: string;
}

/**
 * All versions and delete markers under a prefix in order of keys, a thousand at most at a time; those of one key may lie on
 * several pages. A bucket that never had versions is listed as objects where listing versions is denied.
 *
 * @throws BlockedError when versions may be there and cannot be listed; foreign errors as they come
 */
export async function* versionPages(client: S3Client, range: VersionRange): AsyncGenerator<VersionRow[]> {
  try {
    yield* allVersions(client, range);
  } catch (error) {
    const { name, status } = awsFault(error);
    if (error instanceof BlockedError || (status !== 403 && status !== 501 && name !== 'NotImplemented')) throw error;
    await assertNoVersions(client, range.bucket, error);
    yield* objectsOnly(client, range);
  }
}

async function* allVersions(client: S3Client, { bucket, prefix, after }: VersionRange): AsyncGenerator<VersionRow[]> {
  let KeyMarker = after;
  let VersionIdMarker: string | undefined;
  for (;;) {
    const page = await client.send(
      new ListObjectVersionsCommand({
        ...{ Bucket: bucket, Prefix: prefix, EncodingType: 'url' },
        ...(KeyMarker === undefined ? {} : { KeyMarker }),
        ...(VersionIdMarker === undefined ? {} : { VersionIdMarker }),
      }),
    );
    const keyOf = (key: string | undefined): string => decodedKey(key ?? '', page.EncodingType);
    const rows: VersionRow[] = [
      ...(page.Versions ?? []).map((found) => ({ found, deleteMarker: false, size: found.Size ?? 0 })),
      ...(page.DeleteMarkers ?? []).map((found) => ({ found, deleteMarker: true, size: 0 })),
    ].map(({ found, deleteMarker, size }) => ({
      key: keyOf(found.Key),
      ...(found.VersionId === undefined ? {} : { versionId: found.VersionId }),
      deleteMarker,
      size,
    }));
    rows.sort((a, b) => compareKeys(a.key, b.key));
    if (rows.length > 0) yield rows;
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return;
    KeyMarker = keyOf(page.NextKeyMarker);
    VersionIdMarker = page.NextVersionIdMarker;
  }
}

/** Without the right to list versions only a bucket that never had any can be told to be empty. */
async function assertNoVersions(client: S3Client, bucket: string, cause: unknown): Promise<void> {
  const versioning = await client.send(new GetBucketVersioningCommand({ Bucket: bucket })).then(
    ({ Status }) => Status ?? 'never',
    () => 'not known: access denied',
  );
  if (versioning === 'never') return;
  throw new BlockedError(`versions in bucket ${bucket} cannot be listed (versioning: ${versioning})`, {
    cause,
    hint: 'Allow s3:ListBucketVersions on the bucket, or s3:GetBucketVersioning where it has no versions.',
  });
}

async function* objectsOnly(client: S3Client, { bucket, prefix, after }: VersionRange): AsyncGenerator<VersionRow[]> {
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        ...{ Bucket: bucket, Prefix: prefix, EncodingType: 'url' },
        ...(after === undefined ? {} : { StartAfter: after }),
        ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
      }),
    );
    const rows = (page.Contents ?? []).map(({ Key, Size }) => ({
      key: decodedKey(Key ?? '', page.EncodingType),
      deleteMarker: false,
      size: Size ?? 0,
    }));
    if (rows.length > 0) yield rows;
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}
