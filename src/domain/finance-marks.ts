import type { FinanceAccount, FinanceEvent, Invoice } from './finance.ts';

/** Whether the very same was said before. A payment of all that is owed settles it whatever was counted under its id. */
export function isRepeated(known: Invoice, event: FinanceEvent): boolean {
  if (event.type === 'paid' && known.status !== 'paid') return false;
  const mark = markOf(event);
  return mark !== undefined && known.payments.includes(mark);
}

/**
 * The marks with that of the event. What adds up is known for long; of what only says how things stand the newest of its kind is
 * enough, and a sender that says it every hour fills nothing.
 */
export function withMark(marks: readonly string[], event: FinanceEvent): string[] {
  const mark = markOf(event);
  if (mark === undefined) return [...marks];
  const adds = event.type === 'paid' || event.type === 'part-paid' || event.type === 'reversed';
  const kept = adds ? marks : marks.filter((one) => !one.startsWith(`${event.type}:`));
  return [...kept, mark].slice(-mostMarks);
}

/** How many an invoice keeps. */
const mostMarks = 200;

/**
 * Bytes of an account as far as marks may fill it. A row of the Table holds 256 KiB: the rest is for the links to cases, and a payment,
 * which makes an invoice no longer, always finds room.
 */
const accountBytes = 200_000;

/** The account with as many of the newest marks of each invoice as fit beside what is owed. */
export function fitMarks(account: FinanceAccount): FinanceAccount {
  for (const most of [mostMarks, 50, 10, 2]) {
    const fitting = withNewest(account, most);
    if (Buffer.byteLength(JSON.stringify(fitting)) <= accountBytes) return fitting;
  }
  return withNewest(account, 0);
}

function withNewest(account: FinanceAccount, most: number): FinanceAccount {
  if (account.invoices.every(({ payments }) => payments.length <= most)) return account;
  const invoices = account.invoices.map((i) => ({ ...i, payments: i.payments.slice(i.payments.length - most) }));
  return { ...account, invoices };
}

/** What is kept of an event to know it again: the payment, or that this other thing was said of it. */
function markOf({ type, payment }: FinanceEvent): string | undefined {
  return payment === undefined || type === 'paid' || type === 'part-paid' ? payment : `${type}:${payment}`;
}
