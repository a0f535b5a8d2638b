import { canonicalJson } from '../domain/canonical-json.ts';
import { CorruptError } from '../domain/errors.ts';
import type { Cadence, SnapshotTotals } from '../domain/snapshot.ts';
import type { Json } from '../ports/table.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { columnReader, readColumns, refuseUnknown, writeColumn } from './columns.ts';
import { readPacks, writePacks } from './frame-columns.ts';
import type { PackUse, PartRef } from './model.ts';
import { type NodeRef, readNodes, readParts, writeNodes, writeParts } from './part-list.ts';

const VERSION = 1;
const META = 1;
const PARTS = 2;
const NODES = 3;
const PACKS = 4;
const USED = 5;
const MERKLE = 6;
const known = new Set([META, PARTS, NODES, PACKS, USED, MERKLE]);

/** Most parts and packs that a root lists. */
const MAX_LISTED = 4 * 1024 * 1024;

/** What a root says besides its lists. */
export interface RootMeta {
  /** Snapshot id. */
  snapshot: string;
  /** Snapshot that it was compared with. */
  parent?: string;
  seq: number;
  takenAt: string;
  cadence: Cadence;
  planDigest: string;
  totals: SnapshotTotals;
  /** Tenant and source as they were, so that a lost catalog can be rebuilt. */
  descriptor: { [name: string]: Json };
}

/** Content of a root: the whole of one snapshot. */
export interface Root extends RootMeta {
  tenant: string;
  source: string;
  /** All parts in key order, also where they are stored in nodes. */
  parts: PartRef[];
  /** Nodes that list the parts, where there are too many for the root. */
  nodes?: NodeRef[];
  packs: PackUse[];
  /** RFC 6962 root over the Merkle roots of the parts. */
  merkleRoot: Buffer;
  /** Sections of a later version that need not be understood; kept through every rewriting. */
  extensions?: Map<number, Buffer>;
}

/** Plaintext of a root: version, then sections. With `nodes` the parts are left out: the nodes hold them. */
export function encodeRoot(root: Root): Buffer {
  const out = new ByteWriter(64 * 1024);
  const section = new ByteWriter(16 * 1024);
  const put = (id: number, critical: boolean, write: () => void): void => {
    section.clear();
    write();
    writeColumn(out, id, critical, section.view());
  };
  out.varint(VERSION);
  put(META, true, () => section.bytes(Buffer.from(writeMeta(root))));
  if (root.nodes) put(NODES, true, () => writeNodes(root.nodes ?? [], section));
  else put(PARTS, true, () => writeParts(root.parts, section));
  put(PACKS, true, () => writePacks(root.packs, section));
  put(USED, true, () => {
    for (const pack of root.packs) section.varint(pack.used);
  });
  put(MERKLE, true, () => section.bytes(root.merkleRoot));
  for (const [id, value] of [...(root.extensions ?? [])].sort(([a], [b]) => a - b)) {
    put(id, false, () => section.bytes(value));
  }
  return out.toBuffer();
}

/** The inverse of `encodeRoot`. Where there are nodes, `parts` is still empty and the caller fills it from them. */
export function decodeRoot(plaintext: Buffer, scope: { tenant: string; source: string }, what: string): Root {
  const reader = new ByteReader(plaintext, what);
  const version = reader.varint();
  if (version !== VERSION) throw new CorruptError(`${what} has version ${version}; this program knows ${VERSION}`);
  const sections = readColumns(reader, what);
  refuseUnknown(sections, known, what);
  const section = (id: number): ByteReader => columnReader(sections, id, what);
  const packReader = section(PACKS);
  const packs = readPacks(packReader, MAX_LISTED);
  packReader.end();
  const used = section(USED);
  const merkle = section(MERKLE);
  const root: Root = {
    ...readMeta(section(META), what),
    tenant: scope.tenant,
    source: scope.source,
    parts: [],
    packs: packs.map((pack) => ({ ...pack, used: used.varint() })),
    merkleRoot: merkle.bytes(32),
  };
  used.end();
  merkle.end();
  if (sections.has(NODES) && sections.has(PARTS)) throw new CorruptError(`${what} lists both parts and nodes`);
  if (sections.has(NODES)) root.nodes = readNodes(section(NODES), MAX_LISTED);
  else root.parts = readParts(section(PARTS), MAX_LISTED);
  for (const { id, reader: rest } of sections.values()) {
    if (known.has(id)) continue;
    root.extensions ??= new Map();
    root.extensions.set(id, rest.bytes(rest.remaining));
  }
  return root;
}

/** The description as canonical JSON. A later version adds sections, never members here. */
function writeMeta(meta: RootMeta): string {
  const { snapshot, parent, seq, takenAt, cadence, planDigest, totals, descriptor } = meta;
  return canonicalJson({ snapshot, parent, seq, takenAt, cadence, planDigest, totals, descriptor });
}

function readMeta(reader: ByteReader, what: string): RootMeta {
  const text = reader.bytes(reader.remaining).toString('utf8');
  try {
    // Whoever held the root key wrote it, so the types within are trusted; writing it again shows that no member is lost.
    const meta = JSON.parse(text) as RootMeta;
    if (writeMeta(meta) === text) return meta;
  } catch (cause) {
    throw new CorruptError(`${what} does not describe its snapshot in JSON`, { cause });
  }
  throw new CorruptError(`${what} describes its snapshot in a way that this version would not`);
}
