import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { CorruptError } from '../../domain/errors.ts';
import { awsFault } from './aws-faults.ts';
import { RANGE_BYTES, rangeOf, readObject, readRanges } from './s3-read.ts';

/**
 * All bytes of an object, or a range of them, where it is long in several requests side by side.
 *
 * @param into Memory for the answer, where it is long enough
 * @throws CorruptError for a range that reaches past the end; foreign errors as they come
 */
export async function getObject(
  client: S3Client,
  place: { Bucket: string; Key: string },
  range: { offset: number; length: number } | undefined,
  into: Buffer | undefined,
): Promise<Buffer> {
  const roomFor = (length: number): Buffer =>
    into !== undefined && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafe(length);
  if (range?.length === 0) return await emptyRange(client, place, range.offset);
  if (range === undefined) {
    // Whole, the store's checksum of it is compared; a very long one is left after its first bytes and read side by side.
    const { bytes, total } = await readObject(client, place, (length) => roomFor(Math.min(length, 2 * RANGE_BYTES)));
    return total === bytes.length ? bytes : await readOn(client, place, 0, roomFor(total), bytes);
  }
  const { offset, length } = range;
  const first = Math.min(length, RANGE_BYTES);
  const { bytes, total } = await readObject(client, { ...place, Range: rangeOf(offset, first) }, (found, whole) => {
    if (offset + length > whole) throw shorter(place.Key, whole, range);
    return found === length ? roomFor(length) : Buffer.allocUnsafe(found);
  }).catch((error: unknown) => {
    throw awsFault(error).status === 416 ? shorter(place.Key, undefined, range) : error;
  });
  if (offset + length > total || bytes.length < first) throw shorter(place.Key, total, range);
  return bytes.length === length ? bytes : await readOn(client, place, offset, roomFor(length), bytes);
}

/** Reads the rest of what begins with `begun`, several ranges at once. */
async function readOn(
  client: S3Client,
  place: { Bucket: string; Key: string },
  offset: number,
  room: Buffer,
  begun: Buffer,
): Promise<Buffer> {
  begun.copy(room);
  await readRanges(client, place, offset + begun.length, room.subarray(begun.length));
  return room;
}

/** Nothing of an object: S3 knows no empty ranges. */
async function emptyRange(client: S3Client, place: { Bucket: string; Key: string }, offset: number): Promise<Buffer> {
  const { ContentLength = 0 } = await client.send(new HeadObjectCommand(place));
  if (offset > ContentLength) throw shorter(place.Key, ContentLength, { offset, length: 0 });
  return Buffer.alloc(0);
}

function shorter(key: string, size: number | undefined, { offset, length }: { offset: number; length: number }): Error {
  const found = size === undefined ? `has no byte ${offset}` : `is ${size} bytes long`;
  return new CorruptError(`object ${key} ${found}, ${offset}+${length} were wanted`);
}
