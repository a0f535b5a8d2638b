import { createHash, randomBytes } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from './upload.ts';

/** Puts small objects of 1 KiB, many at once, under keys that fan out as those of an application do. */
export async function seedObjects(s3: S3Client, Bucket: string, from: number, to: number): Promise<void> {
  let next = from;
  const worker = async () => {
    while (next < to) {
      const n = next++;
      await s3.send(new PutObjectCommand({ Bucket, Key: keyOf(n), Body: randomBytes(1024) }));
    }
  };
  await Promise.all(Array.from({ length: 48 }, worker));
}

/** `customers/00042/orders/0000421337.json`: a hundred objects below each customer. */
export function keyOf(n: number): string {
  const customer = String(Math.floor(n / 100)).padStart(5, '0');
  return `customers/${customer}/orders/${String(n).padStart(10, '0')}.json`;
}

/** Puts one large object in parts, of bytes that do not compress; answers its SHA-256. */
export async function seedLarge(s3: S3Client, Bucket: string, Key: string, bytes: number): Promise<string> {
  const digest = createHash('sha256');
  const upload = await Upload.begin(s3, Bucket, Key);
  const part = 64 * 2 ** 20;
  for (let at = 0; at < bytes; at += part) {
    const body = randomBytes(Math.min(part, bytes - at));
    digest.update(body);
    await upload.part(body);
  }
  await upload.end();
  return digest.digest('hex');
}

/** A bucket of its own. */
export async function seedBucket(s3: S3Client, Bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket }));
}
