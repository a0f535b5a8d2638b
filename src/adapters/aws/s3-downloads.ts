import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Deps } from '../../deps.ts';
import { contentDisposition } from '../../domain/content-disposition.ts';
import { bucketFault } from './s3-faults.ts';
import { type MultipartUpload, multipartUpload, sha256Of } from './s3-multipart.ts';

/** Bytes of a part: 10,000 of them are 156 GiB, more than is read in the time of a function. */
const partBytes = 16 * 1024 * 1024;

/** How long an address holds. Long enough to begin with; what has begun goes on. */
const linkSeconds = 300;

/** Downloads in a bucket: an object in a folder of scratch that bears the download's id, fetched by a presigned address. */
export function s3Downloads(options: {
  client: S3Client;
  bucket: string;
  prefix: string;
}): NonNullable<Deps['downloads']> {
  const { client, bucket: Bucket, prefix } = options;
  const placeOf = (id: string) => ({ Bucket, Key: `${prefix}${id}/content` });
  return {
    async put(id, content) {
      try {
        return await putStream(client, placeOf(id), content);
      } catch (error) {
        throw bucketFault(error, Bucket, `the download ${id} cannot be put into ${Bucket}`);
      }
    },
    async link(id, { filename, type }) {
      const as = { ResponseContentType: type, ResponseContentDisposition: contentDisposition(filename) };
      return await getSignedUrl(client, new GetObjectCommand({ ...placeOf(id), ...as }), { expiresIn: linkSeconds });
    },
  };
}

/** A short stream is put at once, a longer one in parts as it comes; memory holds one part. */
async function putStream(
  client: S3Client,
  place: { Bucket: string; Key: string },
  content: AsyncIterable<Buffer>,
): Promise<number> {
  let upload: MultipartUpload | undefined;
  let parts = 0;
  let bytes = 0;
  try {
    for await (const part of partsOf(content)) {
      bytes += part.length;
      if (parts === 0 && part.length < partBytes) {
        const ChecksumSHA256 = sha256Of([part]).toString('base64');
        await client.send(new PutObjectCommand({ ...place, Body: part, ChecksumSHA256 }));
        return bytes;
      }
      upload ??= await multipartUpload(client, place);
      await upload.part(++parts, part);
    }
    await upload?.complete();
    return bytes;
  } catch (error) {
    await upload?.abort().catch(() => undefined);
    throw error;
  }
}

/** Full parts, and the rest; an empty one where there is nothing at all. */
async function* partsOf(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let length = 0;
  let any = false;
  for await (const piece of content) {
    // A copy: the piece is valid until the next one only.
    pieces.push(Buffer.from(piece));
    length += piece.length;
    while (length >= partBytes) {
      const all = Buffer.concat(pieces, length);
      any = true;
      yield all.subarray(0, partBytes);
      pieces = [all.subarray(partBytes)];
      length -= partBytes;
    }
  }
  if (length > 0 || !any) yield Buffer.concat(pieces, length);
}
