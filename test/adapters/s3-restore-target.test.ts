import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../../src/adapters/aws/s3-multipart.ts';
import { s3RestoreTarget } from '../../src/adapters/aws/s3-restore-target.ts';
import type { RestoredAttributes, RestoreTarget } from '../../src/ports/source-driver.ts';

const s3 = mockClient(S3Client);
const target = (force = false): RestoreTarget =>
  s3RestoreTarget(new S3Client({ region: 'eu-west-1' }), { bucket: 'theirs', prefix: 'back/' }, { force });

const fault = (name: string, httpStatusCode: number) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
const MIB = 1024 * 1024;

beforeEach(() => {
  s3.reset();
  s3.onAnyCommand().rejects(new Error('an unexpected request'));
});

/** Restores one object, a MiB at a time. */
async function restore(into: RestoreTarget, key: string, content: Buffer, headers?: Record<string, string>) {
  const file = await into.file(Buffer.from(key), content.length, headers === undefined ? {} : { headers });
  for (let at = 0; at < content.length; at += MIB) await file.write(content.subarray(at, at + MIB), at);
  await file.close();
}

describe('a restore into a bucket', () => {
  it('puts short objects with their headers, and tells a fault when it is asked whether all is durable', async () => {
    s3.on(PutObjectCommand).resolves({});
    const into = target();
    await restore(into, 'a', Buffer.from('content'), {
      'content-type': 'text/x',
      'x-amz-meta-of': 'ana',
      expires: '0',
    });
    await into.sync();
    expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({
      ...{ Bucket: 'theirs', Key: 'back/a', ContentType: 'text/x', Metadata: { of: 'ana' }, IfNoneMatch: '*' },
      ...{ ChecksumSHA256: sha256Of([Buffer.from('content')]).toString('base64') },
    });
    s3.on(PutObjectCommand).rejects(fault('AccessDenied', 403));
    await restore(into, 'b', Buffer.from('content'));
    await expect(into.sync()).rejects.toMatchObject({ name: 'BlockedError' });
    await into.close();
  });

  it('replaces nothing that is not its own, unless it may', async () => {
    s3.on(PutObjectCommand).rejects(fault('PreconditionFailed', 412));
    s3.on(GetObjectCommand).callsFake(() => ({ Body: Readable.from([Buffer.from('content')]), ContentLength: 7 }));
    const into = target();
    await restore(into, 'a', Buffer.from('content'));
    await into.sync();
    await restore(into, 'a', Buffer.from('another'));
    await expect(into.close()).rejects.toMatchObject({ name: 'ConflictError' });
    s3.on(PutObjectCommand).resolves({});
    const forced = target(true);
    await restore(forced, 'a', Buffer.from('another'));
    await forced.close();
    expect(s3.commandCalls(PutObjectCommand).at(-1)?.args[0].input.IfNoneMatch).toBeUndefined();
  });

  it('sends long objects in parts, few at a time, and knows its own when the last answer is lost', async () => {
    const digests: Buffer[] = [];
    let [atOnce, most] = [0, 0];
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
    s3.on(UploadPartCommand).callsFake(async ({ PartNumber, ChecksumSHA256 }) => {
      most = Math.max(most, ++atOnce);
      digests[PartNumber - 1] = Buffer.from(ChecksumSHA256, 'base64');
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      return { ETag: `"${PartNumber}"` };
    });
    s3.on(CompleteMultipartUploadCommand).rejects(fault('NoSuchUpload', 404));
    const content = Buffer.alloc(150 * MIB, 'long');
    s3.on(HeadObjectCommand).callsFake(() => ({
      ContentLength: content.length,
      ChecksumSHA256: `${sha256Of(digests).toString('base64')}-${digests.length}`,
    }));
    const into = target();
    await restore(into, 'long', content, { 'cache-control': 'no-store' });
    await into.close();
    expect(digests).toHaveLength(10);
    expect(most).toBeLessThanOrEqual(4);
    expect(s3.commandCalls(CreateMultipartUploadCommand)[0]?.args[0].input.CacheControl).toBe('no-store');
    s3.on(HeadObjectCommand).resolves({ ContentLength: content.length, ChecksumSHA256: 'another-10' });
    await expect(restore(target(), 'long', content)).rejects.toMatchObject({ name: 'ConflictError' });
  });

  it('leaves no parts of an object that was not finished', async () => {
    s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
    s3.on(UploadPartCommand).resolves({ ETag: '"p"' });
    s3.on(AbortMultipartUploadCommand).resolves({});
    const into = target();
    const file = await into.file(Buffer.from('half'), 100 * MIB);
    await file.write(Buffer.alloc(40 * MIB), 0);
    await expect(file.write(Buffer.alloc(1), 5)).rejects.toMatchObject({ name: 'InvalidError' });
    await into.close();
    expect(s3.commandCalls(AbortMultipartUploadCommand)[0]?.args[0].input).toMatchObject({ UploadId: 'u' });
  });

  it('refuses names that no object can have, one by one', async () => {
    const into = target();
    for (const key of [Buffer.from([0x61, 0xff]), Buffer.alloc(1020, 'x')])
      await expect(into.file(key, 1)).rejects.toMatchObject({ name: 'CorruptError' });
    await into.directory(Buffer.from('folder/'));
    await into.close();
    expect(s3.calls()).toHaveLength(0);
  });

  it('copies a further name within the bucket, and says once what a bucket cannot carry', async () => {
    s3.on(CopyObjectCommand).resolves({});
    const into = target();
    await into.hardLink(Buffer.from('b'), Buffer.from('a +é/x'));
    expect(s3.commandCalls(CopyObjectCommand)[0]?.args[0].input.CopySource).toBe('theirs/back/a%20%2B%C3%A9/x');
    s3.on(CopyObjectCommand).rejects(fault('InvalidRequest', 400));
    await expect(into.hardLink(Buffer.from('b'), Buffer.from('a'))).rejects.toMatchObject({ name: 'CorruptError' });
    const file = {
      key: Buffer.from('a'),
      type: 'file',
      mtimeNs: 0n,
      mode: 0o644,
      uid: 1,
      gid: 1,
      owner: '',
      group: '',
    };
    expect(await into.finish(file as RestoredAttributes)).toHaveLength(2);
    expect(await into.finish(file as RestoredAttributes)).toEqual([]);
  });
});
