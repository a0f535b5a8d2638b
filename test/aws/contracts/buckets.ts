import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { s3Client } from '../../../src/adapters/aws/s3-client.ts';

/** A client for an emulator. */
export function emulatedS3(endpoint: string): S3Client {
  const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' });
  return s3Client({ region: 'us-east-1', endpoint, credentials });
}

let buckets = 0;

/** A bucket of its own for a test. */
export async function freshBucket(
  client: S3Client,
  options: { versions?: boolean } & Omit<CreateBucketCommandInput, 'Bucket'> = {},
): Promise<string> {
  const { versions = false, ...more } = options;
  const Bucket = `tenure-test-${process.pid}-${Date.now().toString(36)}-${buckets++}`;
  await client.send(new CreateBucketCommand({ Bucket, ...more }));
  if (versions) {
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  }
  return Bucket;
}

/** Puts an object. @returns its version */
export async function put(
  client: S3Client,
  bucket: string,
  key: string,
  content: Buffer | string,
  more: Partial<PutObjectCommandInput> = {},
): Promise<string | undefined> {
  const Body = Buffer.from(content);
  return (await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ...more }))).VersionId;
}

/** What an object holds; undefined where there is none. */
export async function contentOf(client: S3Client, bucket: string, key: string): Promise<Buffer | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** Removes a bucket with all that is in it. */
export async function destroyBucket(client: S3Client, bucket: string): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}
