import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { s3ObjectStore } from '../../src/adapters/aws/s3-object-store.ts';

const s3 = mockClient(S3Client);
const store = (options: { locks?: boolean; lockMode?: 'COMPLIANCE' | 'GOVERNANCE' } = {}) =>
  s3ObjectStore({ client: new S3Client({ region: 'eu-west-1' }), bucket: 'packs', ...options });

const fault = (name: string, httpStatusCode: number) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
const body = (content: Buffer | string) => ({
  Body: Readable.from([Buffer.from(content)]) as never,
  ContentLength: Buffer.byteLength(content),
});

beforeEach(() => {
  s3.reset();
  s3.onAnyCommand().rejects(new Error('an unexpected request'));
});

describe('puts into a bucket', () => {
  it('counts as done when the reply was lost and the object that is there is the same', async () => {
    s3.on(PutObjectCommand).rejects(fault('PreconditionFailed', 412));
    s3.on(HeadObjectCommand).resolves({ ContentLength: 7 });
    s3.on(GetObjectCommand).resolves(body('content'));
    await store().put('a', [Buffer.from('con'), Buffer.from('tent')]);
    s3.on(GetObjectCommand).resolves(body('CONTENT'));
    await expect(store().put('a', Buffer.from('content'))).rejects.toMatchObject({ name: 'ConflictError' });
    s3.on(HeadObjectCommand).rejects(fault('NotFound', 404));
    await expect(store().put('a', Buffer.from('content'))).rejects.toMatchObject({ name: 'ConflictError' });
  });

  it('tries again while another put of the same key is under way', async () => {
    s3.on(PutObjectCommand).rejectsOnce(fault('ConditionalRequestConflict', 409)).resolves({});
    await store().put('a', Buffer.from('content'));
    expect(s3.commandCalls(PutObjectCommand)).toHaveLength(2);
  });

  it('sends a long object in parts with their checksums, and ends them only if there is none yet', async () => {
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
    s3.on(UploadPartCommand).callsFake(({ PartNumber }) => ({ ETag: `"${PartNumber}"` }));
    s3.on(CompleteMultipartUploadCommand).resolves({});
    const piece = Buffer.alloc(10 * 1024 * 1024, 'piece');
    await store().put(
      'long',
      Array.from({ length: 7 }, () => piece),
    );
    const parts = s3.commandCalls(UploadPartCommand).map((call) => call.args[0].input);
    const inOrder = parts.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
    expect(Buffer.concat(inOrder.map(({ Body }) => Body as Buffer)).equals(Buffer.concat(Array(7).fill(piece)))).toBe(
      true,
    );
    for (const { ChecksumSHA256 } of parts) expect(ChecksumSHA256).toHaveLength(44);
    const [ended] = s3.commandCalls(CompleteMultipartUploadCommand);
    expect(ended?.args[0].input).toMatchObject({ IfNoneMatch: '*', UploadId: 'u' });
    expect(ended?.args[0].input.MultipartUpload?.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([fault('NoSuchUpload', 404), fault('PreconditionFailed', 412)])(
    'looks at what is there when the end of the parts is answered with $name',
    async (error) => {
      const content = Buffer.alloc(65 * 1024 * 1024, 'long');
      s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
      s3.on(UploadPartCommand).resolves({ ETag: '"p"' });
      s3.on(CompleteMultipartUploadCommand).rejects(error);
      s3.on(AbortMultipartUploadCommand).resolves({});
      s3.on(HeadObjectCommand).resolves({ ContentLength: content.length });
      s3.on(GetObjectCommand).callsFake(({ Range }) => {
        const [, from, to] = /bytes=(\d+)-(\d+)/.exec(Range ?? '') ?? [];
        if (from === undefined) return body(content);
        const part = content.subarray(Number(from), Number(to) + 1);
        return { ...body(part), ContentRange: `bytes ${from}-${to}/${content.length}` };
      });
      await store().put('long', content);
      expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
      s3.on(HeadObjectCommand).resolves({ ContentLength: 5 });
      await expect(store().put('long', content)).rejects.toMatchObject({ name: 'ConflictError' });
    },
  );
});

describe('reads from a bucket', () => {
  it('is no empty store when the bucket is gone', async () => {
    s3.on(HeadObjectCommand).rejects(fault('NotFound', 404));
    s3.on(HeadBucketCommand).rejects(fault('NotFound', 404));
    await expect(store().head('a')).rejects.toMatchObject({ name: 'UnavailableError' });
    s3.on(ListObjectsV2Command).rejects(fault('NoSuchBucket', 404));
    await expect(store().list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'UnavailableError' });
    s3.on(GetObjectCommand).rejects(fault('NoSuchBucket', 404));
    await expect(store().get('a')).rejects.toMatchObject({ name: 'UnavailableError' });
  });

  it('says that it may not read', async () => {
    s3.on(GetObjectCommand).rejects(fault('AccessDenied', 403));
    await expect(store().get('a')).rejects.toMatchObject({ name: 'BlockedError', hint: expect.any(String) });
  });

  it('puts what it reads into the memory that is lent', async () => {
    s3.on(GetObjectCommand).resolves({ ...body('3456'), ContentRange: 'bytes 3-6/10' });
    const memory = Buffer.alloc(16);
    const read = await store().get('a', { offset: 3, length: 4 }, memory);
    expect(read.toString()).toBe('3456');
    expect(read.buffer).toBe(memory.buffer);
    expect(s3.commandCalls(GetObjectCommand)[0]?.args[0].input.Range).toBe('bytes=3-6');
  });
});

describe('a purge of a bucket', () => {
  /** A bucket in memory, as far as a purge looks at it; what `refuse` names stays. */
  function bucketOf(keys: string[], refuse: (key: string, tried: number) => string | undefined) {
    const left = new Set(keys);
    const tried = new Map<string, number>();
    s3.on(ListObjectVersionsCommand).callsFake(({ Prefix = '', KeyMarker = '' }) => ({
      Versions: [...left]
        .sort()
        .filter((key) => key.startsWith(Prefix) && key > KeyMarker)
        .map((Key) => ({ Key, VersionId: 'v1', Size: 1 })),
    }));
    s3.on(DeleteObjectsCommand).callsFake(({ Delete }) => {
      const answers = (Delete.Objects as { Key: string; VersionId: string }[]).map((each) => {
        const tries = (tried.get(each.Key) ?? 0) + 1;
        tried.set(each.Key, tries);
        return { ...each, Code: refuse(each.Key, tries) };
      });
      for (const { Key, Code } of answers) if (Code === undefined) left.delete(Key);
      return {
        Deleted: answers.filter(({ Code }) => Code === undefined),
        Errors: answers
          .filter(({ Code }) => Code !== undefined)
          .map((each) => ({ ...each, Message: `no ${each.Key}` })),
      };
    });
    s3.on(GetObjectLockConfigurationCommand).rejects(fault('ObjectLockConfigurationNotFoundError', 404));
  }

  it('deletes a thousand at a time, and tries again what the service was too busy for', async () => {
    const keys = Array.from({ length: 2500 }, (_, n) => `p/${String(n).padStart(4, '0')}`);
    bucketOf(keys, (key, tried) => (key === 'p/0007' && tried === 1 ? 'SlowDown' : undefined));
    expect(await store().purge(keys)).toEqual([]);
    const batches = s3.commandCalls(DeleteObjectsCommand).map((call) => call.args[0].input.Delete?.Objects?.length);
    expect(batches.sort((a, b) => (b ?? 0) - (a ?? 0))).toEqual([1000, 1000, 500, 1]);
  });

  it('reads the answer item by item and says what survived, and why', async () => {
    bucketOf(['p/a', 'p/b', 'p/c'], (key) => (key === 'p/b' ? 'AccessDenied' : undefined));
    expect(await store().purge(['p/a', 'p/b', 'p/c'])).toEqual([{ key: 'p/b', reason: 'AccessDenied: no p/b' }]);
  });

  it('falls back on objects where versions may not be listed and there are none', async () => {
    bucketOf(['a'], () => undefined);
    let there = true;
    s3.on(ListObjectVersionsCommand).rejects(fault('AccessDenied', 403));
    s3.on(GetBucketVersioningCommand).resolves({});
    s3.on(ListObjectsV2Command).callsFake(() => ({ Contents: there ? [{ Key: 'a', Size: 1 }] : [] }));
    s3.on(DeleteObjectsCommand).callsFake(() => {
      there = false;
      return { Deleted: [{ Key: 'a' }] };
    });
    expect(await store().purge(['a'])).toEqual([]);
    s3.on(GetBucketVersioningCommand).resolves({ Status: 'Enabled' });
    await expect(store().purge(['a'])).rejects.toMatchObject({
      name: 'BlockedError',
      hint: expect.stringContaining('s3:ListBucketVersions'),
    });
  });
});

describe('locks in a bucket', () => {
  const until = '2030-01-01T00:00:00.000Z';

  it('extends a lock in its mode and never shortens one', async () => {
    s3.on(PutObjectRetentionCommand).resolves({});
    s3.on(GetObjectRetentionCommand).rejects(fault('NoSuchObjectLockConfiguration', 404));
    await store({ locks: true, lockMode: 'GOVERNANCE' }).extendLock('a', until);
    s3.on(GetObjectRetentionCommand).resolves({
      Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date('2029-01-01T00:00:00.000Z') },
    });
    await store({ locks: true, lockMode: 'GOVERNANCE' }).extendLock('a', until);
    s3.on(GetObjectRetentionCommand).resolves({ Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date(until) } });
    await store({ locks: true }).extendLock('a', until);
    expect(s3.commandCalls(PutObjectRetentionCommand).map((call) => call.args[0].input.Retention?.Mode)).toEqual([
      'GOVERNANCE',
      'COMPLIANCE',
    ]);
  });

  it('says that a bucket has no Object Lock', async () => {
    s3.on(GetObjectRetentionCommand).rejects(fault('InvalidRequest', 400));
    await expect(store({ locks: true }).extendLock('a', until)).rejects.toMatchObject({ name: 'InvalidError' });
    await expect(store().extendLock('a', until)).rejects.toMatchObject({ name: 'InvalidError' });
  });
});
