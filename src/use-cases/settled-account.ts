import type { Deps } from '../deps.ts';
import { type Case, isOver } from '../domain/case.ts';
import { settleInvoices } from '../domain/finance-account.ts';
import type { Write } from '../ports/table.ts';
import { financeAccounts } from '../records.ts';

/**
 * Where a stopped case goes on, by whomever it was settled and also by the date of a promise, its invoices are owed again. They go
 * with the case, or whatever finance says next about them would mean nothing. What finance itself says brings its account along.
 */
export async function settledAccountWrites(
  deps: Pick<Deps, 'table'>,
  before: Case | undefined,
  after: Case,
  writes: readonly Write[],
): Promise<Write[]> {
  const goesOn = before?.status === 'disputed' && after.status !== 'disputed' && !isOver(after);
  if (!goesOn || after.reason !== 'non-payment') return [];
  const { pk } = financeAccounts.key(after.tenant);
  if (writes.some((write) => 'put' in write && write.put.pk === pk)) return [];
  const stored = await financeAccounts.read(deps.table, after.tenant);
  const account = stored && settleInvoices(stored.value, after.id);
  return stored === undefined || account === undefined || account === stored.value
    ? []
    : [financeAccounts.write(account, stored.version)];
}
