import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** S3 takes this many parts of one upload at most. */
const MOST_PARTS = 10_000;
/** Bytes of a part of an object that 10,000 of them can hold; S3 wants 5 MiB at least. */
const PART_BYTES = 16 * 1024 * 1024;
const MIB = 1024 * 1024;

/** SHA-256 of buffers in order, as S3 wants it. */
export function sha256Of(pieces: readonly Buffer[]): Buffer {
  const digest = createHash('sha256');
  for (const piece of pieces) digest.update(piece);
  return digest.digest();
}

/** How long the parts of an object of `size` bytes are: whole MiB, so that an upload can be gone on with. */
export function partBytesFor(size: number): number {
  return Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS / MIB) * MIB);
}

/** An upload in parts; each part goes out with its SHA-256, which S3 compares. */
export interface MultipartUpload {
  /** Uploads part `number` (from 1). */
  part(number: number, body: Buffer): Promise<void>;
  complete(options?: { ifAbsent?: boolean }): Promise<void>;
  abort(): Promise<void>;
  /** Whether a checksum that S3 tells of an object is that of these parts: the SHA-256 over theirs, and how many they are. */
  matches(checksum: string | undefined): boolean;
}

/** Begins an upload in parts, or goes on with one of which `known` is there already. */
export async function multipartUpload(
  client: S3Client,
  input: Omit<CreateMultipartUploadCommandInput, 'ChecksumAlgorithm'>,
  known?: { uploadId: string; parts: readonly CompletedPart[] },
): Promise<MultipartUpload> {
  const { Bucket, Key } = input;
  const UploadId =
    known?.uploadId ??
    (await client.send(new CreateMultipartUploadCommand({ ...input, ChecksumAlgorithm: 'SHA256' }))).UploadId;
  const place = { Bucket, Key, UploadId };
  const parts: CompletedPart[] = [...(known?.parts ?? [])];
  return {
    async part(PartNumber, Body) {
      const ChecksumSHA256 = sha256Of([Body]).toString('base64');
      const { ETag } = await client.send(new UploadPartCommand({ ...place, PartNumber, Body, ChecksumSHA256 }));
      parts.push({ PartNumber, ETag, ChecksumSHA256 });
    },
    async complete({ ifAbsent = false } = {}) {
      parts.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
      await client.send(
        new CompleteMultipartUploadCommand({
          ...place,
          MultipartUpload: { Parts: parts },
          ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
        }),
      );
    },
    matches(checksum) {
      const digests = parts.map(({ ChecksumSHA256 }) => Buffer.from(ChecksumSHA256 ?? '', 'base64'));
      return checksum === `${sha256Of(digests).toString('base64')}-${parts.length}`;
    },
    async abort() {
      await client.send(new AbortMultipartUploadCommand(place));
    },
  };
}
