import type { SourceEntryType } from '../ports/source-driver.ts';

/** A pack: an immutable object that holds sealed frames. */
export interface PackRef {
  /** `<intent>/<attempt>/<random>`; unique in its source for ever. */
  id: string;
  /** Bytes. */
  length: number;
  /** SHA-256 over the whole pack. */
  sha256: Buffer;
}

/** A sealed frame inside a pack: one large chunk, or a cluster of small ones. */
export interface FrameRef {
  pack: PackRef;
  offset: number;
  /** Stored bytes, tag included. */
  length: number;
  /** Bytes before compression. */
  plainLength: number;
  codec: 'raw' | 'zstd';
  /** AES-256 key of this frame alone. */
  key: Buffer;
  /** How many chunks it holds; over 1: a cluster. */
  slots: number;
}

/** A stretch of an object's content. */
export interface ChunkRef {
  /** SHA-256 of the content. */
  hash: Buffer;
  length: number;
  frame: FrameRef;
  /** Where it begins in the frame's plaintext. */
  offset: number;
}

/** One entry of a manifest: an object of the source, or a further segment of a very large one. */
export interface Entry {
  key: Buffer;
  /** 0; 1, 2, … for the parts after each 8 GiB of one object. */
  segment: number;
  type: SourceEntryType;
  /** Bytes of the whole object (segment 0), of the segment otherwise. */
  size: number;
  mtimeNs: bigint;
  ctimeNs: bigint;
  inode: bigint;
  device: bigint;
  links: number;
  mode: number;
  uid: number;
  gid: number;
  owner: string;
  group: string;
  linkTarget?: Buffer;
  headers?: Record<string, string>;
  etag?: string;
  /** Touched within 2 s of being read: the next backup reads it again. */
  racy: boolean;
  chunks: ChunkRef[];
  /** 16 random bytes, so that a leaf hash tells nothing about the entry. */
  salt: Buffer;
  /** Columns of a later version that need not be understood; kept through every rewriting. Column id → bytes. */
  extensions?: Map<number, Buffer>;
}

/** What is left of an erased entry: its leaf hash holds its place in the Merkle tree. */
export interface ErasedEntry {
  erased: true;
  leaf: Buffer;
}

export type PartEntry = Entry | ErasedEntry;

/** What a root (or a node) knows of a part. */
export interface PartRef {
  /** `<intent>/<attempt>/<random>` */
  id: string;
  /** Stored bytes. */
  length: number;
  /** SHA-256 over the stored bytes. */
  digest: Buffer;
  /** AES-256 key of this part alone. */
  key: Buffer;
  /** Entries, erased ones included. */
  entries: number;
  /** Shortened (8 bytes) keyed hashes of the first and last key. */
  first: Buffer;
  last: Buffer;
  /** Merkle root over the part's leaves. */
  merkle: Buffer;
}

/** A pack as a root lists it: `used` is what this snapshot's frames occupy of it, in bytes. */
export interface PackUse extends PackRef {
  used: number;
}
