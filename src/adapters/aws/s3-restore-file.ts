import { HeadObjectCommand, ListPartsCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { BlockedError, ConflictError, InvalidError, NotFoundError } from '../../domain/errors.ts';
import type { RestoredFile } from '../../ports/source-driver.ts';
import { awsFault } from './aws-faults.ts';
import { getObject } from './s3-get.ts';
import type { PutHeaders } from './s3-headers.ts';
import { type MultipartUpload, multipartUpload, partBytesFor, sha256Of } from './s3-multipart.ts';
import { pendingUploads } from './s3-uploads.ts';

/** Parts on their way at once; with the one that is being filled they are the memory of a restored object: 80 MiB. */
const PARTS_AT_ONCE = 4;

/** An object that is being restored. */
export interface RestoredObject {
  client: S3Client;
  place: { Bucket: string; Key: string };
  size: number;
  headers: PutHeaders;
  /** Replace what is there. */
  force: boolean;
  /** Takes work that goes on after `close`, with the bytes of memory that it holds, and waits where there is too much of it. */
  later(bytes: number, work: () => Promise<void>): Promise<void>;
}

/**
 * Takes the content of an object from its beginning to its end. A short one is put when it is closed; a long one goes out part by
 * part while it is written, so its memory is bounded, and can be paused at the end of a part.
 */
export class ObjectWriter implements RestoredFile {
  readonly #object: RestoredObject;
  readonly #partBytes: number;
  #part: Buffer | undefined;
  #filled = 0;
  #position: number;
  #parts: number;
  #upload: MultipartUpload | undefined;
  readonly #onTheWay = new Set<Promise<void>>();
  #fault: unknown;

  constructor(object: RestoredObject, begun?: { upload: MultipartUpload; position: number }) {
    this.#object = object;
    this.#partBytes = partBytesFor(object.size);
    this.#upload = begun?.upload;
    this.#position = begun?.position ?? 0;
    this.#parts = this.#position / this.#partBytes;
  }

  async write(data: Buffer, position: number): Promise<void> {
    if (position !== this.#position) {
      throw new InvalidError(
        `an object is restored from its beginning to its end: ${position} is not ${this.#position}`,
      );
    }
    for (let at = 0; at < data.length; ) {
      this.#part ??= Buffer.allocUnsafe(Math.min(this.#partBytes, Math.max(1, this.#object.size - this.#position)));
      const taken = data.copy(this.#part, this.#filled, at);
      if (taken === 0)
        throw new InvalidError(`object ${this.#object.place.Key} would grow past its ${this.#object.size} bytes`);
      at += taken;
      this.#filled += taken;
      this.#position += taken;
      if (this.#filled === this.#partBytes && this.#object.size > this.#partBytes) await this.#sendPart();
    }
  }

  async close(): Promise<void> {
    const { size, later } = this.#object;
    if (this.#upload === undefined) {
      const body = this.#part?.subarray(0, this.#filled) ?? Buffer.alloc(0);
      await later(body.length, async () => await putRestored(this.#object, body));
      return;
    }
    if (this.#filled > 0 || this.#parts === 0) await this.#sendPart();
    await this.#arrived();
    await completeRestored(this.#object, this.#upload, Math.min(size, this.#position));
  }

  /** Ends at the last whole part. */
  async pause(): Promise<number> {
    await this.#arrived();
    return this.#parts * this.#partBytes;
  }

  /** Removes what was sent of an object that will not be finished. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#onTheWay);
    await this.#upload?.abort().catch(() => undefined);
  }

  async #sendPart(): Promise<void> {
    const { client, place, headers } = this.#object;
    this.#upload ??= await multipartUpload(client, { ...place, ...headers });
    const body = this.#part?.subarray(0, this.#filled) ?? Buffer.alloc(0);
    this.#part = undefined;
    this.#filled = 0;
    const sent = this.#upload
      .part(++this.#parts, body)
      .catch((error: unknown) => {
        this.#fault ??= error;
      })
      .finally(() => this.#onTheWay.delete(sent));
    this.#onTheWay.add(sent);
    if (this.#onTheWay.size >= PARTS_AT_ONCE) await Promise.race(this.#onTheWay);
    if (this.#fault !== undefined) throw this.#fault;
  }

  async #arrived(): Promise<void> {
    await Promise.all(this.#onTheWay);
    if (this.#fault !== undefined) throw this.#fault;
  }
}

/** Goes on with an object that an earlier writer paused after `position` bytes. @throws NotFoundError when its parts are gone */
export async function resumedWriter(object: RestoredObject, position: number): Promise<ObjectWriter> {
  const { client, place } = object;
  const parts = position / partBytesFor(object.size);
  const uploads = await pendingUploads(client, place.Bucket, place.Key);
  if (uploads === undefined) {
    throw new BlockedError(
      `unfinished uploads of bucket ${place.Bucket} may not be listed, so ${place.Key} cannot be gone on with`,
      {
        hint: 'Allow s3:ListBucketMultipartUploads on the bucket and s3:ListMultipartUploadParts on its objects.',
      },
    );
  }
  for (const { uploadId } of uploads.filter(({ key }) => key === place.Key)) {
    const known = await partsOf(client, place, uploadId, parts);
    if (known.length !== parts) continue;
    return new ObjectWriter(object, {
      upload: await multipartUpload(client, place, { uploadId, parts: known }),
      position,
    });
  }
  throw new NotFoundError(`the first ${position} bytes of ${place.Key} are no longer there`, {
    hint: 'An unfinished upload was removed, as lifecycle rules do: restore again.',
  });
}

async function partsOf(client: S3Client, place: { Bucket: string; Key: string }, UploadId: string, most: number) {
  const known: { PartNumber: number; ETag: string | undefined; ChecksumSHA256?: string }[] = [];
  let PartNumberMarker: string | undefined;
  do {
    const page = await client.send(
      new ListPartsCommand({ ...place, UploadId, ...(PartNumberMarker === undefined ? {} : { PartNumberMarker }) }),
    );
    for (const { PartNumber = 0, ETag, ChecksumSHA256 } of page.Parts ?? []) {
      if (PartNumber > most) continue;
      known.push({ PartNumber, ETag, ...(ChecksumSHA256 === undefined ? {} : { ChecksumSHA256 }) });
    }
    PartNumberMarker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (PartNumberMarker !== undefined);
  return known;
}

/** Puts a short object. One that is there already counts as restored when it is the same: an answer may have been lost. */
export async function putRestored({ client, place, headers, force }: RestoredObject, body: Buffer): Promise<void> {
  const ChecksumSHA256 = sha256Of([body]).toString('base64');
  const absent = force ? {} : { IfNoneMatch: '*' };
  try {
    await client.send(new PutObjectCommand({ ...place, ...headers, ...absent, Body: body, ChecksumSHA256 }));
  } catch (error) {
    if (awsFault(error).status !== 412) throw error;
    if (!(await getObject(client, place, undefined, undefined)).equals(body)) throw inTheWay(place.Key);
  }
}

async function completeRestored(
  { client, place, force }: RestoredObject,
  upload: MultipartUpload,
  length: number,
): Promise<void> {
  try {
    await upload.complete({ ifAbsent: !force });
  } catch (error) {
    const { status, name } = awsFault(error);
    if (status !== 412 && name !== 'NoSuchUpload') throw error;
    // Ended by a try whose answer was lost, or there before: only the former has its parts' checksum.
    const there = await client.send(new HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' }));
    const isOurs = there.ContentLength === length && upload.matches(there.ChecksumSHA256);
    if (!isOurs) throw inTheWay(place.Key);
  }
}

function inTheWay(key: string): ConflictError {
  return new ConflictError(`object ${key} cannot be restored: another one is there already`, {
    hint: 'Restore into an empty prefix, or use --force to replace what is in the way.',
  });
}
