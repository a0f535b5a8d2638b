import { DeleteObjectCommand, DeleteObjectsCommand, type S3Client } from '@aws-sdk/client-s3';
import { awsFault } from './aws-faults.ts';
import { inParallel } from './in-parallel.ts';
import { pause } from './patiently.ts';
import { fitsXml } from './s3-keys.ts';
import type { VersionRow } from './s3-versions.ts';

/** Most items that S3 takes in one DeleteObjects. */
const BATCH = 1000;
/** Batches at once, and single deletions. */
const AT_ONCE = 4;
/** Tries of items that the service was too busy for. */
const TRIES = 6;
const busy = /^(?:InternalError|SlowDown|ServiceUnavailable|OperationAborted|RequestTimeout)/;

/** A version that is still there, and S3's word for why. */
export interface Refused {
  row: VersionRow;
  code: string;
  message: string;
}

/**
 * Deletes versions and delete markers, a thousand at a time. The answer is read item by item: a batch that succeeds as a whole
 * may have failed for some. What the service was too busy for is tried again.
 *
 * @returns what could not be deleted, with the reason of each
 */
export async function removeVersions(
  client: S3Client,
  bucket: string,
  rows: readonly VersionRow[],
): Promise<Refused[]> {
  let left = rows;
  const refused: Refused[] = [];
  for (let tried = 1; left.length > 0; tried++) {
    const failed = await removeOnce(client, bucket, left);
    const again = failed.filter(({ code }) => tried < TRIES && busy.test(code));
    refused.push(...failed.filter((one) => !again.includes(one)));
    left = again.map(({ row }) => row);
    if (left.length > 0) await pause(tried);
  }
  return refused;
}

async function removeOnce(client: S3Client, bucket: string, rows: readonly VersionRow[]): Promise<Refused[]> {
  const failed: Refused[] = [];
  const inBatches = rows.filter(({ key }) => fitsXml(key));
  const batches: VersionRow[][] = [];
  for (let at = 0; at < inBatches.length; at += BATCH) batches.push(inBatches.slice(at, at + BATCH));
  await inParallel(batches, AT_ONCE, async (batch) => void failed.push(...(await removeBatch(client, bucket, batch))));
  const single = rows.filter(({ key }) => !fitsXml(key));
  await inParallel(single, AT_ONCE, async (row) => void failed.push(...(await removeOne(client, bucket, row))));
  return failed;
}

async function removeBatch(client: S3Client, bucket: string, batch: readonly VersionRow[]): Promise<Refused[]> {
  const byName = new Map(batch.map((row) => [nameOf(row.key, row.versionId), row]));
  try {
    const { Deleted = [], Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: batch.map(identified) } }),
    );
    const failed: Refused[] = [];
    for (const { Key, VersionId, Code, Message } of Errors) {
      const row = byName.get(nameOf(Key, VersionId)) ?? batch.find(({ key }) => key === Key);
      if (row === undefined) continue;
      byName.delete(nameOf(row.key, row.versionId));
      failed.push({ row, code: Code ?? 'Unknown', message: Message ?? Code ?? 'no reason given' });
    }
    for (const { Key, VersionId } of Deleted) byName.delete(nameOf(Key, VersionId));
    for (const row of byName.values()) {
      failed.push({ row, code: 'InternalError', message: 'the answer says nothing about it' });
    }
    return failed;
  } catch (error) {
    return refusals(batch, error);
  }
}

async function removeOne(client: S3Client, bucket: string, row: VersionRow): Promise<Refused[]> {
  try {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, ...identified(row) }));
    return [];
  } catch (error) {
    return refusals([row], error);
  }
}

/** A refused request is a refusal of each of its items; anything else ends the work. */
function refusals(rows: readonly VersionRow[], error: unknown): Refused[] {
  const { name, message, status } = awsFault(error);
  if (status !== 403) throw error;
  return rows.map((row) => ({ row, code: name, message }));
}

function identified({ key, versionId }: VersionRow): { Key: string; VersionId?: string } {
  return { Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

function nameOf(key: string | undefined, versionId: string | undefined): string {
  return `${versionId ?? ''} ${key ?? ''}`;
}
