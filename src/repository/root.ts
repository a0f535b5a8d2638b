import { hash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import { CorruptError } from '../domain/errors.ts';
import { merkleRootOfHashes } from '../domain/merkle.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { PartRef } from './model.ts';
import { groupParts, type NodeLimits, nodeLimits, openNode, sealNode } from './node.ts';
import type { SourceScope } from './object-names.ts';
import { packMessage, unpackMessage } from './part.ts';
import type { NodeRef } from './part-list.ts';
import { decodeRoot, encodeRoot, type Root } from './root-codec.ts';
import { aad, openMessage, sealMessage } from './seal.ts';

export type { Root } from './root-codec.ts';

/** First bytes of every root object: format and version. */
export const ROOT_MAGIC: Buffer = Buffer.from('tenure/v1 root\n', 'ascii');

const MAX_HEADER = 4096;

/** The clear header of a root: whose it is and which key opens it. Nothing else is in the clear. */
export interface RootHeader extends SourceScope {
  snapshot: string;
  /** KeyRef of the root key. */
  key: string;
}

/** A root object ready to be stored twice, and the nodes that must be stored before it. */
export interface SealedRoot {
  bytes: Buffer;
  /** SHA-256 over `bytes`. */
  digest: Buffer;
  /** New nodes; put each under `objectKey(scope, 'node', ref.id)`. Reused ones are not among them. */
  nodes: { ref: NodeRef; bytes: Buffer }[];
}

/** Who seals a root, and with what. */
export interface SealRootOptions {
  /** The root key (32 bytes), made for this root alone, and the ref under which the KeyStore holds it. */
  key: Buffer;
  keyRef: string;
  intent: string;
  attempt: string;
  /** A root whose nodes are used again where they list the same parts: the parent's. */
  reuse?: Root;
  limits?: NodeLimits;
}

/** Merkle root of a snapshot: RFC 6962 over the Merkle roots of its parts in order; of none: SHA-256 of nothing. */
export function snapshotMerkle(parts: readonly PartRef[]): Buffer {
  return merkleRootOfHashes(parts.map((part) => part.merkle));
}

/** Seals a root. `nodes` of the input are ignored: they are chosen here from `parts`. */
export function sealRoot(root: Root, options: SealRootOptions): SealedRoot {
  const { tenant, source, snapshot } = root;
  const limits = options.limits ?? nodeLimits;
  const { nodes: _chosenHere, ...content } = root;
  const fresh: SealedRoot['nodes'] = [];
  let plaintext: Buffer;
  if (root.parts.length > limits.partsInRoot) {
    const reusable = nodesByParts(options.reuse);
    const nodes = groupParts(root.parts, limits).map((parts) => {
      const known = reusable.get(partIds(parts));
      if (known) return known;
      const node = sealNode(parts, { scope: { tenant, source }, intent: options.intent, attempt: options.attempt });
      fresh.push(node);
      return node.ref;
    });
    plaintext = encodeRoot({ ...content, nodes });
  } else {
    plaintext = encodeRoot(content);
  }
  const header = encodeHeader({ tenant, source, snapshot, key: options.keyRef });
  const sealed = sealMessage(options.key, rootAad(header, tenant, source, snapshot), packMessage(plaintext, 3));
  const bytes = Buffer.concat([header, sealed]);
  return { bytes, digest: hash('sha256', bytes, 'buffer'), nodes: fresh };
}

/** Reads the clear header. CorruptError when it is not a root of this version. It is trustworthy only once the root has opened. */
export function readRootHeader(bytes: Buffer): RootHeader & { headerLength: number } {
  if (!bytes.subarray(0, ROOT_MAGIC.length).equals(ROOT_MAGIC))
    throw new CorruptError('this object is no root of format v1');
  const reader = new ByteReader(bytes, 'the header of a root', ROOT_MAGIC.length);
  const text = reader.string(MAX_HEADER, 'the length of the header');
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new CorruptError('the header of a root is not JSON', { cause });
  }
  const { tenant, source, snapshot, key } = (header ?? {}) as Record<string, unknown>;
  if (
    typeof tenant !== 'string' ||
    typeof source !== 'string' ||
    typeof snapshot !== 'string' ||
    typeof key !== 'string'
  ) {
    throw new CorruptError('the header of a root lacks its tenant, source, snapshot or key');
  }
  if (canonicalJson({ tenant, source, snapshot, key }) !== text) {
    throw new CorruptError('the header of a root is not in its canonical form');
  }
  return { tenant, source, snapshot, key, headerLength: bytes.length - reader.remaining };
}

/**
 * Opens a root object. `fetchNode` reads a node's stored bytes where the root lists nodes. CorruptError when anything differs from what
 * was sealed, the clear header included.
 */
export async function openRoot(
  bytes: Buffer,
  key: Buffer,
  fetchNode: (ref: NodeRef) => Promise<Buffer>,
): Promise<Root> {
  const { tenant, source, snapshot, headerLength } = readRootHeader(bytes);
  const what = `root of snapshot ${snapshot}`;
  const associated = rootAad(bytes.subarray(0, headerLength), tenant, source, snapshot);
  const message = openMessage(key, associated, bytes.subarray(headerLength), what);
  const root = decodeRoot(unpackMessage(message, what), { tenant, source }, what);
  if (root.snapshot !== snapshot) throw new CorruptError(`${what} describes another snapshot, ${root.snapshot}`);
  for (const ref of root.nodes ?? []) root.parts.push(...openNode(await fetchNode(ref), ref, { tenant, source }));
  if (!snapshotMerkle(root.parts).equals(root.merkleRoot)) {
    throw new CorruptError(`${what} lists parts that do not give its Merkle root`);
  }
  return root;
}

function encodeHeader(header: RootHeader): Buffer {
  const out = new ByteWriter(512);
  out.bytes(ROOT_MAGIC);
  out.string(canonicalJson({ ...header }));
  return out.toBuffer();
}

/** The usual associated data, then the clear header byte for byte: a changed header does not open. */
function rootAad(header: Buffer, tenant: string, source: string, snapshot: string): Buffer {
  return Buffer.concat([aad('root', tenant, source, snapshot), header]);
}

function partIds(parts: readonly PartRef[]): string {
  return parts.map((part) => part.id).join(' ');
}

function nodesByParts(root: Root | undefined): Map<string, NodeRef> {
  const nodes = new Map<string, NodeRef>();
  let at = 0;
  for (const node of root?.nodes ?? []) {
    nodes.set(partIds((root?.parts ?? []).slice(at, at + node.parts)), node);
    at += node.parts;
  }
  return nodes;
}
