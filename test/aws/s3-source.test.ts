import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { s3RestoreFolder } from '../../src/adapters/aws/s3-restore-folder.ts';
import { s3Scratch } from '../../src/adapters/aws/s3-scratch.ts';
import { s3SourceDriver } from '../../src/adapters/aws/s3-source-driver.ts';
import { directoryRestoreTarget } from '../../src/adapters/embedded/directory-restore-target.ts';
import { directorySourceDriver } from '../../src/adapters/embedded/directory-source-driver.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { LiveResult, SourceDriver } from '../../src/ports/source-driver.ts';
import { openSnapshot } from '../../src/repository/read-snapshot.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { restoreSnapshot } from '../../src/repository/restore.ts';
import { compareObjects } from '../../src/use-cases/compare-objects.ts';
import { readAll, remove, scanAll, select, survivors } from '../contracts/source-driver.ts';
import { backUp, memoryRepository } from '../repository/engine.ts';
import { contentOf, emulatedS3, freshBucket, put } from './contracts/buckets.ts';

/** Keys as S3 takes them: in byte order, and most of them no path. */
const oddKeys = [
  '../x',
  '/leading',
  'a',
  'a b+c%d&e=f?g#h',
  'a/',
  'a/../../y',
  'a/b',
  'a//b',
  'back\\slash',
  'q"uote\'s<xml>',
  'é'.repeat(512),
  'ünï/😀',
].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));

