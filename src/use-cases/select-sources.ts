import type { Deps } from '../deps.ts';
import { type Case, isTooLate } from '../domain/case.ts';
import { covers } from '../domain/scope.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import { cases, sources, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';
import { awaitsCopy } from './schedule-slots.ts';

/**
 * Lists the sources that a backup run is about: those asked for, whose plan has the cadence, and that nothing is erasing; where
 * the run asks for what is due, only those with a slot that waits for its copy.
 */
export const selectSources = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () => {
    const due: Source[] = [];
    // The same for all sources: listed once, also where there are thousands.
    const erasing = (await cases.open(deps.table)).map(({ value }) => value).filter(isTooLate);
    const known = new Map<string, Tenant | undefined>();
    for (const { value: source } of await sources.all(deps.table)) {
      if (request.tenant !== undefined && source.tenant !== request.tenant) continue;
      if (request.source !== undefined && source.name !== request.source) continue;
      if (!known.has(source.tenant)) known.set(source.tenant, (await tenants.read(deps.table, source.tenant))?.value);
      if (!isDue(deps, source, known.get(source.tenant), request.cadence, erasing)) continue;
      if (request.due !== true || (await awaitsCopy(deps, source, request.cadence))) due.push(source);
    }
    return due.map((source) => ({ tenant: source.tenant, source: source.name, facts: {} }));
  });
  return pageOf(items.length, page);
});

function isDue(
  deps: Deps,
  source: Source,
  tenant: Tenant | undefined,
  cadence: string | undefined,
  erasing: readonly Case[],
): boolean {
  if (source.status !== 'active') return false;
  if (tenant === undefined || tenant.status === 'erased' || tenant.paused) return false;
  const plan = deps.settings.plans.get(tenant.plan);
  if ((cadence === 'daily' || cadence === 'weekly') && plan?.cadences[cadence] === undefined) return false;
  const scope = { tenant: source.tenant, source: source.name };
  return !erasing.some((value) => covers(value.scope, scope));
}
