import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, inject, test } from 'vitest';
import { s3SourceDriver } from '../../src/adapters/aws/s3-source-driver.ts';
import type { SourceEntry } from '../../src/ports/source-driver.ts';

test.each(['ministack', 'moto'] as const)(
  'on %s an object that nobody touched is listed as it was read',
  async (name) => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new S3Client({ endpoint: inject(name), region: 'us-east-1', forcePathStyle: true, credentials });
    const Bucket = `times-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'content' }));
    const driver = s3SourceDriver(`s3://${Bucket}/`, { client });
    const listed: SourceEntry[] = [];
    for await (const { entries } of driver.scan()) listed.push(...entries.filter(({ type }) => type === 'file'));
    const opened = await driver.open(listed[0] as SourceEntry);
    const { entry } = await opened.close();
    const { size, mtimeNs, etag } = listed[0] as SourceEntry;
    expect({ size: entry.size, mtimeNs: entry.mtimeNs, etag: entry.etag }).toEqual({ size, mtimeNs, etag });
  },
);
