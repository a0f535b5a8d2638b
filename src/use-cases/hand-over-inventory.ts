import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { ErasureItem } from '../domain/erasure.ts';
import { NotFoundError } from '../domain/errors.ts';
import { useCase } from '../use-case.ts';
import { erasureItemsOf, saveErasureItem } from './erasure-state.ts';
import { inventoryPieces, openPiece } from './inventory-pieces.ts';
import { settleAlert } from './raise-alert.ts';

/** Kind of the alert that an inventory was too large to be mailed. */
export const inventoryKept = 'inventory-kept';

/** One source's inventory that was too large to be mailed. */
export interface KeptInventory {
  source: string;
  /** Suggested file name. */
  file: string;
  /** The lines, piece by piece. */
  pieces(): AsyncGenerator<Buffer>;
}

/**
 * The inventories of a case that still lie sealed in the evidence store, since they were too large for the report. The operator
 * hands them to the customer; `forgetInventory` then removes them.
 *
 * @throws NotFoundError when none is kept: the customer got it by mail, or it was handed over before
 */
export const keptInventories = useCase(z.strictObject({ case: z.string() }), async (deps, { case: id }) => {
  const kept: KeptInventory[] = [];
  for (const item of await erasureItemsOf(deps, id)) {
    const { inventory, source } = item;
    if (inventory !== undefined)
      kept.push({ source, file: `inventory-${source}.jsonl`, pieces: () => piecesOf(deps, item) });
  }
  if (kept.length > 0) return kept;
  throw new NotFoundError(`no inventory of case ${id} is kept`, {
    hint: 'It was attached to the deletion report, or handed over before.',
  });
});

/** Removes the kept inventories of a case: the customer has them now, and the paths need not be kept here. */
export const forgetInventory = useCase(z.strictObject({ case: z.string() }), async (deps, { case: id }) => {
  for (const item of await erasureItemsOf(deps, id)) {
    if (item.inventory === undefined) continue;
    const keys: string[] = [];
    for await (const { key } of deps.evidence.list(`cases/${id}/inventory/${item.source}/`)) keys.push(key);
    await deps.evidence.purge(keys);
    await saveErasureItem(deps, item, { inventory: undefined });
  }
  await settleAlert(deps, inventoryKept, id, 'the inventory was handed over');
});

async function* piecesOf(deps: Deps, item: ErasureItem): AsyncGenerator<Buffer> {
  for await (const { key } of inventoryPieces(deps, item)) yield await openPiece(deps, item.tenant, key);
}
