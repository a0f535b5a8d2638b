import { finishCondemned } from '../repository/expire.ts';
import { clearLeftovers } from '../repository/leftovers.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** Closes the books on condemned copies: the catalog says gone, the ledger says when. */
export const recordExpiry = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  const { gone } = await finishCondemned(deps, tenant.id, source.name);
  await clearLeftovers(deps, tenant.id, source.name);
  if (gone.length > 0) {
    await appendLedger(deps, { tenant, type: 'copies-destroyed', actor: 'system', subjects: gone.slice(0, 500) });
  }
  await saveItem(deps, item, { status: 'done', facts: { removed: gone.length, gone } });
  return { outcome: 'recorded' as const };
});
