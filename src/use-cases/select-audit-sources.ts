import { sources } from '../records.ts';
import { useCase } from '../use-case.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';

/** Lists the sources that an audit looks at: all that still have data or copies. */
export const selectAuditSources = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () =>
    (await sources.all(deps.table))
      .map((stored) => stored.value)
      .filter((source) => source.status !== 'erased')
      .filter((source) => request.tenant === undefined || source.tenant === request.tenant)
      .map((source) => ({ tenant: source.tenant, source: source.name, facts: {} })),
  );
  return pageOf(items.length, page);
});
