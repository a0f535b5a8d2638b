import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CorruptError } from '../../domain/errors.ts';
import { inParallel } from './in-parallel.ts';
import { patiently } from './patiently.ts';

/** Bytes of one ranged request: Amazon's advice for parallel reads is 8 to 16 MB. */
export const RANGE_BYTES = 8 * 1024 * 1024;
/** Ranged requests of one object at once. */
const RANGES_AT_ONCE = 8;
/** Tries of a body that breaks off; a request that fails before its body is tried again by the SDK. */
const TRIES = 4;

/** A body that ended early, or differs from its checksum. */
class BrokenBody extends Error {
  override readonly name = 'BrokenBody';
}

/** What a GET answered, with the bytes that were wanted of its body. */
export interface ReadAnswer {
  output: GetObjectCommandOutput;
  bytes: Buffer;
  /** Length of the whole object. */
  total: number;
}

/**
 * Gets an object or a range. The body is compared with the checksum that the store has of it, where it has one for what was
 * asked (S3 has none for a range), and read again when it breaks off.
 *
 * @param memory gives room for the body of so many bytes; what goes beyond the room is not read
 * @throws CorruptError when the bytes differ from their checksum each time; foreign errors as they come
 */
export async function readObject(
  client: S3Client,
  input: GetObjectCommandInput,
  memory: (length: number, total: number) => Buffer = (length) => Buffer.allocUnsafe(length),
  signal?: AbortSignal,
): Promise<ReadAnswer> {
  const again = (error: unknown): boolean => error instanceof BrokenBody && signal?.aborted !== true;
  try {
    return await patiently(TRIES, again, async () => {
      const output = await client.send(
        new GetObjectCommand(input),
        signal === undefined ? {} : { abortSignal: signal },
      );
      const length = output.ContentLength ?? 0;
      const total = Number(/\/(\d+)$/.exec(output.ContentRange ?? '')?.[1] ?? length);
      const body = output.Body as BodyStream | undefined;
      const bytes = roomIn(memory, length, total, body);
      await readBody(body, bytes, length);
      return { output, bytes, total };
    });
  } catch (error) {
    if (!(error instanceof BrokenBody) || !/checksum/i.test(String(error.cause))) throw error;
    throw new CorruptError(
      `object ${input.Key} of bucket ${input.Bucket} differs from its checksum each time it is read`,
      {
        cause: error,
        hint: 'Something on the way to the bucket alters data, or the object was damaged where it lies.',
      },
    );
  }
}

type BodyStream = AsyncIterable<Uint8Array> & { destroy(): void };

/** Whoever gives the memory may refuse what is to come; then its connection is closed. */
function roomIn(
  memory: (length: number, total: number) => Buffer,
  length: number,
  total: number,
  body: BodyStream | undefined,
): Buffer {
  try {
    const room = memory(length, total);
    return room.subarray(0, Math.min(length, room.length));
  } catch (error) {
    body?.destroy();
    throw error;
  }
}

async function readBody(body: BodyStream | undefined, into: Buffer, length: number): Promise<void> {
  let filled = 0;
  if (body !== undefined) {
    try {
      for await (const piece of body) {
        const rest = into.length - filled;
        if (piece.length > rest && length === into.length) throw new Error('the body is longer than it was said to be');
        into.set(piece.length > rest ? piece.subarray(0, rest) : piece, filled);
        filled += Math.min(piece.length, rest);
        // The rest of a longer body is left unread; leaving the loop closes its connection.
        if (filled === into.length && into.length < length) return;
      }
    } catch (cause) {
      throw new BrokenBody('the body of an object broke off', { cause });
    }
  }
  if (filled < into.length) throw new BrokenBody(`the body of an object ended after ${filled} of ${into.length} bytes`);
}

/** Fills `into` from `offset` of an object on, in ranges, several at once. */
export async function readRanges(
  client: S3Client,
  input: GetObjectCommandInput,
  offset: number,
  into: Buffer,
): Promise<void> {
  const starts: number[] = [];
  for (let at = 0; at < into.length; at += RANGE_BYTES) starts.push(at);
  await inParallel(starts, RANGES_AT_ONCE, async (at) => {
    const room = into.subarray(at, at + RANGE_BYTES);
    const { bytes } = await readObject(client, { ...input, Range: rangeOf(offset + at, room.length) }, () => room);
    if (bytes.length < room.length) {
      throw new CorruptError(`object ${input.Key} of bucket ${input.Bucket} became shorter while it was read`);
    }
  });
}

/** `bytes=` with the last byte, which counts. */
export function rangeOf(offset: number, length: number): string {
  return `bytes=${offset}-${offset + length - 1}`;
}
