import { hash } from 'node:crypto';
import { InvalidError } from '../domain/errors.ts';
import { ByteWriter } from './byte-writer.ts';
import { kindByte } from './entry-kind.ts';
import type { ChunkRef, Entry, PartEntry } from './model.ts';

// Shared by all calls: hashing is synchronous, and a fresh buffer per entry would cost more than the hash.
const scratch = new ByteWriter();

/**
 * Canonical encoding of an entry: everything that is said about the object, nothing about where its frames lie, so that moving a frame
 * or sealing a cluster again leaves leaves and Merkle roots as they are. Layout in docs/format.md, "Leaves".
 */
export function canonicalEntry(entry: Entry): Buffer {
  scratch.clear();
  writeCanonical(entry, scratch);
  return scratch.toBuffer();
}

function writeCanonical(entry: Entry, out: ByteWriter): void {
  out.byte(kindByte(entry));
  out.prefixed(entry.key);
  out.varint(entry.segment);
  out.varint(entry.size);
  out.int64(entry.mtimeNs);
  out.int64(entry.ctimeNs);
  out.int64(entry.inode);
  out.int64(entry.device);
  out.varint(entry.links);
  out.varint(entry.mode);
  out.varint(entry.uid);
  out.varint(entry.gid);
  out.string(entry.owner);
  out.string(entry.group);
  if (entry.linkTarget) out.prefixed(entry.linkTarget);
  if (entry.headers) writeHeaders(entry.headers, out);
  if (entry.etag !== undefined) out.string(entry.etag);
  out.varint(entry.chunks.length);
  for (const chunk of entry.chunks) {
    out.varint(chunk.length);
    out.bytes(chunk.hash);
  }
  const extensions = [...(entry.extensions ?? [])].sort(([a], [b]) => a - b);
  out.varint(extensions.length);
  for (const [id, value] of extensions) {
    out.varint(id);
    out.prefixed(value);
  }
}

/** Most headers of an entry. */
export const MAX_HEADERS = 256;
/** Longest header name or value, key, link target or extension value in bytes. */
export const MAX_TEXT = 65_535;

/** Headers in the byte order of their names: count, then name and value of each. InvalidError over the caps. */
export function writeHeaders(headers: Record<string, string>, out: ByteWriter): void {
  const pairs = Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  if (pairs.length > MAX_HEADERS)
    throw new InvalidError(`an entry has ${pairs.length} headers, over the cap of ${MAX_HEADERS}`);
  out.varint(pairs.length);
  for (const [name, value] of pairs) {
    out.capped(name, MAX_TEXT, 'the name of a header');
    out.capped(value, MAX_TEXT, 'the value of a header');
  }
}

/** Leaf of the Merkle tree: SHA-256(0x00 ‖ salt ‖ canonical entry), 32 bytes. An erased entry keeps the leaf it had. */
export function leafOf(entry: PartEntry): Buffer {
  if ('erased' in entry) return entry.leaf;
  scratch.clear();
  scratch.byte(0);
  scratch.bytes(entry.salt);
  writeCanonical(entry, scratch);
  return hash('sha256', scratch.view(), 'buffer');
}

/** Identity of an object's content: the hash of its only chunk, else SHA-256 over its chunk hashes in order (no chunk: of nothing). */
export function contentHash(chunks: readonly Pick<ChunkRef, 'hash'>[]): Buffer {
  const [first, second] = chunks;
  if (first && !second) return first.hash;
  return hash('sha256', Buffer.concat(chunks.map((chunk) => chunk.hash)), 'buffer');
}
