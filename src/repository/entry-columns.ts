import { CorruptError, InvalidError } from '../domain/errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { type EntryColumn, numbers, optional, planes } from './entry-column.ts';
import { MAX_HEADERS, MAX_TEXT, writeHeaders } from './leaf.ts';

/** Longest name of an owner or group, and longest ETag, in bytes. */
const MAX_NAME = 1024;

/** Owner and group names: each name once, then the place of each entry's owner and of its group. */
const names: EntryColumn = {
  id: 16,
  write(entries, out) {
    const places = new Map<string, number>();
    const place = (name: string): number => {
      const known = places.get(name);
      if (known !== undefined) return known;
      places.set(name, places.size);
      return places.size - 1;
    };
    const rows = entries.map((entry) => [place(entry.owner), place(entry.group)] as const);
    out.varint(places.size);
    for (const name of places.keys()) out.string(name, MAX_NAME, 'the name of an owner or group');
    for (const [owner] of rows) out.varint(owner);
    for (const [, group] of rows) out.varint(group);
  },
  read(entries, reader) {
    const known: string[] = [];
    for (let left = reader.capped(2 * entries.length, 'the number of names'); left > 0; left--) {
      known.push(reader.string(MAX_NAME, 'the length of a name'));
    }
    const name = (): string => {
      const value = known[reader.varint()];
      if (value === undefined) throw new CorruptError('a part refers to an owner or group that it does not name');
      return value;
    };
    for (const entry of entries) entry.owner = name();
    for (const entry of entries) entry.group = name();
  },
};

function readHeaders(reader: ByteReader): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let left = reader.capped(MAX_HEADERS, 'the number of headers'); left > 0; left--) {
    pairs.push([reader.string(MAX_TEXT, 'the length of a header'), reader.string(MAX_TEXT, 'the length of a header')]);
  }
  return Object.fromEntries(pairs);
}

const MAX = Number.MAX_SAFE_INTEGER;

/** Salts: 16 bytes each. */
const salts: EntryColumn = {
  id: 22,
  write(entries, out) {
    for (const entry of entries) {
      if (entry.salt.length !== 16) throw new InvalidError('the salt of an entry has 16 bytes');
      out.bytes(entry.salt);
    }
  },
  read(entries, reader) {
    for (const entry of entries) entry.salt = reader.bytes(16);
  },
};

/** All columns of attributes in the order of their ids. Optional values are marked in the kind column, which is read first. */
export const entryColumns: readonly EntryColumn[] = [
  numbers(
    6,
    1 << 20,
    (entry) => entry.segment,
    (entry, value) => (entry.segment = value),
  ),
  numbers(
    7,
    MAX,
    (entry) => entry.size,
    (entry, value) => (entry.size = value),
  ),
  planes(
    8,
    true,
    (entry) => entry.mtimeNs,
    (entry, value) => (entry.mtimeNs = value),
  ),
  planes(
    9,
    true,
    (entry) => entry.ctimeNs,
    (entry, value) => (entry.ctimeNs = value),
  ),
  planes(
    10,
    false,
    (entry) => entry.inode,
    (entry, value) => (entry.inode = value),
  ),
  planes(
    11,
    false,
    (entry) => entry.device,
    (entry, value) => (entry.device = value),
  ),
  numbers(
    12,
    MAX,
    (entry) => entry.links,
    (entry, value) => (entry.links = value),
  ),
  numbers(
    13,
    0o7777,
    (entry) => entry.mode,
    (entry, value) => (entry.mode = value),
  ),
  numbers(
    14,
    MAX,
    (entry) => entry.uid,
    (entry, value) => (entry.uid = value),
  ),
  numbers(
    15,
    MAX,
    (entry) => entry.gid,
    (entry, value) => (entry.gid = value),
  ),
  names,
  optional(
    19,
    (entry) => entry.linkTarget !== undefined,
    (entry, out) => out.capped(entry.linkTarget ?? Buffer.alloc(0), MAX_TEXT, 'a link target'),
    (entry, reader) => (entry.linkTarget = reader.prefixed(MAX_TEXT, 'the length of a link target')),
  ),
  optional(
    20,
    (entry) => entry.headers !== undefined,
    (entry, out) => writeHeaders(entry.headers ?? {}, out),
    (entry, reader) => (entry.headers = readHeaders(reader)),
  ),
  optional(
    21,
    (entry) => entry.etag !== undefined,
    (entry, out) => out.string(entry.etag ?? '', MAX_NAME, 'an ETag'),
    (entry, reader) => (entry.etag = reader.string(MAX_NAME, 'the length of an ETag')),
  ),
  salts,
];
