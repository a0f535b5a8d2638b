import type { S3Client } from '@aws-sdk/client-s3';
import type { Survivor } from '../../ports/object-store.ts';
import { inParallel } from './in-parallel.ts';
import { latestEnd, locksOf, type VersionLock } from './s3-locks.ts';
import { type Refused, removeVersions } from './s3-remove.ts';
import { type VersionRow, versionPages } from './s3-versions.ts';

/** Listings and questions about locks at once. */
const AT_ONCE = 8;
/**
 * Removes keys with all their versions and delete markers, and looks again: what is still there comes with its reason.
 * Requests: one listing for each thousand versions in the folders of the keys, never more than one for each key, and as many again
 * afterwards.
 *
 * @param keys Whole keys, ASCII
 */
export async function purgeKeys(client: S3Client, bucket: string, keys: readonly string[]): Promise<Survivor[]> {
  const wanted = [...new Set(keys)].sort();
  const refused = await removeVersions(client, bucket, await versionsOf(client, bucket, wanted));
  const left = await versionsOf(client, bucket, wanted);
  const locks = locksOf(client, bucket);
  const reasons = new Map<string, VersionLock[]>();
  await inParallel(left, AT_ONCE, async (row) => {
    const lock = (await locks.of(row)) ?? { reason: refusal(row, refused) };
    reasons.set(row.key, [...(reasons.get(row.key) ?? []), lock]);
  });
  return [...reasons].map(([key, found]) => {
    const until = latestEnd(found);
    return { key, reason: found[0]?.reason ?? '', ...(until === undefined ? {} : { until }) };
  });
}

function refusal({ key, versionId }: VersionRow, refused: readonly Refused[]): string {
  const found = refused.find(({ row }) => row.key === key && row.versionId === versionId);
  return found === undefined ? 'a version came back after it was deleted' : `${found.code}: ${found.message}`;
}

/** All versions of keys. Neighbours come with one listing. */
async function versionsOf(client: S3Client, bucket: string, keys: readonly string[]): Promise<VersionRow[]> {
  const folders = Map.groupBy(keys, (key) => key.slice(0, key.lastIndexOf('/') + 1));
  const found: VersionRow[] = [];
  await inParallel(folders.values(), AT_ONCE, async (within) => {
    found.push(...(await versionsWithin(client, bucket, within)));
  });
  return found;
}

/** Versions of sorted keys of one folder: listed in one go, unless more lies between them than asking for each would cost. */
async function versionsWithin(client: S3Client, bucket: string, keys: readonly string[]): Promise<VersionRow[]> {
  const [first = '', last = ''] = [keys[0], keys.at(-1)];
  const wanted = new Set(keys);
  const found: VersionRow[] = [];
  const prefix = commonPrefix(first, last);
  const from = keys.length === 1 ? {} : { after: justBefore(first) };
  let pages = 0;
  for await (const rows of versionPages(client, { bucket, prefix, ...from })) {
    found.push(...rows.filter(({ key }) => wanted.has(key)));
    const seen = rows.at(-1)?.key ?? '';
    if (seen > last) break;
    if (++pages < keys.length || keys.length === 1) continue;
    // The last key of a page may have further versions on the next one.
    const rest = keys.filter((key) => key >= seen);
    const settled = found.filter(({ key }) => key !== seen);
    return [...settled, ...(await Promise.all(rest.map((key) => versionsWithin(client, bucket, [key])))).flat()];
  }
  return found;
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/** A text between a key and all that sort before it: no key of a store has a character as great as `~`. */
function justBefore(key: string): string {
  return `${key.slice(0, -1)}${String.fromCharCode(key.charCodeAt(key.length - 1) - 1)}~`;
}
