import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { simulatedHome } from '../cli/tenure.ts';
import { contentOf, emulatedS3, freshBucket, put } from './contracts/buckets.ts';

it('a home on one machine protects a bucket, tests its restore, and restores into a folder and into a bucket', async () => {
  process.env.AWS_ENDPOINT_URL = inject('ministack');
  const client = emulatedS3(inject('ministack'));
  const bucket = await freshBucket(client);
  await put(client, bucket, 'data/letters/ñandú +1.txt', 'Dear Ana', {
    ContentType: 'text/plain',
    Metadata: { of: 'ana' },
  });
  await put(client, bucket, 'data/letters/2', 'Dear Bo');
  await put(client, bucket, 'database/x', 'of nobody');
  const home = await simulatedHome();
  const add = (name: string, ...place: string[]): string[] => ['source', 'add', 'acme', name, ...place];
  await home.ends(0, ...add('letters', '--s3', `s3://${bucket}/data`));
  await home.ends(0, ...add('base', '--s3', `s3://${bucket}/database`));
  const overlap = await home.ends(2, ...add('all', '--s3', `s3://${bucket}`));
  expect(overlap.stderr).toContain('overlaps with');
  await home.ends(3, ...add('gone', '--s3', 's3://tenure-no-such-bucket/x'));
  const role = ['--role', 'arn:aws:iam::000000000000:role/tenure-reads'];
  await home.ends(2, ...add('folder', '--directory', home.folder('folder'), ...role));
  await home.ends(2, ...add('id', '--s3', `s3://${bucket}/other`, '--external-id', 'acme-42'));
  await home.ends(2, ...add('odd', '--s3', `s3://${bucket}/other`, '--role', 'tenure-reads'));
  expect(
    await home.json(0, ...add('theirs', '--s3', `s3://${bucket}/theirs`, ...role, '--external-id', 'acme-42')),
  ).toMatchObject({ kind: 's3', role: role[1], externalId: 'acme-42' });

  // A role of an account that the bucket does not belong to.
  const stranger = ['--role', 'arn:aws:iam::123456789012:role/tenure-reads'];
  const denied = await home.ends(5, ...add('stranger', '--s3', `s3://${bucket}/stranger`, ...stranger));
  expect(denied.stderr).toContain('access denied');

  await home.ends(0, 'run', 'backup');
  await home.ends(0, 'run', 'restore-test');
  const folder = join(home.beside, 'to');
  const latest = ['restore', 'latest', '--tenant', 'acme', '--source', 'letters'];
  await home.ends(0, ...latest, '--to', folder);
  expect(readFileSync(join(folder, 'letters', 'ñandú +1.txt'), 'utf8')).toBe('Dear Ana');
  const live = await home.ends(2, ...latest, '--to', `s3://${bucket}/data/back`);
  expect(live.stderr).toContain('the place of a source');
  await home.ends(0, ...latest, '--to', `s3://${bucket}/back`);
  expect((await contentOf(client, bucket, 'back/letters/2'))?.toString()).toBe('Dear Bo');
  await home.ends(2, ...latest, '--to', `s3://${bucket}/back`);
});
