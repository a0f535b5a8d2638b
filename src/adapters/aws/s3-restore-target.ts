import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { CorruptError } from '../../domain/errors.ts';
import type { RestoredAttributes, RestoreTarget, ScanNotice } from '../../ports/source-driver.ts';
import { awsFault } from './aws-faults.ts';
import { bucketFault } from './s3-faults.ts';
import { type PutHeaders, putHeaders } from './s3-headers.ts';
import type { S3Location } from './s3-location.ts';
import { ObjectWriter, putRestored, type RestoredObject, resumedWriter } from './s3-restore-file.ts';
import { WorkBehind } from './work-behind.ts';

/** S3's limit on a key, in bytes. */
const LONGEST_KEY = 1024;

/**
 * A folder of a bucket as the target of a restore. Files become objects with the headers they had; folders are only part of their
 * names; a link becomes an object that holds where it points. Short objects are put side by side, behind the restorer: they are
 * durable when `sync` or `close` return.
 *
 * @param options `force`: replace what is there
 */
export function s3RestoreTarget(client: S3Client, location: S3Location, options: { force: boolean }): RestoreTarget {
  const behind = new WorkBehind();
  const open = new Set<ObjectWriter>();
  const told = new Set<string>();

  const object = (key: Buffer, size: number, headers: PutHeaders): RestoredObject => ({
    client,
    place: { Bucket: location.bucket, Key: keyIn(location, key) },
    size,
    headers,
    force: options.force,
    later: async (bytes, work) => await behind.add(bytes, async () => await ours(location, key.toString(), work)),
  });

  return {
    flat: true,
    directory: async (key) => void keyIn(location, key),
    symlink: async (key, target) => {
      const link = object(key, target.length, { ContentType: 'inode/symlink' });
      await link.later(target.length, async () => await putRestored(link, Buffer.from(target)));
    },
    file: async (key, size, { from = 0, headers = {} } = {}) => {
      const wanted = object(key, size, putHeaders(headers));
      const name = key.toString();
      const writer = await ours(location, name, async () =>
        from === 0 ? new ObjectWriter(wanted) : await resumedWriter(wanted, from),
      );
      open.add(writer);
      const ended = async <T>(work: () => Promise<T>): Promise<T> => {
        const result = await ours(location, name, work);
        open.delete(writer);
        return result;
      };
      return {
        write: async (data, position) => await ours(location, name, async () => await writer.write(data, position)),
        close: async () => await ended(async () => await writer.close()),
        pause: async () => await ended(async () => await writer.pause()),
      };
    },
    hardLink: async (key, existing) => {
      await behind.done();
      await copy(client, location, key, existing);
    },
    finish: async (entry) => shortcomings(entry, told),
    sync: async () => await behind.done(),
    close: async () => {
      try {
        await behind.done();
      } finally {
        for (const writer of open) await writer.abandon();
      }
    },
  };
}

/** The key in the bucket. @throws CorruptError for one that a bucket cannot hold: it is reported and the rest restores */
function keyIn({ prefix }: S3Location, key: Buffer): string {
  const name = key.toString();
  const problem = !Buffer.from(name).equals(key)
    ? 'it is not UTF-8'
    : prefix.length + key.length === 0
      ? 'it is empty'
      : Buffer.byteLength(prefix) + key.length > LONGEST_KEY
        ? `with the prefix it is longer than ${LONGEST_KEY} bytes`
        : undefined;
  if (problem === undefined) return prefix + name;
  throw new CorruptError(`"${name}" cannot be the name of an object here: ${problem}.`);
}

async function ours<T>({ bucket }: S3Location, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw bucketFault(error, bucket, `"${name}" cannot be restored`);
  }
}

async function copy(client: S3Client, location: S3Location, key: Buffer, existing: Buffer): Promise<void> {
  const from = `${location.bucket}/${keyIn(location, existing)}`;
  const CopySource = from.split('/').map(encodeURIComponent).join('/');
  try {
    await client.send(new CopyObjectCommand({ Bucket: location.bucket, Key: keyIn(location, key), CopySource }));
  } catch (error) {
    const name = key.toString();
    if (!/^(?:InvalidRequest|EntityTooLarge)/.test(awsFault(error).name)) {
      throw bucketFault(error, location.bucket, `"${name}" cannot be restored`);
    }
    throw new CorruptError(
      `S3 copies no more than 5 GiB at once: "${name}" is restored only as "${existing.toString()}".`,
    );
  }
}

/** What a bucket cannot carry, each told once. */
function shortcomings(entry: RestoredAttributes, told: Set<string>): ScanNotice[] {
  const reasons = [
    'times: an object has the time at which it is put',
    ...(entry.headers === undefined ? ['mode and owner: objects have none'] : []),
    ...(entry.type === 'symlink' ? ['links: a bucket has none, they are objects that hold where they point'] : []),
    ...(entry.type === 'directory' ? ['folders: a bucket has none, they are part of the names of objects'] : []),
  ];
  return reasons
    .filter((reason) => !told.has(reason) && told.add(reason))
    .map((reason) => ({ key: entry.key, kind: 'not-covered', reason }));
}
