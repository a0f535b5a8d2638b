import {
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { awsFault } from './aws-faults.ts';
import type { VersionRow } from './s3-versions.ts';

/** What keeps a version from being deleted. */
export interface VersionLock {
  /** In words for a report, the same for all that is kept for the same cause. */
  reason: string;
  /** ISO instant at which it ends; absent where it has no end. */
  until?: string;
}

/** Asks why versions cannot be deleted. A bucket without Object Lock is asked once. */
export interface Locks {
  /** The lock on a version; `undefined` when none is known. */
  of(row: VersionRow): Promise<VersionLock | undefined>;
}

/** Locks of a bucket's versions. */
export function locksOf(client: S3Client, bucket: string): Locks {
  let possible: Promise<boolean> | undefined;
  return {
    async of({ key, versionId, deleteMarker }) {
      // A delete marker carries no lock.
      if (deleteMarker) return undefined;
      possible ??= canLock(client, bucket);
      if (!(await possible)) return undefined;
      const place = { Bucket: bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
      const [hold, retention] = await Promise.all([
        orNone(client.send(new GetObjectLegalHoldCommand(place))),
        orNone(client.send(new GetObjectRetentionCommand(place))),
      ]);
      if (hold?.LegalHold?.Status === 'ON') return { reason: 'an S3 legal hold, which has no end, keeps a version' };
      const { Mode, RetainUntilDate } = retention?.Retention ?? {};
      if (RetainUntilDate === undefined) return undefined;
      return { reason: `S3 Object Lock (${Mode}) keeps a version`, until: RetainUntilDate.toISOString() };
    },
  };
}

async function canLock(client: S3Client, bucket: string): Promise<boolean> {
  try {
    await client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    // Who may not ask cannot rule it out.
    return awsFault(error).status === 403;
  }
}

async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const { status } = awsFault(error);
    // No lock is answered as 404 or 400; who may not ask learns nothing.
    if (status === 404 || status === 400 || status === 403) return undefined;
    throw error;
  }
}

/** When the last of several locks ends; `undefined` as soon as one has no end. */
export function latestEnd(locks: readonly VersionLock[]): string | undefined {
  const ends = locks.flatMap(({ until }) => until ?? []);
  return ends.length < locks.length ? undefined : ends.sort().at(-1);
}
