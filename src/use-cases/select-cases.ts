import { isOver } from '../domain/case.ts';
import { cases, pendingEffects, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';

/** Lists the cases that are not over, and those for which a crash has left something undone. */
export const selectCases = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () => {
    const unfinished = new Set((await pendingEffects.all(deps.table)).map((stored) => stored.value.caseId));
    // Counted once for all of them: each asks what share of the tenants may be noticed today.
    const living = (await tenants.list(deps.table, 'TENANTS')).filter(({ value }) => value.status !== 'erased').length;
    return (await cases.all(deps.table))
      .map((stored) => stored.value)
      .filter(
        (value) =>
          (!isOver(value) || unfinished.has(value.id)) &&
          (request.tenant === undefined || value.tenant === request.tenant),
      )
      .map((value) => ({ tenant: value.tenant, subject: value.id, facts: { tenants: living } }));
  });
  return pageOf(items.length, page);
});
