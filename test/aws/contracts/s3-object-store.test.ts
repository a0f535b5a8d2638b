import { inject } from 'vitest';
import { s3ObjectStore } from '../../../src/adapters/aws/s3-object-store.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { describeObjectStore } from '../../contracts/object-store.ts';
import { emulatedS3, freshBucket } from './buckets.ts';

async function fresh(endpoint: string, options: { versions?: boolean; prefix?: string } = {}): Promise<ObjectStore> {
  const client = emulatedS3(endpoint);
  const { versions = false, prefix } = options;
  const bucket = await freshBucket(client, { versions });
  return s3ObjectStore({ client, bucket, ...(prefix === undefined ? {} : { prefix }) });
}

async function locked(endpoint: string): Promise<ObjectStore> {
  const client = emulatedS3(endpoint);
  const bucket = await freshBucket(client, { ObjectLockEnabledForBucket: true });
  return s3ObjectStore({ client, bucket, locks: true });
}

const motoHasNoRetention = {
  'keeps a locked object, says until when, and never shortens a lock':
    'moto answers GetObjectRetention with the object itself',
};

for (const emulator of ['ministack', 'moto'] as const) {
  describeObjectStore(`S3 on ${emulator}`, async () => await fresh(inject(emulator)));
  describeObjectStore(
    `S3 with versions, below a prefix, on ${emulator}`,
    async () => await fresh(inject(emulator), { versions: true, prefix: 'home/one' }),
  );
  describeObjectStore(`S3 with Object Lock on ${emulator}`, async () => await locked(inject(emulator)), {
    locks: true,
    skip: emulator === 'moto' ? motoHasNoRetention : {},
  });
}
