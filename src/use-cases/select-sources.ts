import type { Deps } from '../deps.ts';
import { isTooLate } from '../domain/case.ts';
import { covers } from '../domain/scope.ts';
import type { Source } from '../domain/source.ts';
import { cases, sources, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';

/** Lists the sources that a backup run is about: those asked for, whose plan has the cadence, and that nothing is erasing. */
export const selectSources = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () => {
    const due: Source[] = [];
    for (const { value: source } of await sources.all(deps.table)) {
      if (request.tenant !== undefined && source.tenant !== request.tenant) continue;
      if (request.source !== undefined && source.name !== request.source) continue;
      if (await isDue(deps, source, request.cadence)) due.push(source);
    }
    return due.map((source) => ({ tenant: source.tenant, source: source.name, facts: {} }));
  });
  return pageOf(items.length, page);
});

async function isDue(deps: Deps, source: Source, cadence: string | undefined): Promise<boolean> {
  if (source.status !== 'active') return false;
  const tenant = (await tenants.read(deps.table, source.tenant))?.value;
  if (tenant === undefined || tenant.status === 'erased' || tenant.paused) return false;
  const plan = deps.settings.plans.get(tenant.plan);
  if ((cadence === 'daily' || cadence === 'weekly') && plan?.cadences[cadence] === undefined) return false;
  const scope = { tenant: source.tenant, source: source.name };
  const open = await cases.all(deps.table);
  return !open.some(({ value }) => isTooLate(value) && value.status !== 'closed' && covers(value.scope, scope));
}
