import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, inject, it } from 'vitest';

const place = {
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};

it.each(['ministack', 'moto'] as const)('%s answers on loopback, and what is made there is there', async (name) => {
  const endpoint = inject(name);
  expect(new URL(endpoint).hostname).toBe('127.0.0.1');
  const s3 = new S3Client({ ...place, endpoint });
  const bucket = `smoke-${name}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets?.map(({ Name }) => Name)).toContain(bucket);
});

it('a client without an endpoint of its own reaches nobody', async () => {
  const s3 = new S3Client({ ...place, maxAttempts: 1 });
  await expect(s3.send(new ListBucketsCommand({}))).rejects.toThrow('ECONNREFUSED');
});
