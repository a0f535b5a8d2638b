import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodedKey, textUpTo } from '../../src/adapters/aws/s3-keys.ts';
import { s3SourceDriver } from '../../src/adapters/aws/s3-source-driver.ts';
import { readAll, remove, scanAll, survivors } from '../contracts/source-driver.ts';
import { backUp, memoryRepository, restored } from '../repository/engine.ts';

const s3 = mockClient(S3Client);
const driver = (location = 's3://theirs/data') =>
  s3SourceDriver(location, { client: new S3Client({ region: 'eu-west-1' }) });

const fault = (name: string, httpStatusCode: number) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
const modified = new Date('2026-01-01T00:00:00.000Z');
const object = (content: string) => ({
  Body: Readable.from([Buffer.from(content)]) as never,
  ...{ ContentLength: content.length, LastModified: modified, ETag: '"e"', ContentType: 'text/plain' },
});

beforeEach(() => {
  s3.reset();
  s3.onAnyCommand().rejects(new Error('an unexpected request'));
  s3.on(ListMultipartUploadsCommand).resolves({});
  s3.on(GetObjectLockConfigurationCommand).rejects(fault('ObjectLockConfigurationNotFoundError', 404));
});

describe('keys in listings', () => {
  it('are read back whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        fc.pre(key.isWellFormed());
        const listed = encodeURIComponent(key).replaceAll('%2F', '/');
        expect(decodedKey(listed, 'url')).toBe(key);
        expect(decodedKey(listed.replaceAll('%20', '+'), 'url')).toBe(key);
        expect(decodedKey(key, undefined)).toBe(key);
      }),
    );
  });

  it('begin after any bytes without passing over a key', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(textUpTo(Buffer.from(bytes)));
        expect(Buffer.compare(text, Buffer.from(bytes))).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('a bucket of which little may be seen', () => {
  it('goes on where one object may not be read, with a notice', async () => {
    s3.on(ListObjectsV2Command).resolves({
      EncodingType: 'url',
      Contents: ['data/denied+one', 'data/open'].map((Key) => ({ Key, Size: 4, LastModified: modified, ETag: '"e"' })),
    });
    s3.on(GetObjectCommand).callsFake(({ Key }) => {
      if (Key === 'data/denied one') throw fault('AccessDenied', 403);
      return object('open');
    });
    const { snapshot, notices } = await backUp(await memoryRepository(), driver());
    expect(snapshot.totals.objects).toBe(1);
    expect(notices).toMatchObject([
      { kind: 'unreadable', reason: expect.stringContaining('"denied one" cannot be read: AccessDenied') },
    ]);
  });

  it('keeps the copy of an object that moved into an archive, and has none of one that was there before', async () => {
    const list = (...objects: [string, string][]) =>
      s3.on(ListObjectsV2Command).resolves({
        Contents: objects.map(([Key, StorageClass]) => ({
          ...{ Key, Size: 4, LastModified: modified, ETag: '"e"', StorageClass: StorageClass as 'GLACIER' },
        })),
      });
    const repo = await memoryRepository();
    list(['data/moved', 'STANDARD']);
    s3.on(GetObjectCommand).resolves(object('here'));
    await backUp(repo, driver());
    list(['data/cold', 'GLACIER'], ['data/moved', 'GLACIER']);
    s3.on(GetObjectCommand).rejects(fault('InvalidObjectState', 403));
    const { snapshot, notices } = await backUp(repo, driver());
    expect(snapshot.totals.objects).toBe(1);
    expect(notices.map(({ key, kind }) => `${key} ${kind}`)).toEqual(['cold not-covered']);
    expect([...(await restored(repo, snapshot)).keys()]).toEqual(['moved']);
  });

  it('says at once that a bucket may not be listed, or not be used', async () => {
    s3.on(HeadBucketCommand).resolves({});
    s3.on(ListObjectsV2Command).rejects(fault('AccessDenied', 403));
    await expect(driver().verify()).rejects.toMatchObject({ name: 'BlockedError' });
    s3.on(HeadBucketCommand).rejects(fault('Forbidden', 403));
    await expect(driver().verify()).rejects.toMatchObject({ name: 'BlockedError' });
    await expect(scanAll(driver())).rejects.toMatchObject({ name: 'BlockedError' });
  });

  it('refuses places that are none, and buckets that list in no order', () => {
    for (const location of ['s3://', 's3://Upper/x', '/data', 's3://express--use1-az4--x-s3/data'])
      expect(() => driver(location)).toThrow(expect.objectContaining({ name: 'InvalidError' }));
  });

  it('tells what it could not find out', async () => {
    for (const command of [
      GetBucketVersioningCommand,
      GetObjectLockConfigurationCommand,
      GetBucketReplicationCommand,
      GetBucketLifecycleConfigurationCommand,
      GetBucketEncryptionCommand,
    ])
      s3.on(command as never).rejects(fault('AccessDenied', 403));
    s3.on(HeadBucketCommand).resolves({ BucketRegion: 'eu-south-2' });
    const unknown = 'not known: access denied';
    expect(await driver().describe()).toMatchObject({
      location: 's3://theirs/data/',
      region: 'eu-south-2',
      writes: 'were possible during the erasure',
      ...{ versioning: unknown, objectLock: unknown, replication: unknown, lifecycle: unknown, encryption: unknown },
    });
    s3.on(GetBucketReplicationCommand).rejects(fault('ReplicationConfigurationNotFoundError', 404));
    expect(await driver().describe()).toMatchObject({ replication: 'none' });
  });

  it('leaves nothing out of sight: uploads that may not be listed are a survivor', async () => {
    s3.on(ListMultipartUploadsCommand).rejects(fault('AccessDenied', 403));
    s3.on(ListObjectVersionsCommand).resolves({});
    expect(await survivors(driver(), { all: true })).toEqual(['']);
    s3.on(ListMultipartUploadsCommand).resolves({});
    expect(await survivors(driver(), { all: true })).toEqual([]);
  });

  it('does not delete where versions may be left behind', async () => {
    s3.on(ListObjectVersionsCommand).rejects(fault('AccessDenied', 403));
    s3.on(GetBucketVersioningCommand).rejects(fault('AccessDenied', 403));
    await expect(remove(driver(), { all: true })).rejects.toMatchObject({ name: 'BlockedError' });
    expect(s3.commandCalls(DeleteObjectsCommand)).toEqual([]);
  });
});

describe('deletions', () => {
  it('go on where some objects of a batch are refused, and name those', async () => {
    s3.on(ListObjectVersionsCommand).resolves({
      Versions: ['data/a', 'data/b'].map((Key) => ({ Key, VersionId: 'v', Size: 3 })),
    });
    s3.on(DeleteObjectsCommand).resolves({
      Deleted: [{ Key: 'data/a', VersionId: 'v' }],
      Errors: [{ Key: 'data/b', VersionId: 'v', Code: 'AccessDenied', Message: 'Access Denied' }],
    });
    expect(await remove(driver(), { all: true })).toMatchObject([
      { result: 'deleted', bytes: 3 },
      { result: 'failed', bytes: 0, note: 'AccessDenied: Access Denied' },
    ]);
  });

  it('name keys that XML cannot carry one by one', async () => {
    s3.on(ListObjectVersionsCommand).resolves({
      EncodingType: 'url',
      Versions: ['data/%01odd', 'data/plain'].map((Key) => ({ Key, VersionId: 'v', Size: 1 })),
    });
    s3.on(DeleteObjectsCommand).resolves({ Deleted: [{ Key: 'data/plain', VersionId: 'v' }] });
    s3.on(DeleteObjectCommand).resolves({});
    expect((await remove(driver(), { all: true })).map(({ result }) => result)).toEqual(['deleted', 'deleted']);
    expect(s3.commandCalls(DeleteObjectCommand)[0]?.args[0].input.Key).toBe('data/\u0001odd');
    expect(s3.commandCalls(DeleteObjectsCommand)[0]?.args[0].input.Delete?.Objects).toHaveLength(1);
  });

  it('bring an object whose versions lie on two pages to its end before they stop, and tell of it once', async () => {
    const versions = (keys: string[], from: number) =>
      keys.map((Key, index) => ({ Key, VersionId: `v${from + index}`, Size: 1 }));
    s3.on(ListObjectVersionsCommand).callsFake(({ KeyMarker }) =>
      KeyMarker === undefined
        ? {
            Versions: versions(['data/a', 'data/b', 'data/b'], 0),
            IsTruncated: true,
            NextKeyMarker: 'data/b',
            NextVersionIdMarker: 'v2',
          }
        : { Versions: versions(['data/b', 'data/c'], 3) },
    );
    s3.on(DeleteObjectsCommand).callsFake(({ Delete }) => ({ Deleted: Delete.Objects }));
    const told: string[] = [];
    await driver().delete({ all: true }, ({ key, bytes }) => told.push(`${key} ${bytes}`), { goOn: () => false });
    expect(told).toEqual(['a 1', 'b 3']);
    const deleted = s3.commandCalls(DeleteObjectsCommand).flatMap((call) => call.args[0].input.Delete?.Objects ?? []);
    expect(deleted.map(({ VersionId }) => VersionId)).toEqual(['v0', 'v1', 'v2', 'v3']);
  });
});

describe('reading ahead', () => {
  it('has the next small objects on their way once they are read in a row, and gives each its own', async () => {
    const keys = Array.from({ length: 100 }, (_, n) => `data/${String(n).padStart(3, '0')}`);
    s3.on(ListObjectsV2Command).resolves({
      Contents: keys.map((Key) => ({ Key, Size: Key.length, LastModified: modified, ETag: '"e"' })),
    });
    let [atOnce, most] = [0, 0];
    s3.on(GetObjectCommand).callsFake(async ({ Key }) => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      return object(Key);
    });
    const source = driver();
    const { entries } = await scanAll(source);
    for (const [index, entry] of entries.entries()) {
      expect((await readAll(source, entry)).content.toString()).toBe(keys[index]);
    }
    // Each object was asked for once.
    expect(s3.commandCalls(GetObjectCommand)).toHaveLength(100);
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThanOrEqual(33);
    s3.resetHistory();
    const apart = driver();
    const again = (await scanAll(apart)).entries.filter((_, index) => index % 10 === 0);
    for (const entry of again) await readAll(apart, entry);
    expect(s3.commandCalls(GetObjectCommand)).toHaveLength(10);
  });
});
