import type { Deps } from '../deps.ts';
import { invoicesToOpen } from '../domain/apply-finance.ts';
import { localDay } from '../domain/calendar.ts';
import { isOver } from '../domain/case.ts';
import type { Tenant } from '../domain/tenant.ts';
import { cases, financeAccounts, pendingEffects, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { isPaid, released } from './open-owed.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';

/**
 * Lists the cases that are not over, those for which a crash has left something undone, and the tenants who owe something that no
 * case is about any more or yet.
 */
export const selectCases = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () => {
    const unfinished = new Set((await pendingEffects.all(deps.table)).map((stored) => stored.value.caseId));
    const living = (await tenants.list(deps.table, 'TENANTS'))
      .map((stored) => stored.value)
      .filter(({ status }) => status !== 'erased');
    // Counted once for all of them: each asks what share of the tenants may be noticed today.
    const facts = { tenants: living.length };
    const asked = (await cases.all(deps.table))
      .map((stored) => stored.value)
      .filter(({ tenant }) => request.tenant === undefined || tenant === request.tenant);
    const busy = new Set(asked.filter((value) => !isOver(value)).map(({ tenant }) => tenant));
    const free = living.filter(({ id }) => !busy.has(id) && (request.tenant === undefined || id === request.tenant));
    return [
      ...asked
        .filter((value) => !isOver(value) || unfinished.has(value.id))
        .map((value) => ({ tenant: value.tenant, subject: value.id, facts })),
      ...(await owing(deps, free)).map((tenant) => ({ tenant, facts })),
    ];
  });
  return pageOf(items.length, page);
});

/** Those of the tenants who owe something. Nominated here; the item's step looks again. */
async function owing(deps: Deps, free: readonly Tenant[]): Promise<string[]> {
  const accounts = new Map(
    (await financeAccounts.list(deps.table, 'FINANCE')).map(({ value }) => [value.tenant, value]),
  );
  const found: string[] = [];
  for (const { id, timezone } of free) {
    const account = accounts.get(id);
    if (account === undefined || account.invoices.every(({ status }) => status === 'paid')) continue;
    const today = localDay(deps.clock.now(), timezone);
    if (invoicesToOpen(await released(deps, account, isPaid), today).length > 0) found.push(id);
  }
  return found;
}
