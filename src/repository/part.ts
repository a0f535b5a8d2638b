import { hash } from 'node:crypto';
import { CorruptError } from '../domain/errors.ts';
import { merkleRootOfHashes } from '../domain/merkle.ts';
import { keyBound, NO_BOUND } from './boundary.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { compress, decompress } from './frame.ts';
import { leafOf } from './leaf.ts';
import type { Entry, PartEntry, PartRef } from './model.ts';
import { newObjectId, type SourceScope } from './object-names.ts';
import { decodePart, encodePart } from './part-codec.ts';
import { aad, openMessage, randomKey, type SealKind, sealMessage } from './seal.ts';
import type { SourceSecrets } from './secrets.ts';

/** Most plaintext bytes of a part, node or root; a reader refuses more. */
export const MAX_MANIFEST_PLAIN = 64 * 1024 * 1024;

/** Whose part it is and who writes it. */
export interface PartContext {
  scope: SourceScope;
  secrets: SourceSecrets;
  intent: string;
  attempt: string;
  /** zstd level; default 3. */
  level?: number;
}

/** Compresses a manifest object's plaintext: codec byte (0 raw, 1 zstd), varint length of the plaintext, the bytes. */
export function packMessage(plaintext: Buffer, level: number): Buffer[] {
  if (plaintext.length > MAX_MANIFEST_PLAIN) throw new RangeError(`a manifest object of ${plaintext.length} bytes`);
  const packed = compress(plaintext, level);
  const head = new ByteWriter(16);
  head.byte(packed ? 1 : 0);
  head.varint(plaintext.length);
  return [head.toBuffer(), packed ?? plaintext];
}

/** Undoes `packMessage`. */
export function unpackMessage(message: Buffer, what: string): Buffer {
  const reader = new ByteReader(message, what);
  const codec = reader.byte();
  const length = reader.capped(MAX_MANIFEST_PLAIN, 'the length');
  const body = reader.bytes(reader.remaining);
  if (codec === 1) return decompress(body, length, what);
  if (codec !== 0) throw new CorruptError(`${what} has the unknown codec ${codec}`);
  if (body.length !== length) throw new CorruptError(`${what} holds ${body.length} bytes instead of ${length}`);
  return body;
}

/** Seals the plaintext of a part or node under a fresh key and a fresh id. */
export function sealManifest(
  kind: SealKind & ('part' | 'node'),
  plaintext: Buffer,
  context: Pick<PartContext, 'scope' | 'intent' | 'attempt' | 'level'>,
): { id: string; key: Buffer; bytes: Buffer; digest: Buffer } {
  const id = newObjectId(context.intent, context.attempt);
  const key = Buffer.from(randomKey());
  const associated = aad(kind, context.scope.tenant, context.scope.source, id);
  const bytes = sealMessage(key, associated, packMessage(plaintext, context.level ?? 3));
  return { id, key, bytes, digest: hash('sha256', bytes, 'buffer') };
}

/** Verifies length and digest of a stored part or node, opens and unpacks it. */
export function openManifest(
  kind: SealKind & ('part' | 'node'),
  bytes: Buffer,
  ref: Pick<PartRef, 'id' | 'length' | 'digest' | 'key'>,
  scope: SourceScope,
): Buffer {
  const what = `${kind} ${ref.id}`;
  if (bytes.length !== ref.length) throw new CorruptError(`${what} has ${bytes.length} bytes instead of ${ref.length}`);
  if (!hash('sha256', bytes, 'buffer').equals(ref.digest)) throw new CorruptError(`${what} does not match its digest`);
  return unpackMessage(openMessage(ref.key, aad(kind, scope.tenant, scope.source, ref.id), bytes, what), what);
}

/** Merkle root over the leaves of a part's entries (RFC 6962); of none: SHA-256 of nothing. */
export function partMerkle(entries: readonly PartEntry[]): Buffer {
  return merkleRootOfHashes(entries.map(leafOf));
}

/**
 * Seals entries (in key order, all their packs closed) as a part under a fresh key. The caller puts `bytes` under
 * `objectKey(scope, 'part', ref.id)`. Erased entries have no key, so the bounds are those of the entries that are left.
 */
export function sealPart(entries: readonly PartEntry[], context: PartContext): { ref: PartRef; bytes: Buffer } {
  const { bytes, ...sealed } = sealManifest('part', encodePart(entries), context);
  const live = (entry: PartEntry): entry is Entry => !('erased' in entry);
  const first = entries.find(live);
  const last = entries.findLast(live);
  const ref: PartRef = {
    ...sealed,
    length: bytes.length,
    entries: entries.length,
    first: first ? keyBound(first.key, context.secrets) : NO_BOUND,
    last: last ? keyBound(last.key, context.secrets) : NO_BOUND,
    merkle: partMerkle(entries),
  };
  return { ref, bytes };
}

/** Opens a stored part: length, digest, seal, structure and number of entries are verified; CorruptError names the part. */
export function openPart(bytes: Buffer, ref: PartRef, scope: SourceScope): PartEntry[] {
  const entries = decodePart(openManifest('part', bytes, ref, scope), `part ${ref.id}`);
  if (entries.length !== ref.entries) {
    throw new CorruptError(`part ${ref.id} has ${entries.length} entries instead of ${ref.entries}`);
  }
  return entries;
}

/** Whether the entries carry the Merkle root that the part's record states. A full check asks this; opening need not. */
export function verifyPartMerkle(entries: readonly PartEntry[], ref: PartRef): boolean {
  return partMerkle(entries).equals(ref.merkle);
}
