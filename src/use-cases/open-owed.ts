import type { Deps } from '../deps.ts';
import { localDay } from '../domain/calendar.ts';
import { type Case, isOver } from '../domain/case.ts';
import type { Actor } from '../domain/case-events.ts';
import type { FinanceAccount } from '../domain/finance.ts';
import { linkCase, releaseCase, unnoticed } from '../domain/finance-account.ts';
import { overlaps } from '../domain/scope.ts';
import { cases, financeAccounts, tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { openAmong } from './open-among.ts';
import { openCasesOf } from './open-cases.ts';

/** What came of what is owed and belongs to no case: one was opened, or waits until this other case ends. */
export type Owed = { outcome: 'opened' | 'waits'; case: Case } | { outcome: 'nothing' };

const nothing: Owed = { outcome: 'nothing' };

/**
 * Opens the non-payment case of an account where something is owed and nothing stands in the way. The account is linked in the
 * same transaction, so a payment always finds the case. Safe to repeat: finance's own message does it, and every sweep.
 */
export async function openOwed(deps: Deps, tenantId: string, actor: Actor): Promise<Owed> {
  return await untilUnchanged(async () => {
    const stored = await financeAccounts.read(deps.table, tenantId);
    const tenant = (await tenants.read(deps.table, tenantId))?.value;
    if (stored === undefined || tenant === undefined || tenant.status === 'erased') return nothing;
    const account = await released(deps, stored.value, isPaid);
    const invoices = unnoticed(account, localDay(deps.clock.now(), tenant.timezone));
    if (invoices.length === 0) return nothing;
    const linked = account.invoices.find((invoice) => invoice.case !== undefined)?.case;
    if (linked !== undefined) {
      const value = (await cases.read(deps.table, linked))?.value;
      return value === undefined || isOver(value) ? nothing : { outcome: 'waits', case: value };
    }
    const scope = { tenant: tenantId };
    const among = await openCasesOf(deps, tenantId);
    const other = among.open.find((open) => overlaps(open.scope, scope));
    const link = (id: string) => financeAccounts.write(linkCase(account, id, invoices), stored.version);
    if (other !== undefined) return { outcome: 'waits', case: other };
    const request = { scope, reason: 'non-payment' as const, actor, invoices, writes: (id: string) => [link(id)] };
    return { outcome: 'opened', case: await openAmong(deps, among, request) };
  });
}

/** A case that somebody cancelled was meant to end: what it was about waits until finance speaks of it again. */
export function isPaid(value: Case): boolean {
  return value.status === 'cancelled' && value.cause === 'payment';
}

/** The account without its links to cases that have `ended`, or are gone. */
export async function released(
  deps: Pick<Deps, 'table'>,
  account: FinanceAccount,
  ended: (value: Case) => boolean,
): Promise<FinanceAccount> {
  let next = account;
  for (const id of new Set(account.invoices.map((invoice) => invoice.case))) {
    if (id === undefined) continue;
    const value = (await cases.read(deps.table, id))?.value;
    if (value === undefined || ended(value)) next = releaseCase(next, id);
  }
  return next;
}
