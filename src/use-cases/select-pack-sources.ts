import { runItems } from '../records.ts';
import { useCase } from '../use-case.ts';
import { itemsOf, runInput, writeAll } from './run-items.ts';

/** Adds one item per source whose points were chosen: a share of its packs is read in full. */
export const selectPackSources = useCase(runInput, async (deps, { run }) => {
  const known = await itemsOf(deps, run);
  const planned = known.filter((item) => item.facts.kind === 'packs');
  const points = known.filter((item) => item.facts.kind !== 'packs');
  // Written from the last to the first: a list that a killed process left half written lacks its first item.
  if (planned[0]?.item === points.length)
    return { outcome: 'selected' as const, items: planned.map((item) => item.item) };
  // What AWS Backup holds has no packs.
  const packed = points.filter((item) => item.facts.managed === undefined);
  const sources = new Map(packed.map((item) => [`${item.tenant}/${item.source ?? ''}`, item]));
  const items = [...sources.values()].map((of, index) => ({
    run,
    item: points.length + index,
    tenant: of.tenant,
    ...(of.source === undefined ? {} : { source: of.source }),
    status: 'planned' as const,
    reasons: [],
    facts: { kind: 'packs' },
  }));
  await writeAll(
    deps,
    items.map((item) => runItems.write(item)),
  );
  return { outcome: 'selected' as const, items: items.map((item) => item.item) };
});
