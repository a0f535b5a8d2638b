import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptError } from '../../src/domain/errors.ts';
import type { PartRef } from '../../src/repository/model.ts';
import { groupParts } from '../../src/repository/node.ts';
import type { NodeRef } from '../../src/repository/part-list.ts';
import {
  openRoot,
  type Root,
  readRootHeader,
  type SealedRoot,
  sealRoot,
  snapshotMerkle,
} from '../../src/repository/root.ts';
import { decodeRoot, encodeRoot } from '../../src/repository/root-codec.ts';
import { bytes, objectId } from './arbitrary-entries.ts';

const partRef: fc.Arbitrary<PartRef> = fc.record({
  id: objectId,
  length: fc.nat(),
  digest: bytes(32),
  key: bytes(32),
  entries: fc.nat(16_384),
  first: bytes(8),
  last: bytes(8),
  merkle: bytes(32),
});
const parts = fc.uniqueArray(partRef, { maxLength: 40, selector: ({ id }) => id });
const packs = fc.array(fc.record({ id: objectId, length: fc.nat(), sha256: bytes(32), used: fc.nat() }), {
  maxLength: 5,
});

function rootOf(list: PartRef[], rest: Partial<Root> = {}): Root {
  return {
    tenant: 'acme',
    source: 'files',
    snapshot: '0123456789abcdef0123',
    seq: 7,
    takenAt: '2026-11-22T20:00:00.000Z',
    cadence: 'daily',
    planDigest: 'ab'.repeat(32),
    totals: { objects: 3, files: 2, bytes: 10, addedBytes: 4, newestModifiedAt: '2026-11-22T19:00:00.000Z' },
    descriptor: { tenant: { id: 'acme', name: 'Acme & Söhne' }, source: null },
    parts: list,
    packs: [],
    merkleRoot: snapshotMerkle(list),
    ...rest,
  };
}

const key = Buffer.alloc(32, 9);
const limits = { partsInRoot: 8, partsInNode: 6, mask: 3 };
const options = { key, keyRef: 'root/acme/files/k1', intent: '0123456789abcdef0123', attempt: '1', limits };
const noNode = (): Promise<Buffer> => Promise.reject(new Error('no node was expected'));

function fetcher(...sealed: SealedRoot[]): (ref: NodeRef) => Promise<Buffer> {
  const nodes = new Map(sealed.flatMap((root) => root.nodes.map((node) => [node.ref.id, node.bytes] as const)));
  return async (ref) => nodes.get(ref.id) ?? (await noNode());
}

describe('roots', () => {
  it('open to what was sealed, with and without nodes', async () => {
    await fc.assert(
      fc.asyncProperty(parts, packs, async (list, uses) => {
        const root = rootOf(list, {
          packs: uses,
          parent: 'ffffffffffffffffffff',
          extensions: new Map([[70, Buffer.from('later')]]),
        });
        const sealed = sealRoot(root, options);
        const { nodes, ...opened } = await openRoot(sealed.bytes, key, fetcher(sealed));
        expect(opened).toEqual(root);
        expect(nodes === undefined).toBe(list.length <= limits.partsInRoot);
        expect(sealed.nodes.length).toBe(nodes?.length ?? 0);
      }),
    );
  });

  it('encode to the same bytes again', () => {
    fc.assert(
      fc.property(parts, packs, (list, uses) => {
        const plaintext = encodeRoot(rootOf(list, { packs: uses }));
        expect(encodeRoot(decodeRoot(plaintext, { tenant: 'acme', source: 'files' }, 'a root')).equals(plaintext)).toBe(
          true,
        );
      }),
    );
  });

  it('tell in the clear whose they are and which key opens them, and nothing else', () => {
    const { bytes: stored } = sealRoot(rootOf([]), options);
    const { headerLength, ...header } = readRootHeader(stored);
    expect(header).toEqual({
      tenant: 'acme',
      source: 'files',
      snapshot: '0123456789abcdef0123',
      key: 'root/acme/files/k1',
    });
    expect(stored.subarray(0, headerLength).toString()).toMatch(/^tenure\/v1 root\n.\{"key":.*\}$/);
    expect(stored.includes('Söhne')).toBe(false);
  });

  it('every flipped byte is found, in the header too', async () => {
    const sealed = sealRoot(rootOf([]), options);
    for (let at = 0; at < sealed.bytes.length; at++) {
      const altered = Buffer.from(sealed.bytes);
      altered[at]! ^= 1;
      await expect(openRoot(altered, key, noNode), `byte ${at}`).rejects.toThrow(CorruptError);
    }
    await expect(openRoot(sealed.bytes, Buffer.alloc(32, 8), noNode)).rejects.toThrow(CorruptError);
    await expect(openRoot(sealed.bytes.subarray(0, 40), key, noNode)).rejects.toThrow(CorruptError);
  });

  it('of an empty source have the Merkle root of nothing', () => {
    expect(snapshotMerkle([]).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('refuse a list of parts that does not give their Merkle root', async () => {
    const sealed = sealRoot(rootOf([], { merkleRoot: Buffer.alloc(32) }), options);
    await expect(openRoot(sealed.bytes, key, noNode)).rejects.toThrow('Merkle root');
  });
});

describe('nodes', () => {
  it('hold every part once, in order, within their limit', () => {
    fc.assert(
      fc.property(parts, (list) => {
        const groups = groupParts(list, limits);
        expect(groups.flat()).toEqual(list);
        for (const group of groups) expect(group.length).toBeLessThanOrEqual(limits.partsInNode);
      }),
    );
  });

  it('of unchanged ranges are used again: one changed part costs few nodes', async () => {
    const [list, changed] = fc.sample(
      fc.tuple(fc.uniqueArray(partRef, { minLength: 200, maxLength: 200, selector: ({ id }) => id }), partRef),
      {
        seed: 1,
        numRuns: 1,
      },
    )[0]!;
    const first = sealRoot(rootOf(list), options);
    const parent = await openRoot(first.bytes, key, fetcher(first));
    const next = list.with(100, { ...changed, first: list[100]!.first });
    const second = sealRoot(rootOf(next), { ...options, reuse: parent });
    expect(first.nodes.length).toBeGreaterThan(20);
    expect(second.nodes.length).toBe(1);
    expect((await openRoot(second.bytes, key, fetcher(first, second))).parts).toEqual(next);
  });

  it('are refused when one is altered', async () => {
    const list = fc.sample(fc.uniqueArray(partRef, { minLength: 20, maxLength: 20, selector: ({ id }) => id }), {
      seed: 2,
      numRuns: 1,
    })[0]!;
    const sealed = sealRoot(rootOf(list), options);
    sealed.nodes[1]!.bytes[5]! ^= 1;
    await expect(openRoot(sealed.bytes, key, fetcher(sealed))).rejects.toThrow(/node .* does not match its digest/);
  });
});
