import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { awsFault } from './aws-faults.ts';
import { inParallel } from './in-parallel.ts';
import { patiently } from './patiently.ts';
import { multipartUpload, partBytesFor, sha256Of } from './s3-multipart.ts';

/** Longer objects go in parts: what breaks off costs a part, and parts go side by side. */
const SINGLE_BYTES = 64 * 1024 * 1024;
/** Parts of one object at once; each is a copy in memory. */
const PARTS_AT_ONCE = 4;
/** Tries of a put that S3 refused since another about the same key was under way (409). */
const TRIES = 6;

/**
 * Puts an object with its SHA-256, if there is none under its key; in parts where it is long. Repeatable.
 *
 * @returns false when there is one already, or when a lost reply leaves it open whose it is
 */
export async function putIfAbsent(
  client: S3Client,
  place: Pick<PutObjectCommandInput, 'Bucket' | 'Key'>,
  pieces: readonly Buffer[],
): Promise<boolean> {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const busy = (error: unknown): boolean => awsFault(error).status === 409;
  try {
    await patiently(TRIES, busy, async () =>
      size > SINGLE_BYTES ? await putInParts(client, place, pieces, size) : await putWhole(client, place, pieces),
    );
    return true;
  } catch (error) {
    const { name, status } = awsFault(error);
    // An upload that is unknown at its end was ended by an earlier try whose reply was lost.
    if (status === 412 || name === 'NoSuchUpload') return false;
    throw error;
  }
}

async function putWhole(
  client: S3Client,
  place: Pick<PutObjectCommandInput, 'Bucket' | 'Key'>,
  pieces: readonly Buffer[],
): Promise<void> {
  const digest = sha256Of(pieces);
  // One buffer goes as it is; several are joined once, since a stream could not be sent again.
  const Body = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  const command = new PutObjectCommand({ ...place, Body, ChecksumSHA256: digest.toString('base64'), IfNoneMatch: '*' });
  // The signature wants the same digest in hex; given here, it is not computed a second time.
  command.middlewareStack.add(
    (next) => async (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = digest.toString('hex');
      return await next(args);
    },
    { step: 'build', name: 'knownContentDigest' },
  );
  await client.send(command);
}

async function putInParts(
  client: S3Client,
  place: Pick<PutObjectCommandInput, 'Bucket' | 'Key'>,
  pieces: readonly Buffer[],
  size: number,
): Promise<void> {
  const upload = await multipartUpload(client, { Bucket: place.Bucket, Key: place.Key });
  const length = partBytesFor(size);
  try {
    await inParallel(Array.from({ length: Math.ceil(size / length) }).keys(), PARTS_AT_ONCE, async (index) => {
      await upload.part(index + 1, stretchOf(pieces, index * length, length));
    });
    await upload.complete({ ifAbsent: true });
  } catch (error) {
    await upload.abort().catch(() => undefined);
    throw error;
  }
}

/** Bytes `from` … `from + length` of buffers in order; a view where they lie in one of them. */
function stretchOf(pieces: readonly Buffer[], from: number, length: number): Buffer {
  const found: Buffer[] = [];
  let at = 0;
  for (const piece of pieces) {
    const begin = Math.max(0, from - at);
    const end = Math.min(piece.length, from + length - at);
    if (begin < end) found.push(piece.subarray(begin, end));
    at += piece.length;
    if (at >= from + length) break;
  }
  return found.length === 1 && found[0] !== undefined ? found[0] : Buffer.concat(found);
}
