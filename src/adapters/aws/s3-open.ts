import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { NotFoundError } from '../../domain/errors.ts';
import type { OpenedSource, SourceEntry } from '../../ports/source-driver.ts';
import { awsFault } from './aws-faults.ts';
import { bucketFault } from './s3-faults.ts';
import { headersOf } from './s3-headers.ts';
import type { S3Location } from './s3-location.ts';
import { RANGE_BYTES, type ReadAnswer, rangeOf, readObject } from './s3-read.ts';
import { objectEntry } from './s3-scan.ts';

/** Ranges that are read ahead of the reader: with its own, 32 MiB of memory for an object that is being read. */
const AHEAD = 3;
/**
 * How long after a change a further one could look the same. S3 tells times to the second; content that differs has another
 * ETag, but headers may change under the same one.
 */
const RACY_MS = 3000;

/** What opening needs besides the object. */
export interface OpenPlace {
  client: S3Client;
  location: S3Location;
  /** Milliseconds of the machine's clock. */
  wall: () => number;
}

/** An object as far as one request has brought it. */
export interface BegunObject extends ReadAnswer {
  entry: SourceEntry;
}

/**
 * Gets an object as it is now, headers included; of a long one the first range.
 *
 * @throws NotFoundError when it is gone, InvalidError when it lies in an archive, BlockedError when it may not be read
 */
export async function beginObject({ client, location }: OpenPlace, wanted: SourceEntry): Promise<BegunObject> {
  const place = placeOf(location, wanted.key);
  const first = { Range: rangeOf(0, RANGE_BYTES) };
  const room = (length: number): Buffer => Buffer.allocUnsafe(Math.min(length, RANGE_BYTES));
  try {
    // A short object is asked for whole: only then S3 tells the checksum that it has of it.
    const answer = await readObject(client, { ...place, ...(wanted.size > RANGE_BYTES ? first : {}) }, room).catch(
      // It was long, and is empty now.
      async (error: unknown) => {
        if (awsFault(error).status !== 416) throw error;
        return await readObject(client, place, room);
      },
    );
    return { ...answer, entry: entryOf(wanted.key, answer) };
  } catch (error) {
    if (/^(?:NoSuchKey|NotFound)$/.test(awsFault(error).name)) throw gone(wanted.key, error);
    throw bucketFault(error, location.bucket, `"${wanted.key.toString()}" cannot be read`);
  }
}

/**
 * An object that was begun, for reading. Further ranges name the ETag, so what is read is one state of the object; once it is
 * replaced they end, and `close` says so.
 */
export function openedObject(place: OpenPlace, begun: BegunObject): OpenedSource {
  const { entry } = begun;
  const readAt = place.wall();
  const ranges = new ObjectRanges(place, begun);
  return {
    entry,
    read: (buffer, position) => ranges.read(buffer, position),
    close: async () => {
      ranges.close();
      const modified = Number(entry.mtimeNs / 1_000_000n);
      const racy = readAt - modified < RACY_MS;
      if (!ranges.changed) return { unchanged: true, racy, entry };
      return { unchanged: false, racy, entry: (await lookAgain(place, entry.key)) ?? entry };
    },
  };
}

/** Ranges of one state of an object, read ahead. */
class ObjectRanges {
  changed = false;
  readonly #place: OpenPlace;
  readonly #begun: BegunObject;
  readonly #stop = new AbortController();
  readonly #coming = new Map<number, Promise<Buffer | undefined>>();

  constructor(place: OpenPlace, begun: BegunObject) {
    this.#place = place;
    this.#begun = begun;
    this.#coming.set(0, Promise.resolve(begun.bytes));
  }

  read(buffer: Buffer, position: number): number | Promise<number> {
    const { bytes, total } = this.#begun;
    if (position >= total || buffer.length === 0) return 0;
    return total === bytes.length ? bytes.copy(buffer, 0, position) : this.#readRange(buffer, position);
  }

  close(): void {
    this.#stop.abort();
    this.#coming.clear();
  }

  async #readRange(buffer: Buffer, position: number): Promise<number> {
    const index = Math.floor(position / RANGE_BYTES);
    const last = Math.ceil(this.#begun.total / RANGE_BYTES) - 1;
    for (const old of this.#coming.keys()) if (old < index) this.#coming.delete(old);
    for (let next = index; next <= Math.min(last, index + AHEAD); next++) this.#start(next);
    const range = await this.#coming.get(index);
    if (range === undefined) this.changed = true;
    return range?.copy(buffer, 0, position - index * RANGE_BYTES) ?? 0;
  }

  #start(index: number): void {
    if (this.#coming.has(index)) return;
    const range = this.#get(index);
    // Whoever reads it sees its fault.
    range.catch(() => undefined);
    this.#coming.set(index, range);
  }

  async #get(index: number): Promise<Buffer | undefined> {
    const { client, location } = this.#place;
    const { entry, total } = this.#begun;
    const from = index * RANGE_BYTES;
    const length = Math.min(RANGE_BYTES, total - from);
    try {
      const input = { ...placeOf(location, entry.key), IfMatch: entry.etag, Range: rangeOf(from, length) };
      return (await readObject(client, input, undefined, this.#stop.signal)).bytes;
    } catch (error) {
      const { status } = awsFault(error);
      // Replaced, deleted, or replaced by a shorter one.
      if (status === 412 || status === 404 || status === 416) return undefined;
      throw bucketFault(error, location.bucket, `"${entry.key.toString()}" cannot be read on`);
    }
  }
}

async function lookAgain({ client, location }: OpenPlace, key: Buffer): Promise<SourceEntry | undefined> {
  try {
    const { ContentLength = 0, LastModified, ETag } = await client.send(new HeadObjectCommand(placeOf(location, key)));
    return objectEntry(key, { size: ContentLength, modified: LastModified, etag: ETag });
  } catch (error) {
    if (awsFault(error).status === 404) return undefined;
    throw bucketFault(error, location.bucket, `"${key.toString()}" cannot be looked at`);
  }
}

function placeOf({ bucket, prefix }: S3Location, key: Buffer): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: prefix + key.toString() };
}

function entryOf(key: Buffer, { output, total }: ReadAnswer): SourceEntry {
  const entry = objectEntry(key, { size: total, modified: output.LastModified, etag: output.ETag });
  return { ...entry, headers: headersOf(output) };
}

const gone = (key: Buffer, cause: unknown): NotFoundError =>
  new NotFoundError(`"${key.toString()}" is no object of the source any more: it is gone.`, {
    hint: 'It was there when the source was scanned; the next backup sees what is there now.',
    cause,
  });
