import { assertObjectKey, assertObjectPrefix, assertRange } from '../../src/adapters/object-key.ts';
import { ConflictError, CorruptError, InvalidError, NotFoundError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectStore, Survivor } from '../../src/ports/object-store.ts';

/** An object store whose bytes a test may look at, damage (`objects.get(key)![i] ^= 1`) and take away. */
export interface MemoryObjectStore extends ObjectStore {
  objects: Map<string, Buffer>;
}

/** Without `locks` it has no locks, as a file system; with a clock, locks hold until that clock is past them. */
export function memoryObjectStore(options: { locks?: Pick<Clock, 'now'> } = {}): MemoryObjectStore {
  const objects = new Map<string, Buffer>();
  const storedAt = new Map<string, string>();
  const locks = new Map<string, string>();
  const find = (key: string): Buffer => {
    assertObjectKey(key);
    const found = objects.get(key);
    if (!found) throw new NotFoundError(`object ${key} does not exist`);
    return found;
  };
  const info = (key: string, data: Buffer) => ({ key, size: data.length, storedAt: storedAt.get(key) ?? '' });
  return {
    objects,
    async *list(prefix, { after } = {}) {
      assertObjectPrefix(prefix);
      // Keys are ASCII, so the order of strings is the order of bytes.
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && (after === undefined || key > after));
      for (const key of keys.sort()) {
        const data = objects.get(key);
        if (data) yield info(key, data);
      }
    },
    async head(key) {
      assertObjectKey(key);
      const data = objects.get(key);
      return data && info(key, data);
    },
    async get(key, range) {
      const data = find(key);
      if (!range) return Buffer.from(data);
      assertRange(range);
      if (range.offset + range.length > data.length) {
        throw new CorruptError(
          `object ${key} is ${data.length} bytes long, ${range.offset}+${range.length} were wanted`,
        );
      }
      return Buffer.from(data.subarray(range.offset, range.offset + range.length));
    },
    async put(key, data) {
      assertObjectKey(key);
      const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
      const existing = objects.get(key);
      if (existing?.equals(bytes)) return;
      if (existing) throw new ConflictError(`object ${key} exists with other content`);
      objects.set(key, bytes);
      storedAt.set(key, new Date().toISOString());
    },
    async extendLock(key, until) {
      find(key);
      if (!options.locks) throw new InvalidError('this store has no locks');
      if (until > (locks.get(key) ?? '')) locks.set(key, until);
    },
    async purge(keys) {
      for (const key of keys) assertObjectKey(key);
      const survivors: Survivor[] = [];
      for (const key of keys) {
        const until = locks.get(key);
        if (objects.has(key) && until !== undefined && options.locks && until > options.locks.now()) {
          survivors.push({ key, reason: `locked until ${until}`, until });
        } else {
          objects.delete(key);
          locks.delete(key);
        }
      }
      return survivors;
    },
  };
}
