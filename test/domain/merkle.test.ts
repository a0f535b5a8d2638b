import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidError } from '../../src/domain/errors.ts';
import {
  inclusionProof,
  leafHash,
  type MerkleFrontier,
  merkleAccumulator,
  merkleRoot,
  nodeHash,
  verifyInclusion,
} from '../../src/domain/merkle.ts';

// The tree and its roots are the test vectors of Certificate Transparency (google/certificate-transparency, merkle tests).
const data = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => Buffer.from(hex, 'hex'),
);
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The recursive definition of RFC 6962 §2.1, word for word. */
function definition(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leafHash(leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(definition(leaves.slice(0, split)), definition(leaves.slice(split)));
}

const leavesAndIndex = fc
  .array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 70 })
  .chain((list) => fc.tuple(fc.constant(list.map((leaf) => Buffer.from(leaf))), fc.nat(list.length - 1)));

describe('merkle tree', () => {
  it.each(roots.map((root, size) => [size, root] as const))(
    'of the first %i known leaves has the known root',
    (size, root) => {
      expect(merkleRoot(data.slice(0, size)).toString('hex')).toBe(root);
    },
  );

  it('follows the recursive definition at every size', () => {
    fc.assert(
      fc.property(leavesAndIndex, ([leaves]) => {
        expect(merkleRoot(leaves)).toEqual(definition(leaves));
      }),
    );
  });

  it('is the same when it is summed leaf by leaf', () => {
    const accumulator = merkleAccumulator();
    expect(accumulator.root()).toEqual(merkleRoot([]));
    const leaves: Buffer[] = [];
    for (let size = 1; size <= 130; size++) {
      leaves.push(Buffer.from(`leaf ${size}`));
      accumulator.add(leafHash(leaves.at(-1)!));
      expect(accumulator.size).toBe(size);
      expect(accumulator.root()).toEqual(merkleRoot(leaves));
    }
  });

  it('goes on from the edge where another one stopped, at any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 200 }),
        fc.array(fc.nat(200)),
        (drawn, cuts) => {
          const leaves = drawn.map((leaf) => Buffer.from(leaf));
          let tree = merkleAccumulator();
          for (const [at, leaf] of leaves.entries()) {
            if (cuts.includes(at))
              tree = merkleAccumulator(JSON.parse(JSON.stringify(tree.frontier())) as MerkleFrontier);
            tree.add(leafHash(leaf));
          }
          expect(tree.root()).toEqual(merkleRoot(leaves));
          expect(tree.frontier().subtrees.length).toBeLessThanOrEqual(8);
        },
      ),
    );
  });

  it('knows sizes beyond 32 bits', () => {
    const half = 2 ** 40;
    const tree = merkleAccumulator({ size: half, subtrees: [leafHash(Buffer.from('left')).toString('hex')] });
    tree.add(leafHash(Buffer.from('right')));
    expect(tree.size).toBe(half + 1);
    expect(tree.frontier().subtrees).toHaveLength(2);
    expect(merkleAccumulator(tree.frontier()).root()).toEqual(tree.root());
  });

  it.each([
    { size: 3, subtrees: ['00'.repeat(32)] },
    { size: 1, subtrees: [] },
    { size: 1, subtrees: ['00'] },
    { size: 0, subtrees: ['00'.repeat(32)] },
    { size: -1, subtrees: [] },
    { size: 1.5, subtrees: ['00'.repeat(32)] },
  ])('refuses an edge that no tree has: $size leaves', (edge) => {
    expect(() => merkleAccumulator(edge)).toThrow(InvalidError);
  });

  it('proves every leaf at its place', () => {
    fc.assert(
      fc.property(leavesAndIndex, ([leaves, index]) => {
        expect(verifyInclusion(leaves[index]!, inclusionProof(leaves, index), merkleRoot(leaves))).toBe(true);
      }),
    );
  });

  it('proves no other leaf, place, path or root', () => {
    fc.assert(
      fc.property(leavesAndIndex, fc.nat(), ([leaves, index], choice) => {
        const root = merkleRoot(leaves);
        const proof = inclusionProof(leaves, index);
        const leaf = leaves[index]!;
        const flipped = Buffer.from(root);
        flipped[choice % 32]! ^= 1 << (choice % 8);
        expect(verifyInclusion(Buffer.concat([leaf, Buffer.of(1)]), proof, root)).toBe(false);
        expect(verifyInclusion(leaf, proof, flipped)).toBe(false);
        expect(verifyInclusion(leaf, { ...proof, path: [...proof.path, root] }, root)).toBe(false);
        expect(verifyInclusion(leaf, { ...proof, index: leaves.length }, root)).toBe(false);
        if (proof.path.length > 0) {
          expect(verifyInclusion(leaf, { ...proof, path: proof.path.slice(1) }, root)).toBe(false);
          const distinct = new Set(leaves.map((other) => other.toString('hex'))).size === leaves.length;
          const other = (index + 1 + (choice % (leaves.length - 1))) % leaves.length;
          if (distinct) expect(verifyInclusion(leaf, { ...proof, index: other }, root)).toBe(false);
        }
      }),
    );
  });

  it('refuses a leaf that the tree has not', () => {
    expect(() => inclusionProof([], 0)).toThrow(InvalidError);
    expect(() => inclusionProof(data, data.length)).toThrow(InvalidError);
    expect(() => inclusionProof(data, -1)).toThrow(InvalidError);
  });
});
