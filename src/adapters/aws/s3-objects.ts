import type { S3Client } from '@aws-sdk/client-s3';
import { compareKeys } from './s3-keys.ts';
import { type Chosen, isMeant } from './s3-selection.ts';
import type { PendingUpload } from './s3-uploads.ts';
import { type VersionRow, versionPages } from './s3-versions.ts';

/** Everything that S3 holds under some keys, up to a boundary. */
export interface ObjectRows {
  rows: VersionRow[];
  uploads: PendingUpload[];
  /** Whether all of a key has come by now: a further page may go on with the last one of this. */
  isComplete(key: string): boolean;
}

/**
 * Versions, delete markers and pending uploads of what is chosen, page by page in order of keys. Those of one key may come in
 * several pages: `isComplete` tells.
 */
export async function* objectRows(
  client: S3Client,
  bucket: string,
  chosen: Chosen,
  uploads: readonly PendingUpload[],
  after: string | undefined,
): AsyncGenerator<ObjectRows> {
  const ahead = uploads.filter(
    ({ key }) => isMeant(chosen, key) && (after === undefined || compareKeys(key, after) > 0),
  );
  const upTo = (key: string): PendingUpload[] => {
    const rest = ahead.findIndex((upload) => compareKeys(upload.key, key) > 0);
    return ahead.splice(0, rest === -1 ? ahead.length : rest);
  };
  const range = { bucket, prefix: chosen.prefix, ...(after === undefined ? {} : { after }) };
  for await (const page of versionPages(client, range)) {
    const rows = page.filter(({ key }) => isMeant(chosen, key));
    const last = page.at(-1)?.key ?? '';
    if (rows.length > 0) yield { rows, uploads: upTo(last), isComplete: (key) => key !== last };
    // A single key comes first of all that begin with it.
    if (!chosen.below && last !== chosen.prefix) break;
  }
  yield { rows: [], uploads: ahead, isComplete: () => true };
}
