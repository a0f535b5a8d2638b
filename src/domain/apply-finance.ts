import { isCalendarDay, parseInstant } from './calendar.ts';
import type { Actor, CaseEvent } from './case-events.ts';
import { type FinanceAccount, type FinanceEvent, type Invoice, wholeAccount } from './finance.ts';
import { latest, outstandingOf, without } from './finance-account.ts';
import { isRepeated, withMark } from './finance-marks.ts';

/**
 * What a finance event means: the account as it is now, and what the open case has to be told, in this order. Pass each event to
 * `decide`; when the case comes out cancelled, `releaseCase`. Then open a case for `invoicesToOpen`, if there are any. (Not
 * after an operator's cancellation, which is meant: there finance has to speak again.)
 */
export type FinanceOutcome =
  | { ok: true; account: FinanceAccount; changed: boolean; caseEvents: { case: string; event: CaseEvent }[] }
  | { ok: false; code: 'invalid'; reason: string; hint: string; field?: string };

/**
 * Applies what finance says. Events may come twice and out of order. A payment counts unless the debt was reported anew after it;
 * of anything else, what is older than what is known changes nothing.
 *
 * @param today calendar day of the tenant: a promise of an earlier one stands no more
 */
export function applyFinance(
  account: FinanceAccount,
  event: FinanceEvent,
  actor: Actor,
  today: string,
): FinanceOutcome {
  const at = parseInstant(event.at);
  const problem = problemOf(account, event);
  if (problem !== undefined) return { ok: false, code: 'invalid', ...problem };
  const ids = event.invoice !== undefined ? [event.invoice] : idsOfAccount(account, event);
  let next = account;
  const caseEvents: { case: string; event: CaseEvent }[] = [];
  for (const id of ids) {
    const before = next.invoices.find((known) => known.invoice === id);
    if (before !== undefined && isRepeated(before, event)) continue;
    const older = isOlder(account, before, event, at);
    const after = older ? before && passedOver(before, event, at) : change(before, id, event, at);
    if (older && after === before) continue;
    if (after === undefined) {
      const reason = `invoice ${id} of ${account.tenant} is not known`;
      return { ok: false, code: 'invalid', reason, hint: 'Report it as unpaid first.', field: 'invoice' };
    }
    next = { ...next, invoices: [...next.invoices.filter((known) => known.invoice !== id), after] };
    if (after.case !== undefined && (!older || after.status === 'paid'))
      caseEvents.push(...tell(next, before, after, event, { actor, at, today }, after.case));
  }
  return { ok: true, account: next, changed: next !== account, caseEvents };
}

/**
 * Whether something newer makes the event mean nothing. What a payment is held against are debts alone: a promise or a dispute that
 * was heard of first must not hide it, and an account that does not know yet when a debt was reported takes it. Of part payments
 * each adds to the others, in any order.
 */
function isOlder(account: FinanceAccount, before: Invoice | undefined, event: FinanceEvent, at: string): boolean {
  if (event.type === 'part-paid' && before?.status !== 'paid') return false;
  const isPayment = event.type === 'paid' && before !== undefined && before.status !== 'paid';
  const heard = isPayment ? before.owedAt : (before?.changedAt ?? account.forgottenTo);
  return heard !== undefined && at < heard;
}

/**
 * A debt that is reported late changes no more than this: a payment that is older still was not of it, and its amount may show that
 * the parts which were paid since are the whole.
 */
function passedOver(known: Invoice, { type, amount }: FinanceEvent, at: string): Invoice {
  const isOwed = known.status !== 'paid';
  const isNewest = isOwed && isDebt(type) && at > (known.owedAt ?? '');
  const learns = type === 'unpaid' && amount !== undefined && known.amount === undefined;
  if (!isNewest && !learns) return known;
  const next = { ...known, ...(isNewest && { owedAt: at }), ...(learns && { amount }) };
  return isOwed && learns && known.paidMinor >= amount.minor ? { ...without(next, 'until'), status: 'paid' } : next;
}

function isDebt(type: FinanceEvent['type']): boolean {
  return type === 'unpaid' || type === 'reversed';
}

/** Without an invoice, `paid`, `disputed` and `promised-until` mean every open one; the others the account itself. */
function idsOfAccount(account: FinanceAccount, event: FinanceEvent): string[] {
  if (event.type === 'unpaid' || event.type === 'part-paid' || event.type === 'reversed') return [wholeAccount];
  return account.invoices.filter((i) => i.status !== 'paid').map((i) => i.invoice);
}

/** The invoice after the event; undefined when the event speaks of an invoice that nobody reported. */
function change(before: Invoice | undefined, invoice: string, event: FinanceEvent, at: string): Invoice | undefined {
  const changedAt = latest([at, before?.changedAt ?? at]) ?? at;
  const heard = before ?? { invoice, status: 'unpaid' as const, paidMinor: 0, payments: [], changedAt };
  const known = isDebt(event.type) ? { ...heard, owedAt: latest([at, heard.owedAt ?? at]) ?? at } : heard;
  const payments = withMark(known.payments, event);
  switch (event.type) {
    case 'unpaid': {
      const again = known.status === 'paid' ? fresh(known) : without(known, 'until');
      const amount = again.amount ?? event.amount;
      const said = withMark(again.payments, event);
      return { ...again, status: 'unpaid', payments: said, changedAt, ...(amount !== undefined && { amount }) };
    }
    case 'paid':
      // A payment whose invoice was never reported is kept: a report of the debt that is older and comes later means nothing then.
      return { ...without(known, 'until'), status: 'paid', payments, changedAt };
    case 'part-paid': {
      if (before === undefined) return undefined;
      const paidMinor = known.paidMinor + (event.amount?.minor ?? 0);
      const whole = known.amount !== undefined && paidMinor >= known.amount.minor;
      return { ...known, paidMinor, payments, status: whole ? 'paid' : known.status, changedAt };
    }
    case 'disputed':
      if (before === undefined) return undefined;
      return known.status === 'paid' ? known : { ...without(known, 'until'), status: 'disputed', payments, changedAt };
    case 'promised-until':
      if (before === undefined || event.until === undefined) return undefined;
      return known.status === 'paid' || known.status === 'disputed'
        ? known
        : { ...known, status: 'promised', payments, until: event.until, changedAt };
    case 'reversed': {
      if (before === undefined) return undefined;
      // A settled invoice stays out of its case; once that is released, a new one gives full notice.
      if (known.status === 'paid')
        return { ...fresh(known), status: 'unpaid', payments: withMark([], event), changedAt };
      return {
        ...known,
        payments,
        paidMinor: Math.max(0, known.paidMinor - (event.amount?.minor ?? known.paidMinor)),
        changedAt,
      };
    }
  }
}

