import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { BlockedError } from '../domain/errors.ts';
import { readStripeEvent, type StripeMeaning } from '../domain/stripe-event.ts';
import type { Tenant } from '../domain/tenant.ts';
import { stripeEvents, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { planOf } from './plan-of.ts';
import { raiseAlert } from './raise-alert.ts';
import { takeFinanceEvent } from './take-finance-event.ts';

/** What came of an event. `too-late`: money came after something was destroyed; an operator has been told. */
export type StripeOutcome =
  | { outcome: 'taken'; tenant: string; case?: string; reason?: string }
  | { outcome: 'ignored'; reason: string }
  | { outcome: 'repeated' }
  | { outcome: 'too-late'; tenant: string };

const input = z.strictObject({ event: z.looseObject({ id: z.string().min(1).max(255) }) });

const actor = { kind: 'finance', id: 'stripe' } as const;

/**
 * Takes an event of Stripe's whose signature was verified. One that comes again changes nothing; one that is older than what is
 * known neither. An event about nobody that is known is ignored: Stripe tells of all customers.
 */
export const takeStripeEvent = useCase(input, async (deps, { event }): Promise<StripeOutcome> => {
  if ((await stripeEvents.read(deps.table, event.id)) !== undefined) return { outcome: 'repeated' };
  const outcome = await carryOut(deps, event);
  await deps.table.transact([stripeEvents.write({ id: event.id, at: deps.clock.now(), outcome: outcome.outcome })]);
  return outcome;
});

async function carryOut(deps: Deps, event: { id: string }): Promise<StripeOutcome> {
  const first = readStripeEvent(event, {});
  if ('ignored' in first && !first.ignored.startsWith('a subscription')) {
    return { outcome: 'ignored', reason: first.ignored };
  }
  // Whose it is is read whatever a status means; the plan then says what it means.
  const whose = readStripeEvent(event, everyStatus);
  const tenant = 'ignored' in whose ? undefined : await tenantOf(deps, whose);
  if (tenant === undefined) return { outcome: 'ignored', reason: 'it is about no tenant that is known' };
  if (tenant.status === 'erased') {
    // Its account is forgotten, so nobody knows what was owed; that money comes has to be known.
    if ('ignored' in first || first.event.type !== 'paid')
      return { outcome: 'ignored', reason: 'its account was erased' };
    return await tooLate(deps, tenant.id, first.event.invoice, `tenant ${tenant.id} was erased`);
  }
  const { plan } = await planOf(deps, tenant);
  const read = readStripeEvent(event, plan.stripe?.subscriptionStatus ?? {});
  if ('ignored' in read) return { outcome: 'ignored', reason: read.ignored };
  try {
    const taken = await takeFinanceEvent.typed(deps, { tenant: tenant.id, ...read.event, actor });
    const { case: about, reason } = taken;
    return {
      ...{ outcome: 'taken', tenant: tenant.id },
      ...(about === undefined ? {} : { case: about.id }),
      ...(reason === undefined ? {} : { reason }),
    };
  } catch (error) {
    if (!(error instanceof BlockedError)) throw error;
    return await tooLate(deps, tenant.id, read.event.invoice, error.message);
  }
}

async function tooLate(
  deps: Deps,
  tenant: string,
  invoice: string | undefined,
  why: string,
): Promise<Extract<StripeOutcome, { outcome: 'too-late' }>> {
  await raiseAlert(deps, {
    kind: 'payment-too-late',
    subject: invoice ?? tenant,
    tenant,
    message: `Stripe reports a payment that came too late: ${why}`,
  });
  return { outcome: 'too-late', tenant };
}

const everyStatus = {
  incomplete: 'unpaid',
  incomplete_expired: 'unpaid',
  trialing: 'unpaid',
  active: 'unpaid',
  past_due: 'unpaid',
  canceled: 'unpaid',
  unpaid: 'unpaid',
  paused: 'unpaid',
} as const;

async function tenantOf(deps: Deps, { tenant, customer }: StripeMeaning): Promise<Tenant | undefined> {
  const named = tenant === undefined ? undefined : (await tenants.read(deps.table, tenant))?.value;
  if (named !== undefined) return named;
  if (customer === undefined) return undefined;
  // Of two with one customer the first by id.
  for (const { value: nominated } of await tenants.all(deps.table, { prefix: customer })) {
    const stored = await tenants.read(deps.table, nominated.id);
    if (stored?.value.stripeCustomer === customer && stored.value.status !== 'erased') return stored.value;
  }
  return undefined;
}
