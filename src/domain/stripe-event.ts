import { z } from 'zod';
import type { FinanceEvent } from './finance.ts';

/** Statuses of a Stripe subscription (API reference, "The Subscription object"), and what each may mean to Tenure. */
export const subscriptionStatuses = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'canceled',
  'unpaid',
  'paused',
] as const;

export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** What a status of a subscription says about its latest invoice. `ignore`: nothing. */
export type SubscriptionMeaning = 'unpaid' | 'paid' | 'ignore';

/**
 * What a plan that says nothing takes them for. `past_due` is still being collected by Stripe; `unpaid` is where its retries have
 * ended; a cancelled subscription says nothing about money.
 */
export const defaultMeanings: Record<SubscriptionStatus, SubscriptionMeaning> = {
  incomplete: 'ignore',
  incomplete_expired: 'ignore',
  trialing: 'ignore',
  active: 'paid',
  past_due: 'ignore',
  canceled: 'ignore',
  unpaid: 'unpaid',
  paused: 'ignore',
};

const metadata = z.record(z.string(), z.string()).nullish();
const reference = z.union([z.string(), z.looseObject({ id: z.string() })]).nullish();

const invoice = z.looseObject({
  object: z.literal('invoice'),
  id: z.string(),
  number: z.string().nullish(),
  customer: reference,
  status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']).nullish(),
  currency: z.string(),
  amount_due: z.int(),
  amount_remaining: z.int(),
  due_date: z.int().nullish(),
  metadata,
});

const subscription = z.looseObject({
  object: z.literal('subscription'),
  id: z.string(),
  customer: reference,
  status: z.enum(subscriptionStatuses),
  latest_invoice: reference,
  metadata,
});

const eventShape = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: z.int(),
  data: z.looseObject({ object: z.unknown() }),
});

/** An event of Stripe's as far as it is looked at. */
export interface StripeMeaning {
  /** `metadata.tenure_tenant`, where whoever set Stripe up has put it. */
  tenant?: string;
  /** `cus_…` */
  customer?: string;
  event: Omit<FinanceEvent, 'tenant'>;
}

/** What an event of Stripe's means to the account that it is about, or why it means nothing. */
export type StripeReading = StripeMeaning | { ignored: string };

/**
 * Reads an event of Stripe's. Not the order in which events arrive counts but the state that each carries and the second in which
 * it was true; of two in one second the one that says "paid" is the later.
 *
 * @param meanings what the plan takes the statuses of subscriptions for
 */
export function readStripeEvent(
  value: unknown,
  meanings: Partial<Record<SubscriptionStatus, SubscriptionMeaning>>,
): StripeReading {
  const event = eventShape.safeParse(value);
  if (!event.success) return { ignored: 'it is no event' };
  const { created, type, data } = event.data;
  const asInvoice = invoice.safeParse(data.object);
  if (asInvoice.success && type.startsWith('invoice.')) return ofInvoice(type, asInvoice.data, created);
  const asSubscription = subscription.safeParse(data.object);
  if (asSubscription.success && type.startsWith('customer.subscription.')) {
    return ofSubscription(asSubscription.data, created, meanings);
  }
  return { ignored: `events of the type ${type.slice(0, 80)} say nothing about what is owed` };
}

/** Events that say that an open invoice is overdue; others carry an open invoice as well, and only tell of its making. */
const overdue = new Set(['invoice.payment_failed', 'invoice.overdue', 'invoice.marked_uncollectible']);

function ofInvoice(type: string, found: z.output<typeof invoice>, created: number): StripeReading {
  const about = { ...whoseOf(found), invoice: found.id };
  if (found.status === 'paid' || found.status === 'void') {
    return meaning(about, {
      type: 'paid',
      invoice: found.id,
      payment: `stripe:${found.id}:${found.status}`,
      at: instant(created, 'paid'),
    });
  }
  const owed = found.status === 'open' || found.status === 'uncollectible';
  if (!owed || !overdue.has(type)) return { ignored: `${type} of an invoice that is ${found.status ?? 'unknown'}` };
  const amount = { currency: found.currency.toUpperCase(), minor: found.amount_remaining };
  return meaning(about, {
    type: 'unpaid',
    invoice: found.id,
    at: instant(created, 'unpaid'),
    ...(amount.minor > 0 ? { amount } : {}),
  });
}

function ofSubscription(
  found: z.output<typeof subscription>,
  created: number,
  meanings: Partial<Record<SubscriptionStatus, SubscriptionMeaning>>,
): StripeReading {
  const said = meanings[found.status] ?? defaultMeanings[found.status];
  const latest = idOf(found.latest_invoice);
  if (said === 'ignore') return { ignored: `a subscription that is ${found.status}` };
  if (latest === undefined) return { ignored: 'a subscription without an invoice' };
  return meaning(whoseOf(found), { type: said, invoice: latest, at: instant(created, said) });
}

function meaning(whose: Pick<StripeMeaning, 'tenant' | 'customer'>, event: StripeMeaning['event']): StripeMeaning {
  const { tenant, customer } = whose;
  return { ...(tenant === undefined ? {} : { tenant }), ...(customer === undefined ? {} : { customer }), event };
}

function whoseOf(found: {
  customer?: z.output<typeof reference>;
  metadata?: z.output<typeof metadata>;
}): Pick<StripeMeaning, 'tenant' | 'customer'> {
  const tenant = found.metadata?.tenure_tenant;
  const customer = idOf(found.customer);
  return { ...(tenant === undefined ? {} : { tenant }), ...(customer === undefined ? {} : { customer }) };
}

function idOf(found: z.output<typeof reference>): string | undefined {
  return typeof found === 'string' ? found : found?.id;
}

/** Stripe's clock has seconds. */
function instant(created: number, said: 'paid' | 'unpaid'): string {
  return new Date(created * 1000 + (said === 'paid' ? 999 : 0)).toISOString();
}
