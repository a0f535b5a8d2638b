import type { InventoryObject } from '../../src/documents/inventory.ts';
import { commitment, type LedgerBody } from '../../src/domain/ledger.ts';

/** What the frozen ledger was made of. */
export const ledgerBodies: LedgerBody[] = [1, 2, 3].map((n) => ({
  chain: 'acme',
  at: `2026-03-01T00:00:0${n}.000Z`,
  type: 'snapshot-condemned',
  actor: 'system',
  subjects: [`snapshot-${n}`],
  commitments: { reason: commitment(Buffer.alloc(16, n), { n, why: 'over the cap' }) },
  ...(n === 2 && { sealed: 'c2VhbGVk' }),
}));

/** What the frozen inventory was made of. */
export const inventoryObjects: InventoryObject[] = [
  { path: Buffer.from('a.txt'), size: 5, sha256: '01'.repeat(32), salt: Buffer.alloc(16, 1) },
  { path: Buffer.from('año/“ñ”'), size: 0, salt: Buffer.alloc(16, 2) },
  {
    path: Buffer.from([0x66, 0xff, 0x00, 0x67]),
    size: 9_007_199_254_740_991,
    sha256: '02'.repeat(32),
    salt: Buffer.alloc(16, 3),
  },
];
