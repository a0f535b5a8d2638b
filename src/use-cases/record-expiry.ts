import { finishCondemned } from '../repository/expire.ts';
import { clearLeftovers } from '../repository/leftovers.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import { endLegs, legState, paceOf, stopItem } from './legs.ts';
import { itemInput, itemOf, subjectOf } from './run-items.ts';

/**
 * Closes the books on condemned copies: the catalog says gone, the ledger says when. Then clears what aborted backups left, in as
 * many legs as it takes.
 */
export const recordExpiry = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  const before = legState<{ gone: string[] }>(item.leg, 'record', run);
  const finished = await finishCondemned(deps, tenant.id, source.name);
  if (finished.gone.length > 0) {
    const subjects = finished.gone.slice(0, 500);
    await appendLedger(deps, { tenant, type: 'copies-destroyed', actor: 'system', subjects });
  }
  const gone = [...(before?.gone ?? []), ...finished.gone];
  const cleared = await clearLeftovers(deps, tenant.id, source.name, paceOf(deps).goOn);
  if (cleared.stopped === true) return await stopItem(deps, item, 'record', { gone });
  await endLegs(deps, item, { status: 'done', facts: { removed: gone.length, gone } });
  return { outcome: 'recorded' as const };
});
