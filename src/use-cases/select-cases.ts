import type { Deps } from '../deps.ts';
import { localDay } from '../domain/calendar.ts';
import { type Case, isOver } from '../domain/case.ts';
import { invoicesToOpen } from '../domain/finance-account.ts';
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
    const isAsked = (tenant: string): boolean => request.tenant === undefined || tenant === request.tenant;
    const found = new Map((await cases.open(deps.table)).map(({ value }): [string, Case] => [value.id, value]));
    for (const { value: unfinished } of await pendingEffects.all(deps.table)) {
      const left = found.has(unfinished.caseId) ? undefined : await cases.read(deps.table, unfinished.caseId);
      if (left !== undefined) found.set(left.value.id, left.value);
    }
    const asked = [...found.values()].filter(({ tenant }) => isAsked(tenant));
    const living = (await tenants.list(deps.table, 'TENANTS'))
      .map((stored) => stored.value)
      .filter(({ status }) => status !== 'erased');
    // Counted once for all of them: each asks what share of the tenants may be noticed today.
    const facts = { tenants: living.length };
    const busy = new Set(asked.filter((value) => !isOver(value)).map(({ tenant }) => tenant));
    const free = living.filter(({ id }) => !busy.has(id) && isAsked(id));
    return [
      ...asked.map((value) => ({ tenant: value.tenant, subject: value.id, facts })),
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
