import type { S3Client } from '@aws-sdk/client-s3';
import type { Selection } from '../../ports/source-driver.ts';
import { compareKeys, textUpTo } from './s3-keys.ts';
import type { S3Location } from './s3-location.ts';
import { latestEnd, locksOf, type VersionLock } from './s3-locks.ts';
import { type ObjectRows, objectRows } from './s3-objects.ts';
import { type Chosen, chosenOf } from './s3-selection.ts';
import { pendingUploads } from './s3-uploads.ts';

/** An object of which something is still there. */
export interface SurvivingObject {
  key: Buffer;
  reason: string;
  until?: string;
}

/** Versions, delete markers and pending uploads of what is selected, one result a key, in order of keys. */
export async function* survivingObjects(
  client: S3Client,
  location: S3Location,
  selection: Selection,
  after?: Buffer,
): AsyncGenerator<SurvivingObject> {
  const { bucket, prefix } = location;
  const locks = locksOf(client, bucket);
  const from = after === undefined ? undefined : prefix + textUpTo(after);
  for (const [index, chosen] of chosenOf(selection, location).entries()) {
    const uploads = await pendingUploads(client, bucket, chosen.prefix);
    // Told once, under the source's own key: it is about none of its objects.
    if (uploads === undefined && after === undefined && index === 0) {
      yield { key: Buffer.alloc(0), reason: UPLOADS_UNKNOWN };
    }
    for await (const { key, rows, uploads: pending } of byKey(client, bucket, chosen, uploads ?? [], from)) {
      const relative = Buffer.from(key.slice(prefix.length));
      if (after !== undefined && Buffer.compare(relative, after) <= 0) continue;
      const found: VersionLock[] = [];
      for (const row of rows) {
        const lock = await locks.of(row);
        found.push(lock ?? { reason: row.deleteMarker ? 'a delete marker is still there' : 'it is still there' });
      }
      if (pending > 0) found.push({ reason: 'an unfinished upload is still there' });
      const until = latestEnd(found);
      // What could go comes first: a lock explains nothing where something else is left too.
      const reason = (found.find((one) => one.until === undefined) ?? found[0])?.reason ?? '';
      yield { key: relative, reason, ...(until === undefined ? {} : { until }) };
    }
  }
}

const UPLOADS_UNKNOWN = 'unfinished uploads could not be looked for: s3:ListBucketMultipartUploads is denied';

/** Pages of rows, put together by key. */
async function* byKey(
  client: S3Client,
  bucket: string,
  chosen: Chosen,
  uploads: NonNullable<Awaited<ReturnType<typeof pendingUploads>>>,
  from: string | undefined,
): AsyncGenerator<{ key: string; rows: ObjectRows['rows']; uploads: number }> {
  const open = new Map<string, { rows: ObjectRows['rows']; uploads: number }>();
  const at = (key: string): { rows: ObjectRows['rows']; uploads: number } => {
    const known = open.get(key) ?? { rows: [], uploads: 0 };
    open.set(key, known);
    return known;
  };
  for await (const page of objectRows(client, bucket, chosen, uploads, from)) {
    for (const row of page.rows) at(row.key).rows.push(row);
    for (const upload of page.uploads) at(upload.key).uploads++;
    for (const key of [...open.keys()].sort(compareKeys)) {
      const found = open.get(key);
      if (found === undefined || !page.isComplete(key)) continue;
      open.delete(key);
      yield { key, ...found };
    }
  }
}
