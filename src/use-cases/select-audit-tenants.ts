import { tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';

/** Lists the tenants that an audit looks at: all that are not erased. */
export const selectAuditTenants = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () =>
    (await tenants.list(deps.table, 'TENANTS'))
      .map((stored) => stored.value)
      .filter((tenant) => tenant.status !== 'erased')
      .filter((tenant) => request.tenant === undefined || tenant.id === request.tenant)
      .map((tenant) => ({ tenant: tenant.id, facts: {} })),
  );
  return pageOf(items.length, page);
});
