import { ordinal, runItems } from '../records.ts';
import { useCase } from '../use-case.ts';
import { itemsOf, runInput } from './run-items.ts';

/** Adds one item per source whose points were chosen: a share of its packs is read in full. */
export const selectPackSources = useCase(runInput, async (deps, { run }) => {
  const known = await itemsOf(deps, run);
  const planned = known.filter((item) => item.facts.kind === 'packs');
  if (planned.length > 0) return { outcome: 'selected' as const, items: planned.map((item) => item.item) };
  const sources = new Map(known.map((item) => [`${item.tenant}/${item.source ?? ''}`, item]));
  const items = [...sources.values()].map((of, index) => ({
    run,
    item: known.length + index,
    tenant: of.tenant,
    ...(of.source === undefined ? {} : { source: of.source }),
    status: 'planned' as const,
    reasons: [],
    facts: { kind: 'packs' },
  }));
  for (let end = items.length; end > 0; end -= 100) {
    await deps.table.transact(items.slice(Math.max(0, end - 100), end).map((item) => runItems.write(item)));
  }
  return { outcome: 'selected' as const, items: items.map((item) => Number(ordinal(item.item))) };
});
