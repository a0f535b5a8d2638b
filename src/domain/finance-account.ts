import { addDays } from './calendar.ts';
import type { InvoiceDue } from './case-events.ts';
import type { FinanceAccount, Invoice } from './finance.ts';
import { fitMarks } from './finance-marks.ts';

/** How long an account knows paid invoices that no case is about: longer than any sender repeats what it said before. */
const paidDays = 90;

/** Bytes that they may take: a row of the Table holds 256 KiB, and what is owed has to fit beside them. */
const paidBytes = 100_000;

/**
 * The account without its oldest paid invoices and marks, so that it stays small. It remembers up to when it has forgotten an
 * invoice: a report of a debt that is older and comes later could be of one that was paid since, and changes nothing.
 */
export function forgetPaid(account: FinanceAccount, now: string): FinanceAccount {
  const from = addDays(now, -paidDays);
  const settled = account.invoices.filter((i) => i.status === 'paid' && i.case === undefined);
  let bytes = 0;
  const gone = new Set(
    settled
      .sort((a, b) => (a.changedAt < b.changedAt ? 1 : -1))
      .filter((i) => {
        bytes += Buffer.byteLength(JSON.stringify(i));
        return i.changedAt < from || bytes > paidBytes;
      }),
  );
  if (gone.size === 0) return fitMarks(account);
  const forgottenTo = latest([...gone].map((i) => i.changedAt).concat(account.forgottenTo ?? []));
  const invoices = account.invoices.filter((i) => !gone.has(i));
  return fitMarks({ ...account, invoices, ...(forgottenTo && { forgottenTo }) });
}

/** When the account was last changed. What is said now was said after that, whatever the clock shows. */
export function lastChange({ invoices, forgottenTo }: FinanceAccount): string | undefined {
  return latest(invoices.map((i) => i.changedAt).concat(forgottenTo ?? []));
}

/** The latest of some instants. */
export function latest(instants: string[]): string | undefined {
  return instants.sort().at(-1);
}

/** The case was opened for these invoices. */
export function linkCase(account: FinanceAccount, caseId: string, invoices: readonly InvoiceDue[]): FinanceAccount {
  const linked = new Set(invoices.map((due) => due.invoice));
  return { ...account, invoices: account.invoices.map((i) => (linked.has(i.invoice) ? { ...i, case: caseId } : i)) };
}

/** The case is over (cancelled): its invoices belong to no case any more. */
export function releaseCase(account: FinanceAccount, caseId: string): FinanceAccount {
  return { ...account, invoices: account.invoices.map((i) => (i.case === caseId ? without(i, 'case') : i)) };
}

/** What stopped the case has ended: its invoices are owed again, and what finance says next counts. When it last spoke stays. */
export function settleInvoices(account: FinanceAccount, caseId: string): FinanceAccount {
  const stands = (i: Invoice) => i.case === caseId && (i.status === 'disputed' || i.status === 'promised');
  if (!account.invoices.some(stands)) return account;
  const invoices = account.invoices.map((i) => (stands(i) ? { ...without(i, 'until'), status: 'unpaid' as const } : i));
  return { ...account, invoices };
}

/**
 * Invoices that a new case is to be opened for; empty while a case is open, since one at a time is enough: what becomes unpaid
 * meanwhile was in no notice, and gets a full one of its own when the present case ends without erasure.
 */
export function invoicesToOpen(account: FinanceAccount, today: string): InvoiceDue[] {
  return account.invoices.some((i) => i.case !== undefined) ? [] : unnoticed(account, today);
}

/** Invoices that are owed and belong to no case. */
export function unnoticed(account: FinanceAccount, today: string): InvoiceDue[] {
  return account.invoices
    .filter((i) => i.case === undefined)
    .filter((i) => i.status === 'unpaid' || (i.status === 'promised' && i.until !== undefined && i.until < today))
    .map((known) => ({ invoice: known.invoice, ...outstandingOf(known) }));
}

/** What is still open of an invoice, where finance ever told an amount: the one place that reckons it. */
export function outstandingOf({ amount, paidMinor }: Invoice): Pick<InvoiceDue, 'outstanding'> {
  return amount === undefined ? {} : { outstanding: { currency: amount.currency, minor: amount.minor - paidMinor } };
}

/** The invoice without what no longer holds. */
export function without<T extends Invoice, K extends 'case' | 'until'>(invoice: T, field: K): Omit<T, K> & Invoice {
  const { [field]: _gone, ...rest } = invoice;
  return rest as Omit<T, K> & Invoice;
}
