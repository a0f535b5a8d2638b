import { CorruptError } from '../domain/errors.ts';
import { MAX_PART_ENTRIES } from './boundary.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { PartRef } from './model.ts';
import { isObjectId } from './object-names.ts';
import { KEY_BYTES } from './seal.ts';

/** What a root knows of a node: a stored list of parts. */
export interface NodeRef {
  /** `<intent>/<attempt>/<random>` */
  id: string;
  /** Stored bytes. */
  length: number;
  /** SHA-256 over the stored bytes. */
  digest: Buffer;
  /** AES-256 key of this node alone. */
  key: Buffer;
  /** Parts that it lists. */
  parts: number;
}

type Stored = Pick<PartRef, 'id' | 'length' | 'digest' | 'key'>;

function writeStored(ref: Stored, out: ByteWriter): void {
  out.string(ref.id);
  out.varint(ref.length);
  fixed(ref.digest, 32, out);
  fixed(ref.key, KEY_BYTES, out);
}

function fixed(value: Buffer, length: number, out: ByteWriter): void {
  if (value.length !== length) throw new RangeError(`a field of ${length} bytes has ${value.length}`);
  out.bytes(value);
}

function readStored(reader: ByteReader): Stored {
  const id = reader.string(200, 'the length of an object id');
  if (!isObjectId(id)) throw new CorruptError(`an object is named "${id}", which no object can be`);
  return { id, length: reader.varint(), digest: reader.bytes(32), key: reader.bytes(KEY_BYTES) };
}

/** Parts in order: count; of each id, length, digest, key, entries, first and last bound, Merkle root. */
export function writeParts(parts: readonly PartRef[], out: ByteWriter): void {
  out.varint(parts.length);
  for (const part of parts) {
    writeStored(part, out);
    out.varint(part.entries);
    fixed(part.first, 8, out);
    fixed(part.last, 8, out);
    fixed(part.merkle, 32, out);
  }
}

/** The inverse of `writeParts`. */
export function readParts(reader: ByteReader, cap: number): PartRef[] {
  const parts: PartRef[] = [];
  for (let left = reader.capped(cap, 'the number of parts'); left > 0; left--) {
    parts.push({
      ...readStored(reader),
      entries: reader.capped(MAX_PART_ENTRIES, 'the number of entries of a part'),
      first: reader.bytes(8),
      last: reader.bytes(8),
      merkle: reader.bytes(32),
    });
  }
  reader.end();
  return parts;
}

/** Nodes in order: count; of each id, length, digest, key, number of parts. */
export function writeNodes(nodes: readonly NodeRef[], out: ByteWriter): void {
  out.varint(nodes.length);
  for (const node of nodes) {
    writeStored(node, out);
    out.varint(node.parts);
  }
}

/** The inverse of `writeNodes`. */
export function readNodes(reader: ByteReader, cap: number): NodeRef[] {
  const nodes: NodeRef[] = [];
  for (let left = reader.capped(cap, 'the number of nodes'); left > 0; left--) {
    nodes.push({ ...readStored(reader), parts: reader.varint() });
  }
  reader.end();
  return nodes;
}
