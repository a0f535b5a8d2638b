import { NotFoundError } from '../../src/domain/errors.ts';
import type {
  RestoredAttributes,
  RestoreTarget,
  ScanNotice,
  SourceDriver,
  SourceEntry,
} from '../../src/ports/source-driver.ts';

/** One object of a source in memory. */
export interface MemoryObject {
  entry: SourceEntry;
  content: Buffer;
}

/** A source whose objects a test changes by hand. Keys are latin1 text, one character per byte. */
export interface MemorySource {
  objects: Map<string, MemoryObject>;
  driver: SourceDriver;
  file(key: string, content: Buffer | string, change?: Partial<SourceEntry>): void;
  directory(key: string, change?: Partial<SourceEntry>): void;
  symlink(key: string, target: string): void;
  remove(key: string): void;
  /** Called before a file is opened; may change it. */
  beforeRead?: (key: string) => void;
  /** Files that were opened, in order. */
  opened: string[];
  racy: boolean;
  /** Keys that a scan reports and leaves out. */
  skipped: Set<string>;
}

let inodes = 1n;

/** An empty source in memory. Every change gets a new ctime, as on a file system. */
export function memorySource(): MemorySource {
  const objects = new Map<string, MemoryObject>();
  let tick = 1_700_000_000_000_000_000n;
  const put = (key: string, type: SourceEntry['type'], content: Buffer, change: Partial<SourceEntry>): void => {
    tick += 1_000_001n;
    const entry: SourceEntry = {
      ...{ key: Buffer.from(key, 'latin1'), type, size: content.length, mtimeNs: tick, ctimeNs: tick, inode: inodes++ },
      ...{ device: 7n, links: 1, mode: 0o644, uid: 1000, gid: 1000, owner: 'ada', group: 'ada', ...change },
    };
    objects.set(key, { entry, content });
  };
  const source: MemorySource = {
    objects,
    opened: [],
    racy: false,
    skipped: new Set(),
    file: (key, content, change = {}) => put(key, 'file', Buffer.from(content), change),
    directory: (key, change = {}) => put(key, 'directory', Buffer.alloc(0), change),
    symlink: (key, target) => put(key, 'symlink', Buffer.alloc(0), { linkTarget: Buffer.from(target) }),
    remove: (key) => void objects.delete(key),
    driver: {
      capabilities: { restore: true, overwrite: false, delete: false, sweep: false },
      verify: async () => undefined,
      async *scan({ after } = {}) {
        const all = new Set([...objects.keys(), ...source.skipped]);
        // Latin-1 text is in the order of its bytes.
        const keys = [...all].filter((key) => after === undefined || key > after.toString('latin1')).sort();
        for (let at = 0; at < keys.length; at += 50) {
          const batch = keys.slice(at, at + 50);
          const found = batch.flatMap((key) => (source.skipped.has(key) ? [] : (objects.get(key) ?? [])));
          const notices = batch.flatMap((key) => (source.skipped.has(key) ? [skippedNotice(key)] : []));
          yield { entries: found.map(({ entry }) => ({ ...entry })), notices };
        }
      },
      async open({ key }) {
        const name = key.toString('latin1');
        source.beforeRead?.(name);
        const object = objects.get(name);
        if (object?.entry.type !== 'file') throw new NotFoundError(`${name} is gone`);
        source.opened.push(name);
        return {
          entry: { ...object.entry },
          read: (buffer, position) => (objects.get(name) ?? object).content.copy(buffer, 0, position),
          close: async () => {
            const now = objects.get(name) ?? object;
            return { unchanged: now === object, racy: source.racy, entry: { ...now.entry } };
          },
        };
      },
      overwrite: async () => undefined,
      delete: async () => undefined,
      async *survivors() {},
      describe: async () => ({}),
    },
  };
  return source;
}

function skippedNotice(key: string): ScanNotice {
  return { key: Buffer.from(key, 'latin1'), kind: 'skipped', reason: 'socket' };
}

/** What a restore wrote: key → description that holds everything a snapshot must bring back. */
export interface MemoryTarget extends RestoreTarget {
  restored: Map<string, string>;
}

/** A restore target in memory. */
export function memoryTarget(): MemoryTarget {
  const files = new Map<string, { content: Buffer }>();
  const kinds = new Map<string, string>();
  const restored = new Map<string, string>();
  const name = (key: Buffer): string => key.toString('latin1');
  return {
    restored,
    directory: async (key) => void kinds.set(name(key), 'directory'),
    symlink: async (key, target) => void kinds.set(name(key), `symlink ${target.toString()}`),
    async file(key, size, { from = 0 } = {}) {
      const file = from === 0 ? { content: Buffer.alloc(size) } : files.get(name(key));
      if (!file) throw new NotFoundError(`${name(key)} was not begun`);
      files.set(name(key), file);
      kinds.set(name(key), 'file');
      let written = from;
      return {
        write: (data, position) => {
          written = position + data.copy(file.content, position);
        },
        close: async () => undefined,
        // Like an upload it keeps whole pieces only.
        pause: async () => written - (written % 100_000),
      };
    },
    hardLink: async (key, existing) => {
      const file = files.get(name(existing));
      if (!file) throw new NotFoundError(`${name(existing)} was not restored`);
      files.set(name(key), file);
      kinds.set(name(key), 'file');
    },
    async finish(attributes) {
      const key = name(attributes.key);
      restored.set(key, describe(kinds.get(key) ?? 'directory', files.get(key)?.content, attributes));
      return [];
    },
    sync: async () => undefined,
    close: async () => undefined,
  };
}

/** What a source holds now, in the words of `memoryTarget`. */
export function contentsOf(source: MemorySource): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, { entry, content }] of source.objects) {
    const kind = entry.type === 'symlink' ? `symlink ${entry.linkTarget?.toString()}` : entry.type;
    all.set(key, describe(kind, entry.type === 'file' ? content : undefined, entry));
  }
  return all;
}

function describe(kind: string, content: Buffer | undefined, entry: RestoredAttributes): string {
  const { mtimeNs, mode, uid, gid, owner, group } = entry;
  return [kind, content?.toString('base64') ?? '', mtimeNs, mode, uid, gid, owner, group].join('|');
}
