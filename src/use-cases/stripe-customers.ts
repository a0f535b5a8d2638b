import type { Deps } from '../deps.ts';
import { ConflictError } from '../domain/errors.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { stripeCustomers } from '../records.ts';

/**
 * What changes with a tenant's Stripe customer. Written with the tenant: of two who want the same one at once, one gets it.
 *
 * @throws ConflictError with the field when it is another tenant's
 */
export async function stripeCustomerWrites(
  deps: Pick<Deps, 'table'>,
  before: string | undefined,
  { id, stripeCustomer: after }: Pick<Tenant, 'id' | 'stripeCustomer'>,
): Promise<Write[]> {
  if (before === after) return [];
  const writes: Write[] = before === undefined ? [] : [stripeCustomers.remove(before)];
  if (after === undefined) return writes;
  const held = await requireFree(deps, id, after);
  return [...writes, stripeCustomers.write({ customer: after, tenant: id }, held?.version ?? 'absent')];
}

/** Whether the Stripe customer may become the tenant's. @throws ConflictError with the field when it is another tenant's */
export async function requireFree(deps: Pick<Deps, 'table'>, tenant: string, customer: string) {
  const held = await stripeCustomers.read(deps.table, customer);
  if (held === undefined || held.value.tenant === tenant) return held;
  const message = `${customer} is the Stripe customer of tenant ${held.value.tenant}`;
  throw new ConflictError(message, {
    hint: 'Take it from that tenant first: set its stripeCustomer to null.',
    fields: [{ path: ['stripeCustomer'], message }],
  });
}
