import { canonicalBytes, canonicalJson } from '../domain/canonical-json.ts';
import { CorruptError } from '../domain/errors.ts';
import {
  type InclusionProof,
  inclusionProofOfHashes,
  leafHash,
  type MerkleFrontier,
  merkleAccumulator,
  verifyInclusionOfHash,
} from '../domain/merkle.ts';

/** One object as the inventory lists it. */
export interface InventoryObject {
  /** Key in bytes, relative to the source. */
  path: Buffer;
  /** Bytes of content. */
  size: number;
  /** SHA-256 of the content, hex; absent for directories and links, and where it was not read. */
  sha256?: string;
  /** At least 16 random bytes: without them nobody can guess paths from the certificate. */
  salt: Buffer;
}

/** Writes an inventory line by line and sums up its Merkle root. */
export interface InventoryWriter {
  /** The line for the next object, newline included. */
  add(object: InventoryObject): string;
  readonly objects: number;
  readonly bytes: number;
  /** Merkle root (hex) over the lines so far; it stands in the certificate. */
  root(): string;
  /** What another writer needs to go on with the same inventory. */
  state(): InventoryState;
}

/** How far an inventory is written; JSON. */
export interface InventoryState {
  bytes: number;
  tree: MerkleFrontier;
}

/** Members of a line. A path that is not UTF-8 is written as base64url in `pathBytes` instead. */
interface InventoryLine {
  leaf: string;
  path?: string;
  pathBytes?: string;
  salt: string;
  sha256?: string;
  size: number;
}

/**
 * Begins an inventory: JSON lines in canonical form, one object each. A leaf is SHA-256(0x00 ‖ salt ‖ canonical JSON of
 * the other members), so that whoever has a line can recompute it, and the root tells nothing to whoever has not.
 *
 * @param from where another writer has stopped: root and counts come out as if one had written all
 */
export function inventoryWriter(from?: InventoryState): InventoryWriter {
  const tree = merkleAccumulator(from?.tree);
  let bytes = from?.bytes ?? 0;
  return {
    add(object) {
      const text = object.path.toString('utf8');
      const faithful = Buffer.from(text, 'utf8').equals(object.path);
      const facts = {
        ...(faithful ? { path: text } : { pathBytes: object.path.toString('base64url') }),
        ...(object.sha256 !== undefined && { sha256: object.sha256 }),
        size: object.size,
      };
      const leaf = lineLeaf(facts, object.salt);
      tree.add(leaf);
      bytes += object.size;
      return `${canonicalJson({ ...facts, salt: object.salt.toString('base64url'), leaf: leaf.toString('hex') })}\n`;
    },
    get objects() {
      return tree.size;
    },
    get bytes() {
      return bytes;
    },
    root: () => tree.root().toString('hex'),
    state: () => ({ bytes, tree: tree.frontier() }),
  };
}

/** What {@link proveInInventory} answers. */
export type InventoryVerdict =
  | { ok: true; object: Omit<InventoryObject, 'salt'>; proof: InclusionProof }
  | { ok: false; problem: string };

/**
 * Shows that a path was part of what a certificate covers: recomputes its leaf and the way from there to the root.
 *
 * @param inventory the customer's file, as it was handed over
 * @param path relative to the source, as text or bytes
 * @param merkleRoot root from the certificate, hex
 * @returns the object and its proof; or why it proves nothing: path not listed, line altered, other root
 * @throws CorruptError when the file is no inventory, with the number of the line
 */
export function proveInInventory(inventory: Buffer, path: string | Buffer, merkleRoot: string): InventoryVerdict {
  const wanted = typeof path === 'string' ? Buffer.from(path, 'utf8') : path;
  const leaves: Buffer[] = [];
  let found: { index: number; line: InventoryLine } | undefined;
  for (const [index, text] of lines(inventory).entries()) {
    const line = readLine(text, index + 1);
    leaves.push(Buffer.from(line.leaf, 'hex'));
    if (found === undefined && linePath(line).equals(wanted)) found = { index, line };
  }
  if (!found) return { ok: false, problem: 'the path is not in this inventory' };
  const { leaf: stated, salt, ...facts } = found.line;
  const leaf = lineLeaf(facts, Buffer.from(salt, 'base64url'));
  if (leaf.toString('hex') !== stated) {
    return { ok: false, problem: `line ${found.index + 1} was altered: its content does not have its leaf hash` };
  }
  const proof = inclusionProofOfHashes(leaves, found.index);
  if (!verifyInclusionOfHash(leaf, proof, Buffer.from(merkleRoot, 'hex'))) {
    return { ok: false, problem: 'the inventory is not the one that the certificate covers: its Merkle root differs' };
  }
  const { size, sha256 } = facts;
  return { ok: true, object: { path: wanted, size, ...(sha256 !== undefined && { sha256 }) }, proof };
}

function lineLeaf(facts: Omit<InventoryLine, 'leaf' | 'salt'>, salt: Buffer): Buffer {
  return leafHash(Buffer.concat([Buffer.of(salt.length), salt, canonicalBytes(facts)]));
}

function lines(inventory: Buffer): string[] {
  if (inventory.length === 0) return [];
  const text = inventory.toString('utf8');
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function linePath({ path, pathBytes }: InventoryLine): Buffer {
  return path === undefined ? Buffer.from(pathBytes ?? '', 'base64url') : Buffer.from(path, 'utf8');
}

function readLine(text: string, number: number): InventoryLine {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (cause) {
    throw new CorruptError(`line ${number} of the inventory is no JSON`, { cause });
  }
  if (!isLine(line)) throw new CorruptError(`line ${number} of the inventory describes no object`);
  return line;
}

function isLine(value: unknown): value is InventoryLine {
  if (typeof value !== 'object' || value === null) return false;
  const { path, pathBytes, size, sha256, salt, leaf } = value as Record<string, unknown>;
  return (
    (path === undefined) !== (pathBytes === undefined) &&
    [path ?? pathBytes, sha256 ?? '', salt].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(size) &&
    typeof leaf === 'string' &&
    /^[0-9a-f]{64}$/.test(leaf)
  );
}