/** What a restored tree has that it should not have, or lacks. */
async function differences(repo: Repository, snapshot: Snapshot, restored: SourceDriver): Promise<string[]> {
  const found: string[] = [];
  await compareObjects(await openSnapshot(repo, snapshot), restored, {
    goOn: () => true,
    report: ({ key, reason }) => found.push(`${key} ${reason}`),
  });
  return found;
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tenure-s3-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

for (const emulator of ['ministack', 'moto'] as const) {
  const open = async (options: Parameters<typeof freshBucket>[1] = {}) => {
    const client = emulatedS3(inject(emulator));
    const bucket = await freshBucket(client, options);
    return { client, bucket, driver: s3SourceDriver(`s3://${bucket}/data`, { client }) };
  };

  describe(`a bucket as a source, on ${emulator}`, () => {
    it('backs up keys of all kinds, carries over what is unchanged, and restores them into a bucket with their headers', async () => {
      const { client, bucket, driver } = await open();
      const headers = {
        ...{ ContentType: 'text/x-odd', CacheControl: 'no-store', ContentLanguage: 'es', ContentEncoding: 'identity' },
        ...{ ContentDisposition: 'attachment; filename="a.txt"', Metadata: { origin: 'crm', id: '42' } },
        ...{ Expires: new Date('2030-01-01T00:00:00Z'), WebsiteRedirectLocation: '/elsewhere' },
      };
      for (const key of oddKeys) {
        // The longest key has no room for a prefix.
        if (Buffer.byteLength(key) < 1000) await put(client, bucket, `data/${key}`, `content of ${key}`, headers);
      }
      await put(client, bucket, 'data-beside', 'not of this source');
      const kept = oddKeys.filter((key) => Buffer.byteLength(key) < 1000);
      const repo = await memoryRepository();
      const first = await backUp(repo, driver);
      expect(first.notices).toEqual([]);
      expect(first.snapshot.totals.objects).toBe(kept.length);

      const places = { client, never: [], apartFrom: [`s3://${bucket}/data`] };
      const target = await s3RestoreFolder(`s3://${bucket}/restored/here`, places);
      expect(target.empty).toBe(true);
      const into = await target.open({ force: false });
      const report = await restoreSnapshot(repo, first.snapshot, into);
      await into.close();
      expect(report.damaged).toEqual([]);
      const restored = s3SourceDriver(`s3://${bucket}/restored/here`, { client });
      expect(await differences(repo, first.snapshot, restored)).toEqual([]);
      for (const key of kept) {
        const content = await contentOf(client, bucket, `restored/here/${key}`);
        expect(content?.toString(), key).toBe(`content of ${key}`);
      }
      const { entries } = await scanAll(restored);
      const opened = await readAll(restored, entries[0]!);
      expect(opened.entry.headers).toMatchObject({
        ...{ 'content-type': 'text/x-odd', 'cache-control': 'no-store', 'content-language': 'es' },
        ...{ 'content-disposition': 'attachment; filename="a.txt"', 'x-amz-meta-origin': 'crm', 'x-amz-meta-id': '42' },
        ...{ expires: 'Tue, 01 Jan 2030 00:00:00 GMT', 'x-amz-website-redirect-location': '/elsewhere' },
      });

      // A changed object is what the comparison sees, and what the next backup reads.
      await put(client, bucket, 'restored/here/a', 'something else', headers);
      await put(client, bucket, 'restored/here/a/b', 'content of a/b', { ...headers, CacheControl: 'public' });
      await put(client, bucket, 'restored/here/zz', 'more');
      expect((await differences(repo, first.snapshot, restored)).sort()).toEqual([
        'a has 14 bytes, not 12',
        'a/b has other headers',
        'zz is not in the snapshot',
      ]);
      expect(await target.remove(kept.map((key) => Buffer.from(key)))).toBe(kept.length);
      expect((await scanAll(restored)).entries.map(({ key }) => key.toString())).toEqual(['zz']);
    });

    it('takes a key of 1,024 bytes where the source is the whole bucket', async () => {
      const { client, bucket } = await open();
      const key = 'é'.repeat(512);
      await put(client, bucket, key, 'long');
      const driver = s3SourceDriver(`s3://${bucket}`, { client });
      const repo = await memoryRepository();
      const { snapshot, notices } = await backUp(repo, driver);
      expect(notices).toEqual([]);
      const { entries } = await scanAll(driver);
      expect(entries.map((entry) => entry.key.toString())).toEqual([key]);
      const target = await (await s3RestoreFolder(`s3://${bucket}/p`, { client, never: [], apartFrom: [] })).open({
        force: false,
      });
      const { damaged } = await restoreSnapshot(repo, snapshot, target);
      await target.close();
      expect(damaged).toMatchObject([{ key, reason: expect.stringContaining('longer than 1024 bytes') }]);
      expect((await remove(driver, select(key))).map(({ result }) => result)).toEqual(['deleted']);
    });

    it('restores into a folder what a folder can hold, and says of the rest why not', async () => {
      const { client, bucket, driver } = await open();
      for (const key of ['../x', 'a', 'a/b', 'dir/', 'dir/c', 'e//f', 'ok/deep/g', '/abs'])
        await put(client, bucket, `data/${key}`, `content of ${key}`);
      const repo = await memoryRepository();
      const { snapshot } = await backUp(repo, driver);
      const dir = folder();
      const target = await directoryRestoreTarget(join(dir, 'to'), { force: false });
      const { damaged } = await restoreSnapshot(repo, snapshot, target);
      await target.close();
      expect(damaged.map(({ key }) => key).sort()).toEqual(['../x', '/abs', 'a/b', 'dir/', 'e//f']);
      for (const { reason } of damaged) expect(reason).not.toBe('');
      expect(readdirSync(dir)).toEqual(['to']);
      expect(readdirSync(join(dir, 'to'), { recursive: true }).sort()).toEqual([
        'a',
        'dir',
        'dir/c',
        'ok',
        'ok/deep',
        'ok/deep/g',
      ]);
      expect(readFileSync(join(dir, 'to', 'ok/deep/g'), 'utf8')).toBe('content of ok/deep/g');
      // Readable to whoever restored it, though an object has no mode.
      expect(statSync(join(dir, 'to', 'a')).mode & 0o777).toBe(0o600);
      const compared = await differences(repo, snapshot, directorySourceDriver(join(dir, 'to')));
      expect(compared.sort()).toEqual([
        ...['../x', '/abs', 'a/b'].map((key) => `${key} is missing`),
        'dir/ is a directory, not a file',
        'e//f is missing',
      ]);
    });

    it('compares what was restored into scratch, and removes it', async () => {
      const { client, bucket, driver } = await open();
      await put(client, bucket, 'data/large', Buffer.alloc(40 * 1024 * 1024, 'large content '), {
        Metadata: { k: 'v' },
      });
      await put(client, bucket, 'data/none', '');
      for (let n = 0; n < 50; n++) await put(client, bucket, `data/small/${n}`, `small ${n}`);
      const repo = await memoryRepository();
      const { snapshot } = await backUp(repo, driver);
      const scratch = s3Scratch({ client, bucket, prefix: 'scratch' });
      const target = await scratch.target('run-1.0');
      const { damaged } = await restoreSnapshot(repo, snapshot, target);
      await target.close();
      expect(damaged).toEqual([]);
      expect(await scratch.list()).toEqual(['run-1.0']);
      expect(scratch.path('run-1.0')).toBe(`s3://${bucket}/scratch/run-1.0/`);
      expect(await differences(repo, snapshot, scratch.reader('run-1.0'))).toEqual([]);
      await scratch.remove('run-1.0');
      await scratch.remove('run-1.0');
      expect(await scratch.list()).toEqual([]);
      expect((await scanAll(driver)).entries).toHaveLength(52);
    });

    it('names a folder in scratch that holds parts of an upload alone, and removes them', async () => {
      const { client, bucket } = await open();
      const scratch = s3Scratch({ client, bucket, prefix: 'scratch/' });
      const place = { Bucket: bucket, Key: 'scratch/dl-0123456789abcdef/content' };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
      const part = { UploadId, PartNumber: 1, Body: Buffer.alloc(5 * 1024 * 1024) };
      await client.send(new UploadPartCommand({ ...place, ...part }));
      await put(client, bucket, 'scratch/run-1.0/a', 'a');
      expect(await scratch.list()).toEqual(['dl-0123456789abcdef', 'run-1.0']);
      await scratch.remove('dl-0123456789abcdef');
      expect(await scratch.list()).toEqual(['run-1.0']);
    });

    it('pauses a long object, and a later target goes on with it', async () => {
      const { client, bucket } = await open();
      const content = Buffer.alloc(50 * 1024 * 1024, 'paused content ');
      const place = async () =>
        await (await s3RestoreFolder(`s3://${bucket}/to`, { client, never: [], apartFrom: [] })).open({ force: true });
      const key = Buffer.from('long object');
      const before = await place();
      const begun = await before.file(key, content.length, { headers: { 'content-type': 'text/x-long' } });
      await begun.write(content.subarray(0, 40 * 1024 * 1024), 0);
      const position = (await begun.pause?.()) ?? 0;
      await before.close();
      expect(position).toBe(32 * 1024 * 1024);
      const after = await place();
      const rest = await after.file(key, content.length, { from: position });
      await rest.write(content.subarray(position), position);
      await rest.close();
      await after.close();
      const driver = s3SourceDriver(`s3://${bucket}/to`, { client });
      const { entries } = await scanAll(driver);
      const read = await readAll(driver, entries[0]!);
      expect(read.content.equals(content)).toBe(true);
      expect(read.entry.headers).toMatchObject({ 'content-type': 'text/x-long' });
      expect(await survivors(driver, { all: true })).toEqual(['long object']);
    });

    it.skipIf(emulator === 'moto')(
      'lists 10,001 objects under one prefix, cuts them into equal pieces and deletes them in legs (moto takes minutes to be filled)',
      async () => {
        const { client, bucket, driver } = await open();
        const names = Array.from({ length: 10_001 }, (_, n) => `f/${String(n).padStart(6, '0')}`);
        await atOnce(names, async (name) => void (await put(client, bucket, `data/${name}`, name)));
        const { entries } = await scanAll(driver);
        expect(entries.map(({ key }) => key.toString())).toEqual(names);
        expect((await scanAll(driver, Buffer.from('f/009000'))).entries).toHaveLength(1000);

        const splits = (await driver.splits?.(4)) ?? [];
        expect(splits).toHaveLength(3);
        const places = [0, ...splits.map((key) => names.indexOf(key.toString())), names.length];
        for (const [index, place] of places.slice(1).entries()) {
          expect(place - places[index]!).toBeGreaterThan(1000);
          expect(place - places[index]!).toBeLessThan(5000);
        }

        const repo = await memoryRepository();
        const { snapshot, notices } = await backUp(repo, driver);
        expect(notices).toEqual([]);
        expect(snapshot.totals.objects).toBe(10_001);

        const told: LiveResult[] = [];
        let legs = 0;
        for (let stopped = true; stopped; legs++) {
          stopped = false;
          const after = told.at(-1)?.key;
          await driver.delete({ all: true }, (result) => told.push(result), {
            ...(after === undefined ? {} : { after }),
            goOn: () => {
              stopped = true;
              return false;
            },
          });
        }
        expect(legs).toBeGreaterThan(5);
        expect(told.map(({ key }) => key.toString())).toEqual(names);
        expect(new Set(told.map(({ result }) => result))).toEqual(new Set(['deleted']));
        expect(await survivors(driver, { all: true })).toEqual([]);
      },
    );

    it('reads one state of an object that is replaced while it is read, and reads it again', async () => {
      const { client, bucket, driver } = await open();
      // Longer than what is read ahead.
      const size = 48 * 1024 * 1024;
      await put(client, bucket, 'data/big', Buffer.alloc(size, 'before'));
      const [entry] = (await scanAll(driver)).entries;
      const opened = await driver.open(entry!);
      const piece = Buffer.alloc(1024 * 1024);
      expect(await opened.read(piece, 0)).toBe(piece.length);
      await put(client, bucket, 'data/big', Buffer.alloc(size + 5, 'after'));
      let position = piece.length;
      for (let got = 1; got > 0; position += got) got = await opened.read(piece, position);
      expect(position).toBeLessThan(size);
      expect(await opened.close()).toMatchObject({ unchanged: false, entry: { size: size + 5 } });

      // The engine reads it once more and has the new one.
      let reads = 0;
      const restless: SourceDriver = {
        ...driver,
        open: async (wanted) => {
          const again = await driver.open(wanted);
          if (reads++ === 0) await put(client, bucket, 'data/big', Buffer.alloc(size, 'at last'));
          return again;
        },
      };
      const repo = await memoryRepository();
      const { snapshot, notices } = await backUp(repo, restless);
      expect(notices).toEqual([]);
      expect(reads).toBe(2);
      expect(await differences(repo, snapshot, driver)).toEqual([]);
    });

    it('leaves out what lies in an archive, with a notice', async () => {
      const { client, bucket, driver } = await open();
      await put(client, bucket, 'data/cold', 'cold', { StorageClass: 'DEEP_ARCHIVE' });
      await put(client, bucket, 'data/warm', 'warm', { StorageClass: 'STANDARD_IA' });
      await put(client, bucket, 'data/', 'an object under the name of the source itself');
      const repo = await memoryRepository();
      const { snapshot, notices } = await backUp(repo, driver);
      expect(snapshot.totals.objects).toBe(1);
      expect(notices.map(({ key, kind }) => [key.toString(), kind]).sort()).toEqual([
        ['', 'not-covered'],
        ['cold', 'not-covered'],
      ]);
      expect(notices.find(({ key }) => key.length > 0)?.reason).toContain('archive storage class');
    });

    it('deletes all versions, delete markers and pending uploads of a bucket with versions', async () => {
      const { client, bucket, driver } = await open({ versions: true });
      for (const content of ['one', 'two', 'three']) await put(client, bucket, 'data/a', content);
      await put(client, bucket, 'data/gone', 'gone');
      await remove(s3SourceDriver(`s3://${bucket}/other`, { client }), { all: true });
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'data/gone' }));
      await pending(client, bucket, 'data/half');
      await pending(client, bucket, 'data-beside');
      expect(await survivors(driver, { all: true })).toEqual(['a', 'gone', 'half']);
      const results = await remove(driver, { all: true });
      expect(results.map(({ key, result, bytes }) => [key.toString(), result, bytes])).toEqual([
        ['a', 'deleted', 11],
        ['gone', 'deleted', 4],
        ['half', 'deleted', 0],
      ]);
      expect(results.map(({ note }) => note)).toEqual([
        'with all its versions',
        'with all its versions, with its delete markers',
        'with unfinished uploads',
      ]);
      expect(await survivors(driver, { all: true })).toEqual([]);
      const beside = s3SourceDriver(`s3://${bucket}`, { client });
      expect(await survivors(beside, { all: true })).toEqual(['data-beside']);
      expect(await driver.describe()).toMatchObject({ versioning: 'on', writes: 'were possible during the erasure' });
    });

    it('says that a bucket is missing', async () => {
      const { client } = await open();
      const driver = s3SourceDriver('s3://tenure-there-is-no-such-bucket', { client });
      await expect(driver.verify()).rejects.toMatchObject({
        name: 'NotFoundError',
        message: 'the bucket tenure-there-is-no-such-bucket does not exist',
      });
      await expect(scanAll(driver)).rejects.toMatchObject({ name: 'NotFoundError' });
      const rules = { client, never: [], apartFrom: [] };
      await expect(s3RestoreFolder('s3://tenure-there-is-no-such-bucket', rules)).rejects.toMatchObject({
        name: 'NotFoundError',
      });
    });

    it('lies apart from the buckets of Tenure and from other sources', async () => {
      const { client, bucket, driver } = await open();
      await driver.verify(['s3://elsewhere/data', `s3://${bucket}/database`, `s3://${bucket}/dat`, '/data']);
      for (const other of [`s3://${bucket}`, `s3://${bucket}/data/`, `s3://${bucket}/data/deep/er`])
        await expect(driver.verify([other])).rejects.toMatchObject({ name: 'InvalidError' });
      const never = [`s3://${bucket}/data/deep`];
      await expect(s3RestoreFolder(`s3://${bucket}/data`, { client, never, apartFrom: [] })).rejects.toMatchObject({
        name: 'InvalidError',
      });
      await expect(
        s3RestoreFolder(`s3://${bucket}/data/x`, { client, never: [], apartFrom: [`s3://${bucket}/data`] }),
      ).rejects.toMatchObject({ name: 'InvalidError' });
      await put(client, bucket, 'full/of', 'something');
      const full = await s3RestoreFolder(`s3://${bucket}/full`, { client, never: [], apartFrom: [] });
      expect(full.empty).toBe(false);
      await expect(full.open({ force: false })).rejects.toMatchObject({ name: 'InvalidError' });
    });

    it.skipIf(emulator === 'moto')(
      'reports versions under a lock or a legal hold, and deletes the rest (moto answers GetObjectRetention with the object itself)',
      async () => {
        const { client, bucket, driver } = await open({ ObjectLockEnabledForBucket: true });
        const until = new Date(Date.now() + 3_600_000);
        const lock = async (key: string, VersionId: string | undefined): Promise<void> => {
          const Retention = { Mode: 'COMPLIANCE', RetainUntilDate: until } as const;
          await client.send(new PutObjectRetentionCommand({ Bucket: bucket, Key: key, VersionId, Retention }));
        };
        await lock('data/locked', await put(client, bucket, 'data/locked', 'first'));
        await put(client, bucket, 'data/locked', 'second');
        const held = await put(client, bucket, 'data/held', 'held');
        await client.send(
          new PutObjectLegalHoldCommand({
            ...{ Bucket: bucket, Key: 'data/held', VersionId: held, LegalHold: { Status: 'ON' } },
          }),
        );
        await put(client, bucket, 'data/free', 'free');
        const results = await remove(driver, { all: true });
        expect(results.map(({ key, result, until: end }) => [key.toString(), result, end !== undefined])).toEqual([
          ['free', 'deleted', false],
          ['held', 'locked', false],
          ['locked', 'locked', true],
        ]);
        const left: Record<string, unknown>[] = [];
        for await (const { key, ...why } of driver.survivors({ all: true })) left.push({ key: key.toString(), ...why });
        expect(left).toEqual([
          { key: 'held', reason: 'an S3 legal hold, which has no end, keeps a version' },
          {
            key: 'locked',
            reason: 'S3 Object Lock (COMPLIANCE) keeps a version',
            until: expect.stringMatching(/^\d{4}-/),
          },
        ]);
        const end = left[1]?.until as string;
        expect(Math.abs(Date.parse(end) - until.getTime())).toBeLessThan(1000);
        expect((await driver.describe()).objectLock).toContain('on');
      },
    );
  });
}

/** An upload that was begun, got a part, and was left. */
async function pending(client: S3Client, bucket: string, key: string): Promise<void> {
  const place = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
  await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: Buffer.alloc(1000, 'half') }));
}

async function atOnce<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const item of rest) await act(item);
    }),
  );
}
