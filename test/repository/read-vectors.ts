import { readFileSync } from 'node:fs';
import type { Entry, FrameRef, PackRef, PartEntry, PartRef } from '../../src/repository/model.ts';
import type { Root } from '../../src/repository/root.ts';

/** Types of test/vectors/format-v1/*.json: bytes are hex, long ones base64, 64-bit integers decimal text. */
export interface FrameVector extends Omit<FrameRef, 'pack' | 'key'> {
  key: string;
  plaintext: string;
}

type Hexed<T, K extends keyof T> = Omit<T, K> & Record<K, string>;
type PackVector = Hexed<PackRef, 'sha256'>;
type PartRefVector = Hexed<PartRef, 'digest' | 'key' | 'first' | 'last' | 'merkle'>;

interface EntryVector
  extends Hexed<
    Omit<Entry, 'chunks' | 'extensions' | 'linkTarget'>,
    'key' | 'salt' | 'mtimeNs' | 'ctimeNs' | 'inode' | 'device'
  > {
  linkTarget?: string;
  extensions?: [number, string][];
  chunks: { hash: string; length: number; frame: number; offset: number }[];
}

export type PartEntryVector = EntryVector | { erased: true; leaf: string };

export interface Vectors {
  'secrets.json': { sourceKey: string; gearFirst: number[]; gearSha256: string; boundary: string; bounds: string };
  'chunk-cuts.json': {
    sourceKey: string;
    inputs: (
      | { shake128Of: string; length: number; cuts: number[] }
      | { zeros: true; length: number; cuts: number[] }
    )[];
  };
  'boundary.json': { sourceKey: string; keys: { key: string; boundary: boolean; bound: string }[] };
  'pack.json': {
    tenant: string;
    source: string;
    pack: PackVector;
    objectKey: string;
    bytes: string;
    frames: FrameVector[];
  };
  'leaf.json': { entries: { entry: EntryVector; contentHash: string; canonical: string; leaf: string }[] };
  'part.json': {
    tenant: string;
    source: string;
    objectKey: string;
    ref: PartRefVector;
    entries: PartEntryVector[];
    plaintext: string;
    bytes: string;
  };
  'root.json': { key: string; keyRef: string; roots: RootVector[] };
}

export interface RootVector {
  name: string;
  root: Omit<Root, 'parts' | 'packs' | 'nodes' | 'merkleRoot' | 'extensions'> & {
    parts: PartRefVector[];
    packs: (PackVector & { used: number })[];
    nodes?: { id: string; length: number; digest: string; key: string; parts: number }[];
    merkleRoot: string;
    extensions?: [number, string][];
  };
  plaintext: string;
  bytes: string;
  digest: string;
  nodes: Record<string, string>;
}

/** One file of frozen vectors. */
export function vectors<N extends keyof Vectors>(name: N): Vectors[N] {
  return JSON.parse(readFileSync(new URL(`../vectors/format-v1/${name}`, import.meta.url), 'utf8')) as Vectors[N];
}

export const unhex = (text: string): Buffer => Buffer.from(text, 'hex');
export const unbase64 = (text: string): Buffer => Buffer.from(text, 'base64');

/** The frames of pack.json as records. */
export function vectorFrames(): FrameRef[] {
  const { pack, frames } = vectors('pack.json');
  const ref: PackRef = { ...pack, sha256: unhex(pack.sha256) };
  return frames.map(({ plaintext: _, key, ...frame }) => ({ ...frame, pack: ref, key: unhex(key) }));
}

/** An entry as the vectors write it. */
export function vectorEntry(vector: PartEntryVector, frames: FrameRef[]): PartEntry {
  if ('erased' in vector) return { erased: true, leaf: unhex(vector.leaf) };
  const { linkTarget, extensions, chunks, ...rest } = vector;
  return {
    ...rest,
    key: unhex(vector.key),
    salt: unhex(vector.salt),
    mtimeNs: BigInt(vector.mtimeNs),
    ctimeNs: BigInt(vector.ctimeNs),
    inode: BigInt(vector.inode),
    device: BigInt(vector.device),
    ...(linkTarget !== undefined && { linkTarget: unhex(linkTarget) }),
    ...(extensions && { extensions: new Map(extensions.map(([id, value]) => [id, unhex(value)])) }),
    chunks: chunks.map((chunk) => ({ ...chunk, hash: unhex(chunk.hash), frame: frames[chunk.frame]! })),
  };
}

/** A part's record as the vectors write it. */
export function vectorPartRef(ref: PartRefVector): PartRef {
  const { digest, key, first, last, merkle } = ref;
  return {
    ...ref,
    digest: unhex(digest),
    key: unhex(key),
    first: unhex(first),
    last: unhex(last),
    merkle: unhex(merkle),
  };
}

/** A root as the vectors write it. */
export function vectorRoot({ root }: RootVector): Root {
  const { nodes, extensions, ...rest } = root;
  return {
    ...rest,
    parts: root.parts.map(vectorPartRef),
    packs: root.packs.map((pack) => ({ ...pack, sha256: unhex(pack.sha256) })),
    merkleRoot: unhex(root.merkleRoot),
    ...(nodes && { nodes: nodes.map((node) => ({ ...node, digest: unhex(node.digest), key: unhex(node.key) })) }),
    ...(extensions && { extensions: new Map(extensions.map(([id, value]) => [id, unhex(value)])) }),
  };
}
