import type { Case } from '../domain/case.ts';
import { cases, pendingEffects, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';

/** Lists the cases that are not over, and those for which a crash has left something undone. */
export const selectCases = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () => {
    const found = new Map((await cases.open(deps.table)).map(({ value }): [string, Case] => [value.id, value]));
    for (const { value: unfinished } of await pendingEffects.all(deps.table)) {
      const left = found.has(unfinished.caseId) ? undefined : await cases.read(deps.table, unfinished.caseId);
      if (left !== undefined) found.set(left.value.id, left.value);
    }
    // Counted once for all of them: each asks what share of the tenants may be noticed today.
    const living = (await tenants.list(deps.table, 'TENANTS')).filter(({ value }) => value.status !== 'erased').length;
    return [...found.values()]
      .filter(({ tenant }) => request.tenant === undefined || tenant === request.tenant)
      .map((value) => ({ tenant: value.tenant, subject: value.id, facts: { tenants: living } }));
  });
  return pageOf(items.length, page);
});
