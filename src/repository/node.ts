import { CorruptError } from '../domain/errors.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { columnReader, readColumns, refuseUnknown, writeColumn } from './columns.ts';
import type { PartRef } from './model.ts';
import type { SourceScope } from './object-names.ts';
import { openManifest, type PartContext, sealManifest } from './part.ts';
import { type NodeRef, readParts, writeParts } from './part-list.ts';

/** A root with more parts than this lists nodes instead. */
export const MAX_PARTS_IN_ROOT = 1024;
/** Most parts of a node. */
export const MAX_PARTS_IN_NODE = 1024;

const VERSION = 1;
const PARTS = 1;
const known = new Set([PARTS]);

/** Limits of nodes; smaller ones serve tests. */
export interface NodeLimits {
  /** Above this many parts the root lists nodes. */
  partsInRoot: number;
  /** Most parts of one node. */
  partsInNode: number;
  /** A part whose first bound's low word has these bits clear begins a node. */
  mask: number;
}

/** One part in 256 begins a node. */
export const nodeLimits: NodeLimits = { partsInRoot: MAX_PARTS_IN_ROOT, partsInNode: MAX_PARTS_IN_NODE, mask: 0xff };

/**
 * Cuts a list of parts into nodes: a part begins a node when the low bits of its first bound are zero, or when the node is full.
 * Bounds are keyed hashes of keys, so unchanged ranges are cut as before.
 */
export function groupParts(parts: readonly PartRef[], limits: NodeLimits): PartRef[][] {
  const groups: PartRef[][] = [];
  let open: PartRef[] | undefined;
  for (const part of parts) {
    const begins = (part.first.readInt32LE(0) & limits.mask) === 0;
    if (!open || begins || open.length >= limits.partsInNode) {
      open = [];
      groups.push(open);
    }
    open.push(part);
  }
  return groups;
}

/** Seals a node under a fresh key; the caller puts `bytes` under `objectKey(scope, 'node', ref.id)`. */
export function sealNode(
  parts: readonly PartRef[],
  context: Pick<PartContext, 'scope' | 'intent' | 'attempt'>,
): { ref: NodeRef; bytes: Buffer } {
  const list = new ByteWriter(parts.length * 256);
  writeParts(parts, list);
  const out = new ByteWriter(list.length + 16);
  out.varint(VERSION);
  writeColumn(out, PARTS, true, list.view());
  const { bytes, ...sealed } = sealManifest('node', out.view(), context);
  return { ref: { ...sealed, length: bytes.length, parts: parts.length }, bytes };
}

/** Opens a stored node; CorruptError when it is not what its record says. */
export function openNode(bytes: Buffer, ref: NodeRef, scope: SourceScope): PartRef[] {
  const what = `node ${ref.id}`;
  const reader = new ByteReader(openManifest('node', bytes, ref, scope), what);
  const version = reader.varint();
  if (version !== VERSION) throw new CorruptError(`${what} has version ${version}; this program knows ${VERSION}`);
  const columns = readColumns(reader, what);
  refuseUnknown(columns, known, what);
  const parts = readParts(columnReader(columns, PARTS, what), MAX_PARTS_IN_NODE);
  if (parts.length !== ref.parts) throw new CorruptError(`${what} lists ${parts.length} parts instead of ${ref.parts}`);
  return parts;
}
