import type { S3Client } from '@aws-sdk/client-s3';
import type { LiveOptions, LiveResult, Selection } from '../../ports/source-driver.ts';
import { inParallel } from './in-parallel.ts';
import { compareKeys, textUpTo } from './s3-keys.ts';
import type { S3Location } from './s3-location.ts';
import { type Locks, latestEnd, locksOf, type VersionLock } from './s3-locks.ts';
import { objectRows } from './s3-objects.ts';
import { removeVersions } from './s3-remove.ts';
import { type Chosen, chosenOf } from './s3-selection.ts';
import { abortUpload, pendingUploads } from './s3-uploads.ts';

/** Requests about single versions and uploads at once. */
const AT_ONCE = 8;

/** No key: nothing was begun when it was to stop. */
const NONE = '';

type Report = (result: LiveResult) => void;

/** What was done to the versions, marks and uploads of one key so far. */
interface Tally {
  deleted: number;
  bytes: number;
  markers: number;
  uploads: number;
  locks: VersionLock[];
  failures: string[];
}

/**
 * Deletes what is selected with all its versions, delete markers and pending uploads, in order of keys. A version under a lock or
 * legal hold stays and is reported as `locked`; a delete marker is never put in its place: it would only hide it.
 */
export async function deleteSelected(
  client: S3Client,
  location: S3Location,
  selection: Selection,
  report: Report,
  { after, goOn = () => true }: LiveOptions = {},
): Promise<void> {
  const deleter = new Deleter(client, location, report);
  for (const chosen of chosenOf(selection, location)) {
    if (after !== undefined && isBehind(chosen, after)) continue;
    if (!(await deleter.run(chosen, after, goOn))) return;
  }
}

/** Whether an earlier leg has dealt with all of it. */
function isBehind({ below, key }: Chosen, after: Buffer): boolean {
  if (key.length === 0) return false;
  return below ? Buffer.compare(after.subarray(0, key.length), key) > 0 : Buffer.compare(after, key) >= 0;
}

class Deleter {
  readonly #client: S3Client;
  readonly #location: S3Location;
  readonly #report: Report;
  readonly #locks: Locks;
  readonly #tallies = new Map<string, Tally>();

  constructor(client: S3Client, location: S3Location, report: Report) {
    this.#client = client;
    this.#location = location;
    this.#report = report;
    this.#locks = locksOf(client, location.bucket);
  }

  /** @returns false when it was stopped before the end */
  async run(chosen: Chosen, after: Buffer | undefined, goOn: () => boolean): Promise<boolean> {
    const { bucket, prefix } = this.#location;
    // Where they may not be listed the sweep says so: what can be deleted is.
    const uploads = (await pendingUploads(this.#client, bucket, chosen.prefix)) ?? [];
    const from = after === undefined ? undefined : prefix + textUpTo(after);
    let found = false;
    /** Once it is to stop: the key that was begun, which alone is brought to its end. */
    let last: string | undefined;
    for await (const page of objectRows(this.#client, bucket, chosen, uploads, from)) {
      const isMine = ({ key }: { key: string }): boolean => last === undefined || key === last;
      const rows = page.rows.filter(isMine);
      const pending = page.uploads.filter(isMine);
      if (rows.length + pending.length > 0) found = true;
      await this.#remove(rows);
      await inParallel(pending, AT_ONCE, async (upload) => await this.#abort(upload));
      this.#tell(page.isComplete);
      if (rows.length < page.rows.length) this.#tell(() => true);
      if (last === undefined && found && !goOn()) last = [...this.#tallies.keys()].at(-1) ?? NONE;
      if (last !== undefined && this.#tallies.size === 0) return false;
    }
    if (!found && (after === undefined || (chosen.key.length > 0 && Buffer.compare(chosen.key, after) > 0))) {
      this.#report(absent(chosen.key));
    }
    return true;
  }

  async #remove(rows: Parameters<typeof removeVersions>[2]): Promise<void> {
    const refused = await removeVersions(this.#client, this.#location.bucket, rows);
    const left = new Set(refused.map(({ row }) => row));
    for (const row of rows) {
      const tally = this.#tally(row.key);
      if (left.has(row)) continue;
      tally.deleted++;
      tally.bytes += row.size;
      if (row.deleteMarker) tally.markers++;
    }
    await inParallel(refused, AT_ONCE, async ({ row, code, message }) => {
      const lock = await this.#locks.of(row);
      if (lock === undefined) this.#tally(row.key).failures.push(`${code}: ${message}`);
      else this.#tally(row.key).locks.push(lock);
    });
  }

  async #abort(upload: Parameters<typeof abortUpload>[2]): Promise<void> {
    const failure = await abortUpload(this.#client, this.#location.bucket, upload);
    const tally = this.#tally(upload.key);
    if (failure === undefined) tally.uploads++;
    else tally.failures.push(failure);
  }

  #tally(key: string): Tally {
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const fresh: Tally = { deleted: 0, bytes: 0, markers: 0, uploads: 0, locks: [], failures: [] };
    this.#tallies.set(key, fresh);
    return fresh;
  }

  /** Reports keys that are complete, in order. */
  #tell(isComplete: (key: string) => boolean): void {
    for (const key of [...this.#tallies.keys()].sort(compareKeys)) {
      const tally = this.#tallies.get(key);
      if (tally === undefined || !isComplete(key)) continue;
      this.#tallies.delete(key);
      this.#report(resultOf(Buffer.from(key.slice(this.#location.prefix.length)), tally));
    }
  }
}

/** Nothing was there. */
export function absent(key: Buffer): LiveResult {
  return { key, result: 'absent', bytes: 0, verification: 'not-requested' };
}

function resultOf(key: Buffer, { deleted, bytes, markers, uploads, locks, failures }: Tally): LiveResult {
  const common = { key, bytes, verification: 'not-requested' } as const;
  const [failure] = failures;
  if (failure !== undefined) return { ...common, result: 'failed', note: failure };
  if (locks.length > 0) {
    const until = latestEnd(locks);
    return {
      ...common,
      result: 'locked',
      note: locks[0]?.reason ?? '',
      ...(until === undefined ? {} : { until }),
    };
  }
  // A tally keeps some notes as examples: none for the usual case of one version.
  const notes = [
    ...(deleted > 1 ? ['with all its versions'] : []),
    ...(markers > 0 ? ['with its delete markers'] : []),
    ...(uploads > 0 ? ['with unfinished uploads'] : []),
  ];
  return { ...common, result: 'deleted', ...(notes.length === 0 ? {} : { note: notes.join(', ') }) };
}
