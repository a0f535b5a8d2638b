import { type _Object, ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { ScanBatch, ScanNotice, SourceEntry } from '../../ports/source-driver.ts';
import { bucketFault } from './s3-faults.ts';
import { decodedKey, textUpTo } from './s3-keys.ts';
import type { S3Location } from './s3-location.ts';

/**
 * Objects under a prefix in byte order, a thousand a batch; the next page is on its way while one is worked on.
 *
 * The object whose key is the prefix itself, as consoles make it for a folder, has no name inside the source: it is left out,
 * with a notice if it holds anything.
 */
export async function* scanObjects(
  client: S3Client,
  location: S3Location,
  after: Buffer = Buffer.alloc(0),
): AsyncGenerator<ScanBatch, void> {
  const { prefix } = location;
  let page: Promise<ListObjectsV2CommandOutput> | undefined = listPage(client, location, {
    ...(after.length === 0 ? {} : { StartAfter: prefix + textUpTo(after) }),
  });
  while (page !== undefined) {
    const { Contents = [], EncodingType, NextContinuationToken }: ListObjectsV2CommandOutput = await page;
    page =
      NextContinuationToken === undefined
        ? undefined
        : listPage(client, location, { ContinuationToken: NextContinuationToken });
    // A consumer that stops early leaves it to itself.
    page?.catch(() => undefined);
    const entries: SourceEntry[] = [];
    const notices: ScanNotice[] = [];
    for (const object of Contents) {
      const key = Buffer.from(decodedKey(object.Key ?? '', EncodingType).slice(prefix.length));
      if (key.length === 0) {
        if ((object.Size ?? 0) > 0) notices.push({ key, kind: 'not-covered', reason: OWN_FOLDER });
      } else if (Buffer.compare(key, after) > 0) entries.push(listedEntry(key, object));
    }
    if (entries.length + notices.length > 0) yield { entries, notices };
  }
}

const OWN_FOLDER = "an object with content whose key is the source's own prefix: it has no name inside the source";

/** One page of a listing, up to a thousand keys, url-encoded: XML cannot carry every character that a key may have. */
export async function listPage(
  client: S3Client,
  { bucket, prefix }: S3Location,
  options: { StartAfter?: string; ContinuationToken?: string; MaxKeys?: number } = {},
): Promise<ListObjectsV2CommandOutput> {
  try {
    return await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', ...options }),
    );
  } catch (error) {
    throw bucketFault(error, bucket, `objects of s3://${bucket}/${prefix} cannot be listed`);
  }
}

function listedEntry(key: Buffer, { Size, LastModified, ETag }: _Object): SourceEntry {
  return objectEntry(key, { size: Size ?? 0, modified: LastModified, etag: ETag });
}

/**
 * An object as an entry: what a file has and an object has not is zero or empty. Its time is that of HTTP, whole seconds: some
 * listings tell milliseconds that no answer to a GET has, and an object that nobody touched would seem to have changed.
 */
export function objectEntry(
  key: Buffer,
  { size, modified, etag }: { size: number; modified: Date | undefined; etag: string | undefined },
): SourceEntry {
  const seconds = Math.floor((modified?.getTime() ?? 0) / 1000);
  return {
    ...{ key, type: 'file', size, mtimeNs: BigInt(seconds) * 1_000_000_000n, ctimeNs: 0n },
    ...{ inode: 0n, device: 0n, links: 1, mode: 0, uid: 0, gid: 0, owner: '', group: '' },
    ...(etag === undefined ? {} : { etag }),
  };
}