function fresh(invoice: Invoice): Invoice {
  return { ...without(invoice, 'until'), paidMinor: 0, payments: [] };
}

/** What the invoice's case has to hear. */
function tell(
  account: FinanceAccount,
  before: Invoice | undefined,
  after: Invoice,
  event: FinanceEvent,
  { today, ...by }: { actor: Actor; at: string; today: string },
  id: string,
): { case: string; event: CaseEvent }[] {
  const { invoice } = after;
  const value = event.valueDate === undefined ? {} : { valueDate: event.valueDate };
  const amount = event.amount === undefined ? {} : { amount: event.amount };
  const to = (...events: CaseEvent[]) => events.map((one) => ({ case: id, event: one }));
  const goesOn = (note: string) =>
    goingOn(
      account.invoices.filter((i) => i.case === id),
      before,
      { ...by, today, note },
    );
  if (after.status === 'paid') {
    if (before?.status === 'paid') return [];
    const remains = account.invoices.some((i) => i.case === id && i.status !== 'paid');
    const paid: CaseEvent = { ...by, type: 'paid', invoice, ...amount, ...value };
    return remains ? to(paid, ...goesOn(`invoice ${invoice} is paid`)) : to(paid);
  }
  switch (event.type) {
    case 'part-paid':
      return event.amount === undefined
        ? []
        : to({ ...by, type: 'part-paid', invoice, amount: event.amount, ...outstandingOf(after), ...value });
    case 'reversed':
      // A whole payment that is taken back is a new debt: the invoice stays out of the case that it had left.
      return before?.status === 'paid' ? [] : to({ ...by, type: 'reversed', invoice, ...outstandingOf(after) });
    case 'unpaid':
      return to(...goesOn(`invoice ${invoice} is still unpaid`));
    case 'disputed':
      return to({ ...by, type: 'dispute', note: `invoice ${invoice}` });
    case 'promised-until':
      return after.status === 'promised' && event.until !== undefined
        ? to({ ...by, type: 'promise', until: event.until })
        : [];
    default:
      return [];
  }
}

/**
 * What a case hears when an invoice that stopped it does so no more: that it goes on, where no other one stops it. One that was
 * disputed stopped it without an end, and where only promises are left the case has to be stopped anew, until the last of them ends.
 */
function goingOn(
  invoices: readonly Invoice[],
  before: Invoice | undefined,
  { today, note, ...by }: { actor: Actor; at: string; today: string; note: string },
): CaseEvent[] {
  if (before?.status !== 'disputed' && before?.status !== 'promised') return [];
  const promises = invoices.flatMap(({ status, until }) =>
    status === 'promised' && until !== undefined && until >= today ? [until] : [],
  );
  const until = latest(promises);
  const isStopped = invoices.some(({ status }) => status === 'disputed');
  if (isStopped || (before.status === 'promised' && until !== undefined)) return [];
  const settle: CaseEvent = { ...by, type: 'settle', note };
  return until === undefined ? [settle] : [settle, { ...by, type: 'promise', until }];
}

function problemOf(
  account: FinanceAccount,
  event: FinanceEvent,
): { reason: string; hint: string; field?: string } | undefined {
  const { amount } = event;
  if (event.tenant !== account.tenant)
    return { reason: `the event is about ${event.tenant}`, hint: 'Load its account.' };
  if (amount !== undefined && (!Number.isSafeInteger(amount.minor) || amount.minor <= 0)) {
    return {
      reason: `${amount.minor} is not an amount`,
      hint: 'Give a positive integer in the smallest unit.',
      field: 'amount',
    };
  }
  if (event.type === 'part-paid' && amount === undefined) {
    return { reason: 'a part payment has an amount', hint: 'Give the amount that was paid.', field: 'amount' };
  }
  const known = account.invoices.find((i) => i.invoice === (event.invoice ?? wholeAccount))?.amount;
  if (event.type === 'part-paid' && known !== undefined && amount !== undefined && known.currency !== amount.currency) {
    return {
      reason: `the invoice is in ${known.currency}, the payment in ${amount.currency}`,
      hint: 'Convert it first.',
      field: 'amount',
    };
  }
  for (const field of ['until', 'valueDate'] as const) {
    const day = event[field];
    if (day !== undefined && !isCalendarDay(day))
      return { reason: `"${day}" is no calendar day`, hint: 'Write it like 2026-11-30.', field };
  }
  if (event.type === 'promised-until' && event.until === undefined) {
    return { reason: 'a promise names a day', hint: 'Give the day until which payment is promised.', field: 'until' };
  }
  return undefined;
}
