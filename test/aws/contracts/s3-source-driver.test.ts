import { inject } from 'vitest';
import { s3SourceDriver } from '../../../src/adapters/aws/s3-source-driver.ts';
import { describeSourceDriver, type SourceFixture } from '../../contracts/source-driver.ts';
import { contentOf, destroyBucket, emulatedS3, freshBucket, put } from './buckets.ts';

async function fresh(endpoint: string, options: { versions?: boolean; prefix?: string } = {}): Promise<SourceFixture> {
  const client = emulatedS3(endpoint);
  const { versions = false, prefix = '' } = options;
  const bucket = await freshBucket(client, { versions });
  // What lies beside the prefix is nobody's business.
  if (prefix !== '') await put(client, bucket, `${prefix.slice(0, -1)}-beside`, 'beside');
  const opened = Date.now();
  return {
    // A machine that is slow would make what was written long ago: to this driver it is always just now.
    driver: s3SourceDriver(`s3://${bucket}/${prefix}`, { client, wall: () => opened }),
    write: async (key, content) => void (await put(client, bucket, prefix + key, content)),
    content: async (key) => await contentOf(client, bucket, prefix + key),
    destroy: async () => await destroyBucket(client, bucket),
  };
}

for (const emulator of ['ministack', 'moto'] as const) {
  const options = { overwrites: false, paths: false };
  describeSourceDriver(`S3 on ${emulator}`, async () => await fresh(inject(emulator)), options);
  describeSourceDriver(
    `S3 with versions, below a prefix, on ${emulator}`,
    async () => await fresh(inject(emulator), { versions: true, prefix: 'of/acme corp/' }),
    options,
  );
}
