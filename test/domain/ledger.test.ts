import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidError } from '../../src/domain/errors.ts';
import {
  chainEntry,
  commitment,
  type LedgerBody,
  type LedgerEntry,
  type LedgerHead,
  proveHead,
  sealHeads,
  verifyChain,
  verifyHead,
} from '../../src/domain/ledger.ts';

const body = (n: number): LedgerBody => ({
  chain: 'acme',
  at: `2026-03-01T00:00:${String(n % 60).padStart(2, '0')}.000Z`,
  type: 'snapshot-condemned',
  actor: 'system',
  subjects: [`snapshot-${n}`],
  commitments: { reason: commitment(Buffer.alloc(16, n), { n }) },
  ...(n % 2 === 0 && { sealed: 'AAAA' }),
});

function chain(length: number): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (let n = 1; n <= length; n++) entries.push(chainEntry(entries.at(-1), body(n)));
  return entries;
}

const lengthAndPlace = fc.integer({ min: 1, max: 12 }).chain((n) => fc.tuple(fc.constant(n), fc.nat(n - 1)));

describe('ledger chain', () => {
  it('verifies whole, in segments, and when it is empty', () => {
    const entries = chain(10);
    const head = { chain: 'acme', seq: 10, hash: entries[9]!.hash };
    expect(verifyChain(entries)).toEqual({ ok: true, head });
    expect(verifyChain(entries.slice(4), entries[3], head)).toEqual({ ok: true, head });
    expect(verifyChain([])).toEqual({ ok: true, head: undefined });
  });

  it('finds every changed character of every entry', () => {
    const entries = chain(3);
    const text = JSON.stringify(entries[1]);
    let tried = 0;
    for (let i = 0; i < text.length; i++) {
      let changed: LedgerEntry;
      try {
        changed = JSON.parse(text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1) + text.slice(i + 1));
      } catch {
        continue;
      }
      tried += 1;
      expect(verifyChain([entries[0]!, changed, entries[2]!]), `character ${i}`).toMatchObject({ ok: false, seq: 2 });
    }
    expect(tried).toBeGreaterThan(200);
  });

  it('finds a gap, a repetition and a reorder, and names the place', () => {
    fc.assert(
      fc.property(lengthAndPlace, ([length, place]) => {
        const entries = chain(length);
        if (place < length - 1)
          expect(verifyChain(entries.toSpliced(place, 1))).toMatchObject({ ok: false, seq: place + 1 });
        expect(verifyChain(entries.toSpliced(place, 0, entries[place]!))).toMatchObject({ ok: false, seq: place + 2 });
        if (place > 0) {
          const swapped = entries.with(place - 1, entries[place]!).with(place, entries[place - 1]!);
          expect(verifyChain(swapped)).toMatchObject({ ok: false, seq: place });
        }
      }),
    );
  });

  it('finds a truncated chain by the head that is on record', () => {
    const entries = chain(5);
    expect(verifyChain(entries.slice(0, 3), undefined, entries[4])).toMatchObject({ ok: false, seq: 4 });
    expect(verifyChain([], undefined, entries[0])).toMatchObject({ ok: false, seq: 1 });
  });

  it('finds a chain that was written anew with other content', () => {
    const entries = chain(4);
    const forged = [chainEntry(undefined, { ...body(1), actor: 'operator:x' })];
    for (let n = 2; n <= 4; n++) forged.push(chainEntry(forged.at(-1), body(n)));
    expect(verifyChain(forged)).toMatchObject({ ok: true });
    expect(verifyChain(forged, undefined, entries[3])).toMatchObject({ ok: false, seq: 4 });
  });

  it('finds an added member', () => {
    const [entry] = chain(1);
    expect(verifyChain([{ ...entry!, note: 'x' } as LedgerEntry])).toMatchObject({ ok: false, seq: 1 });
  });

  it.each([
    ['a mail address', { actor: 'ana@example.com' }],
    ['a name', { subjects: ['Ana Torres'] }],
    ['a particular in clear text', { commitments: { path: '/home/ana' } }],
    ['no instant', { at: '2026-03-01' }],
  ])('refuses %s', (_, wrong) => {
    expect(() => chainEntry(undefined, { ...body(1), ...wrong })).toThrow(InvalidError);
  });

  it('refuses to continue another chain', () => {
    expect(() => chainEntry(chain(1)[0], { ...body(2), chain: 'globex' })).toThrow(InvalidError);
  });
});

describe('commitment', () => {
  it('depends on salt and value, and on nothing else', () => {
    const salt = Buffer.alloc(16, 7);
    expect(commitment(salt, { a: 1, b: 2 })).toBe(commitment(salt, { b: 2, a: 1 }));
    expect(commitment(salt, { a: 1 })).not.toBe(commitment(Buffer.alloc(16, 8), { a: 1 }));
    expect(commitment(salt, { a: 1 })).not.toBe(commitment(salt, { a: 2 }));
    expect(() => commitment(Buffer.alloc(8), 1)).toThrow(InvalidError);
  });
});

describe('seal over all heads', () => {
  const heads: LedgerHead[] = ['zeta', 'acme', 'system', 'globex', 'initech'].map((name, i) => ({
    chain: name,
    seq: i + 1,
    hash: String(i).repeat(64),
  }));
  const seal = sealHeads(heads, '2026-03-02T00:00:00.000Z');

  it('does not depend on the order of the heads', () => {
    expect(sealHeads(heads.toReversed(), seal.at)).toEqual(seal);
  });

  it('proves each head, and no changed one', () => {
    for (const head of heads) {
      const proof = proveHead(heads, head.chain);
      expect(verifyHead(head, proof, seal)).toBe(true);
      expect(verifyHead({ ...head, seq: head.seq + 1 }, proof, seal)).toBe(false);
      expect(verifyHead(head, proof, { ...seal, chains: 6 })).toBe(false);
    }
  });

  it('refuses two heads of one chain, and a proof for a chain that is not there', () => {
    expect(() => sealHeads([...heads, heads[0]!], seal.at)).toThrow(InvalidError);
    expect(() => proveHead(heads, 'nobody')).toThrow(InvalidError);
  });
});
