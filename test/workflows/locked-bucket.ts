import { InvalidError, NotFoundError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { LiveResult, Selection, SourceDriver, SourceEntry } from '../../src/ports/source-driver.ts';

/** An object of the bucket; a locked one cannot be deleted before its date. */
export interface BucketObject {
  content: Buffer;
  /** `never-ends`: a legal hold. */
  lockedUntil?: string;
}

/** A versioned bucket with locks, in memory: what the driver of S3 promises, without S3. */
export interface LockedBucket {
  objects: Map<string, BucketObject>;
  driver: SourceDriver;
  /** Facts that it tells of itself. */
  facts: Record<string, string>;
}

const key = (name: string): Buffer => Buffer.from(name);

/** An empty bucket that goes by this clock. */
export function lockedBucket(clock: Pick<Clock, 'now'>): LockedBucket {
  const objects = new Map<string, BucketObject>();
  const facts: Record<string, string> = { versioning: 'on', writes: 'were possible during the erasure' };
  const isLocked = ({ lockedUntil }: BucketObject): boolean =>
    lockedUntil !== undefined && (lockedUntil === 'never-ends' || lockedUntil > clock.now());
  const selected = (selection: Selection): string[] =>
    [...objects.keys()]
      .filter(
        (name) =>
          'all' in selection ||
          selection.keys.some(
            (one) => one.equals(key(name)) || (one.at(-1) === 0x2f && name.startsWith(one.toString())),
          ),
      )
      .sort();
  const isAfter = (name: string, after: Buffer | undefined): boolean =>
    after === undefined || Buffer.compare(key(name), after) > 0;
  const lockOf = ({ lockedUntil }: BucketObject): { until?: string } =>
    lockedUntil === undefined || lockedUntil === 'never-ends' ? {} : { until: lockedUntil };
  const driver: SourceDriver = {
    capabilities: { restore: true, overwrite: false, delete: true, sweep: true, attributes: false },
    verify: async () => undefined,
    async *scan({ after } = {}) {
      const names = [...objects.keys()].sort().filter((name) => isAfter(name, after));
      yield { entries: names.map((name) => entryOf(name, objects.get(name)?.content.length ?? 0)), notices: [] };
    },
    async open(entry) {
      const object = objects.get(entry.key.toString());
      if (object === undefined) throw new NotFoundError(`${entry.key.toString()} is gone`);
      return {
        entry,
        read: (buffer, position) => object.content.copy(buffer, 0, position),
        close: async () => ({ unchanged: true, racy: false, entry }),
      };
    },
    overwrite: async () => {
      throw new InvalidError('an overwrite adds a version');
    },
    async delete(selection, report, { after, goOn = () => true } = {}) {
      for (const name of selected(selection)) {
        const object = objects.get(name);
        if (object === undefined || !isAfter(name, after)) continue;
        const result: LiveResult = {
          ...{ key: key(name), bytes: object.content.length, verification: 'not-requested' },
          ...(isLocked(object) ? { result: 'locked', ...lockOf(object) } : { result: 'deleted' }),
        };
        if (!isLocked(object)) objects.delete(name);
        report(result);
        if (!goOn()) return;
      }
    },
    async *survivors(selection, { after } = {}) {
      for (const name of selected(selection)) {
        const object = objects.get(name);
        if (object === undefined || !isAfter(name, after)) continue;
        const reason = isLocked(object) ? 'S3 Object Lock (COMPLIANCE) keeps a version' : 'it is still there';
        yield { key: key(name), reason, ...(isLocked(object) ? lockOf(object) : {}) };
      }
    },
    describe: async () => facts,
  };
  return { objects, driver, facts };
}

function entryOf(name: string, size: number): SourceEntry {
  return {
    ...{ key: key(name), type: 'file', size, mtimeNs: 1_700_000_000_000_000_000n, ctimeNs: 0n, inode: 0n, device: 0n },
    ...{ links: 1, mode: 0, uid: 0, gid: 0, owner: '', group: '', etag: `"${name}"`, headers: {} },
  };
}
