import { CorruptError, InvalidError } from '../domain/errors.ts';
import { MAX_PART_CHUNKS, MAX_PART_ENTRIES } from './boundary.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { readChunks, writeChunks } from './chunk-columns.ts';
import { columnReader, readColumns, refuseUnknown, type StoredColumn, writeColumn } from './columns.ts';
import { entryColumns } from './entry-columns.ts';
import { ERASED, kindByte, parseKind } from './entry-kind.ts';
import { frameTable, readFrames, readPacks, writeFrames, writePacks } from './frame-columns.ts';
import { readKeys, writeKeys } from './key-columns.ts';
import { MAX_TEXT } from './leaf.ts';
import type { Entry, PartEntry } from './model.ts';

const VERSION = 1;
const KINDS = 1;
const LEAVES = 2;
const KEY_SHARED = 3;
const KEY_LENGTHS = 4;
const KEY_SUFFIXES = 5;
const PACKS = 32;
const FRAMES = 33;
const CHUNKS = 34;

const known = new Set([KINDS, LEAVES, KEY_SHARED, KEY_LENGTHS, KEY_SUFFIXES, PACKS, FRAMES, CHUNKS]);
for (const column of entryColumns) known.add(column.id);

/** Ids from here on are for columns that a reader may leave alone. */
export const FIRST_EXTENSION = 64;

const NOTHING = Buffer.alloc(0);

/**
 * Plaintext of a part: version, number of entries, columns (docs/format.md, "Parts"). Equal entries give equal bytes. InvalidError
 * when order or caps are violated or a pack is still open.
 */
export function encodePart(entries: readonly PartEntry[]): Buffer {
  if (entries.length > MAX_PART_ENTRIES) {
    throw new InvalidError(`a part has ${entries.length} entries, over the cap of ${MAX_PART_ENTRIES}`);
  }
  const live = entries.filter((entry): entry is Entry => !('erased' in entry));
  const out = new ByteWriter(64 * 1024 + entries.length * 256);
  const column = new ByteWriter(64 * 1024);
  const put = (id: number, write: (to: ByteWriter) => void): void => {
    column.clear();
    write(column);
    writeColumn(out, id, id < FIRST_EXTENSION, column.view());
  };
  out.varint(VERSION);
  out.varint(entries.length);
  put(KINDS, (to) => {
    for (const entry of entries) to.byte('erased' in entry ? ERASED : kindByte(entry));
  });
  put(LEAVES, (to) => {
    for (const entry of entries) if ('erased' in entry) to.bytes(entry.leaf);
  });
  const lengths = new ByteWriter();
  const suffixes = new ByteWriter(64 * 1024);
  put(KEY_SHARED, (to) => writeKeys(live, to, lengths, suffixes));
  writeColumn(out, KEY_LENGTHS, true, lengths.view());
  writeColumn(out, KEY_SUFFIXES, true, suffixes.view());
  for (const { id, write } of entryColumns) put(id, (to) => write(live, to));
  const table = frameTable(live);
  put(PACKS, (to) => writePacks(table.packs, to));
  put(FRAMES, (to) => writeFrames(table, to));
  put(CHUNKS, (to) => writeChunks(live, table, to));
  for (const id of extensionIds(live)) put(id, (to) => writeExtension(live, id, to));
  return out.toBuffer();
}

/**
 * The inverse of `encodePart`. Keys, salts, hashes and frame keys are views of shared memory: who keeps one of them for long copies it.
 * CorruptError for anything that `encodePart` would not have written, and for columns that must be understood and are not known.
 */
export function decodePart(plaintext: Buffer, what = 'a part'): PartEntry[] {
  const reader = new ByteReader(plaintext, what);
  const version = reader.varint();
  if (version !== VERSION) throw new CorruptError(`${what} has version ${version}; this program knows ${VERSION}`);
  const count = reader.capped(MAX_PART_ENTRIES, 'the number of entries');
  const columns = readColumns(reader, what);
  refuseUnknown(columns, known, what);
  const column = (id: number): ByteReader => columnReader(columns, id, what);
  const kinds = column(KINDS).bytes(count);
  const leaves = column(LEAVES);
  const entries: PartEntry[] = [];
  const live: Entry[] = [];
  for (const kind of kinds) {
    if (kind === ERASED) {
      entries.push({ erased: true, leaf: leaves.bytes(32) });
      continue;
    }
    const entry = blank(kind);
    entries.push(entry);
    live.push(entry);
  }
  column(KINDS).end();
  leaves.end();
  for (const { id, read } of entryColumns) {
    read(live, column(id));
    column(id).end();
  }
  readKeys(live, { shared: column(KEY_SHARED), lengths: column(KEY_LENGTHS), suffixes: column(KEY_SUFFIXES) }, what);
  const packs = readPacks(column(PACKS), MAX_PART_CHUNKS);
  column(PACKS).end();
  readChunks(live, readFrames(column(FRAMES), packs, what), column(CHUNKS), what);
  for (const stored of columns.values()) if (!known.has(stored.id)) readExtension(live, stored);
  return entries;
}

/** An entry with everything that the kind byte says, the rest to be filled in from the columns. */
function blank(kind: number): Entry {
  const { type, racy, linkTarget, headers, etag } = parseKind(kind);
  const entry: Entry = {
    key: NOTHING,
    segment: 0,
    type,
    size: 0,
    mtimeNs: 0n,
    ctimeNs: 0n,
    inode: 0n,
    device: 0n,
    links: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    owner: '',
    group: '',
    racy,
    chunks: [],
    salt: NOTHING,
  };
  if (linkTarget) entry.linkTarget = NOTHING;
  if (headers) entry.headers = {};
  if (etag) entry.etag = '';
  return entry;
}

function extensionIds(live: readonly Entry[]): number[] {
  const ids = new Set<number>();
  for (const entry of live) if (entry.extensions) for (const id of entry.extensions.keys()) ids.add(id);
  const sorted = [...ids].sort((a, b) => a - b);
  if (sorted.some((id) => id < FIRST_EXTENSION))
    throw new InvalidError(`extension columns begin at ${FIRST_EXTENSION}`);
  return sorted;
}

/** Lengths first: 0 where the entry has none, else one more than its length; then the values. */
function writeExtension(live: readonly Entry[], id: number, out: ByteWriter): void {
  const values = live.map((entry) => entry.extensions?.get(id));
  for (const value of values) {
    if (value && value.length > MAX_TEXT)
      throw new InvalidError(`an extension has ${value.length} bytes, over the cap of ${MAX_TEXT}`);
    out.varint(value === undefined ? 0 : value.length + 1);
  }
  for (const value of values) if (value) out.bytes(value);
}

function readExtension(live: readonly Entry[], { id, reader }: StoredColumn): void {
  if (id < FIRST_EXTENSION)
    throw new CorruptError(`a part has an optional column ${id} among those of version ${VERSION}`);
  const lengths = live.map(() => reader.capped(MAX_TEXT + 1, 'the length of an extension'));
  for (const [i, entry] of live.entries()) {
    const length = lengths[i] as number;
    if (length === 0) continue;
    entry.extensions ??= new Map();
    entry.extensions.set(id, reader.bytes(length - 1));
  }
  reader.end();
}
