import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** A multipart upload, part after part. */
export class Upload {
  readonly #s3: S3Client;
  readonly #place: { Bucket: string; Key: string; UploadId: string };
  readonly #parts: { PartNumber: number; ETag: string }[] = [];

  constructor(s3: S3Client, place: { Bucket: string; Key: string; UploadId: string }) {
    this.#s3 = s3;
    this.#place = place;
  }

  static async begin(s3: S3Client, Bucket: string, Key: string): Promise<Upload> {
    const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    return new Upload(s3, { Bucket, Key, UploadId });
  }

  async part(Body: Buffer): Promise<void> {
    const PartNumber = this.#parts.length + 1;
    const { ETag = '' } = await this.#s3.send(new UploadPartCommand({ ...this.#place, PartNumber, Body }));
    this.#parts.push({ PartNumber, ETag });
  }

  async end(): Promise<void> {
    await this.#s3.send(
      new CompleteMultipartUploadCommand({ ...this.#place, MultipartUpload: { Parts: this.#parts } }),
    );
  }
}
