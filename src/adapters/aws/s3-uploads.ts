import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { awsFault } from './aws-faults.ts';
import { compareKeys, decodedKey } from './s3-keys.ts';

/** An upload in parts that was begun and not ended. Its parts are data, though no listing of objects shows them. */
export interface PendingUpload {
  key: string;
  uploadId: string;
}

/**
 * Pending uploads under a prefix, in order of keys; `undefined` where they may not be listed.
 *
 * They are few: each is one that broke off, and lifecycle rules usually end them after a day.
 */
export async function pendingUploads(
  client: S3Client,
  bucket: string,
  prefix: string,
): Promise<PendingUpload[] | undefined> {
  const found: PendingUpload[] = [];
  let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    try {
      const page = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', ...markers }),
      );
      for (const { Key, UploadId } of page.Uploads ?? []) {
        if (UploadId !== undefined) found.push({ key: decodedKey(Key ?? '', page.EncodingType), uploadId: UploadId });
      }
      if (page.IsTruncated !== true || page.NextKeyMarker === undefined) break;
      markers = {
        KeyMarker: decodedKey(page.NextKeyMarker, page.EncodingType),
        ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
      };
    } catch (error) {
      const { status, name } = awsFault(error);
      if (status === 403) return undefined;
      if (/^NoSuchBucket/.test(name)) return [];
      throw error;
    }
  }
  return found.sort((a, b) => compareKeys(a.key, b.key));
}

/** Ends an upload and removes its parts. @returns why not, where that is refused */
export async function abortUpload(
  client: S3Client,
  bucket: string,
  upload: PendingUpload,
): Promise<string | undefined> {
  try {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: upload.key, UploadId: upload.uploadId }));
    return undefined;
  } catch (error) {
    const { status, name, message } = awsFault(error);
    if (status === 404) return undefined;
    if (status === 403) return `${name}: ${message}`;
    throw error;
  }
}
