import { hash } from 'node:crypto';
import { InvalidError } from './errors.ts';

/**
 * Merkle trees as in RFC 6962 §2.1: SHA-256, leaves prefixed with 0x00 and inner nodes with 0x01, so that neither can be
 * passed off as the other. The left subtree holds the largest power of two that is smaller than the number of leaves.
 */

const leafPrefix = Buffer.of(0x00);
const nodePrefix = Buffer.of(0x01);

/** Proof that a leaf is at `index` in a tree of `size` leaves: sibling hashes from the leaf up. */
export interface InclusionProof {
  index: number;
  size: number;
  path: Buffer[];
}

/** SHA-256(0x00 ‖ data). */
export function leafHash(data: Buffer): Buffer {
  return sha256(Buffer.concat([leafPrefix, data]));
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return sha256(Buffer.concat([nodePrefix, left, right]));
}

/** Root over leaf data, in the order given. The tree without leaves has the hash of the empty string. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  return merkleRootOfHashes(leaves.map(leafHash));
}

/** Root over leaf hashes (32 bytes each), in the order given. */
export function merkleRootOfHashes(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return sha256(Buffer.alloc(0));
  let level = hashes;
  // Pairing neighbours and carrying an odd last node up is the same tree as the recursive definition.
  while (level.length > 1) level = parents(level);
  return level[0] as Buffer;
}

/** Proof for the leaf data at `index`. Throws InvalidError outside the list. */
export function inclusionProof(leaves: readonly Buffer[], index: number): InclusionProof {
  return inclusionProofOfHashes(leaves.map(leafHash), index);
}

/** Proof for the leaf hash at `index`. Throws InvalidError outside the list. */
export function inclusionProofOfHashes(hashes: readonly Buffer[], index: number): InclusionProof {
  if (!Number.isInteger(index) || index < 0 || index >= hashes.length) {
    throw new InvalidError(`no leaf ${index} in a tree of ${hashes.length}`);
  }
  const path: Buffer[] = [];
  let level = hashes;
  let position = index;
  while (level.length > 1) {
    const sibling = level[position ^ 1];
    if (sibling) path.push(sibling);
    level = parents(level);
    position >>>= 1;
  }
  return { index, size: hashes.length, path };
}

/** True when leaf data has exactly this place in the tree with this root. */
export function verifyInclusion(leaf: Buffer, proof: InclusionProof, root: Buffer): boolean {
  return verifyInclusionOfHash(leafHash(leaf), proof, root);
}

/** True when a leaf hash has exactly this place (index and size) in the tree with this root. RFC 9162 §2.1.3.2. */
export function verifyInclusionOfHash(leaf: Buffer, proof: InclusionProof, root: Buffer): boolean {
  const { index, size, path } = proof;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let position = index;
  let last = size - 1;
  let node = leaf;
  let used = 0;
  while (last > 0) {
    const lonely = position === last && position % 2 === 0;
    if (!lonely) {
      const sibling = path[used++];
      if (sibling?.length !== 32) return false;
      node = position % 2 === 1 ? nodeHash(sibling, node) : nodeHash(node, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return used === path.length && node.equals(root);
}

/** Computes a root leaf by leaf in memory that grows with the logarithm of their number. */
export interface MerkleAccumulator {
  /** Appends the hash of the next leaf. */
  add(hash: Buffer): void;
  /** Leaves so far. */
  readonly size: number;
  /** Root over the leaves so far; equal to `merkleRootOfHashes`. */
  root(): Buffer;
  /** What another accumulator needs to go on from here. */
  frontier(): MerkleFrontier;
}

/** The edge of a tree that still grows; JSON. At most 53 hashes, whatever the number of leaves. */
export interface MerkleFrontier {
  /** Leaves so far. */
  size: number;
  /** Roots (hex) of the complete subtrees that the size is made of, the smallest first: one for each bit that is set. */
  subtrees: string[];
}

/**
 * A {@link MerkleAccumulator}, empty or at the edge where another one stopped.
 *
 * @throws InvalidError for a frontier that no tree has
 */
export function merkleAccumulator(from?: MerkleFrontier): MerkleAccumulator {
  // One slot per bit of the size: the root of a complete subtree of 2^i leaves where the bit is set.
  const subtrees = from === undefined ? [] : subtreesOf(from);
  let size = from?.size ?? 0;
  return {
    add(hash) {
      let node = hash;
      let height = 0;
      for (let left = subtrees[height]; left; left = subtrees[height]) {
        node = nodeHash(left, node);
        subtrees[height++] = undefined;
      }
      subtrees[height] = node;
      size += 1;
    },
    get size() {
      return size;
    },
    root() {
      let root: Buffer | undefined;
      for (const subtree of subtrees) {
        if (subtree) root = root ? nodeHash(subtree, root) : subtree;
      }
      return root ?? sha256(Buffer.alloc(0));
    },
    frontier: () => ({ size, subtrees: subtrees.flatMap((subtree) => subtree?.toString('hex') ?? []) }),
  };
}

function subtreesOf({ size, subtrees }: MerkleFrontier): (Buffer | undefined)[] {
  const left = subtrees.map((hex) => Buffer.from(hex, 'hex'));
  const slots: (Buffer | undefined)[] = [];
  let bits = 0;
  // The size may be beyond 32 bits, where bit operations end.
  for (let rest = size; rest >= 1; rest = Math.floor(rest / 2)) {
    const isSet = rest % 2 === 1;
    if (isSet) bits++;
    slots.push(isSet ? left.shift() : undefined);
  }
  const isTree = bits === subtrees.length && slots.every((slot) => slot === undefined || slot.length === 32);
  if (!Number.isSafeInteger(size) || size < 0 || !isTree)
    throw new InvalidError(`no tree of ${size} leaves has ${subtrees.length} complete subtrees`);
  return slots;
}

function parents(level: readonly Buffer[]): Buffer[] {
  const above: Buffer[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Buffer;
    const right = level[i + 1];
    above.push(right ? nodeHash(left, right) : left);
  }
  return above;
}

function sha256(data: Buffer): Buffer {
  return hash('sha256', data, 'buffer');
}
