import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { ConflictError } from '../domain/errors.ts';
import { changedTenant, type Tenant } from '../domain/tenant.ts';
import { tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { stripeCustomerWrites } from './stripe-customers.ts';
import { nameField, requirePlan, requireTenant, tenantFields } from './tenant-fields.ts';

const input = z.strictObject({
  id: nameField,
  name: tenantFields.name.exactOptional(),
  contacts: tenantFields.contacts.exactOptional(),
  locale: tenantFields.locale.exactOptional(),
  timezone: tenantFields.timezone.exactOptional(),
  plan: tenantFields.plan.exactOptional(),
  agreement: tenantFields.agreement.exactOptional(),
  /** `null`: none any more. */
  stripeCustomer: tenantFields.stripeCustomer.nullable().exactOptional(),
  /** Backups suspended. */
  paused: z.boolean().exactOptional(),
  actor: actorInput,
});

/**
 * Changes what an operator may change of a tenant. Open cases keep the plan version that they began under, but where the new one
 * asks for a second person it counts for them too. Answers the
 * fields that are different now.
 */
export const setTenant = useCase(
  input,
  async (deps, asked) => await untilUnchanged(async () => await changeTenant(deps, asked)),
);

async function changeTenant(deps: Deps, { id, actor, ...change }: z.output<typeof input>) {
  const { value: before, version } = await requireTenant(deps, id);
  if (before.status === 'erased')
    throw new ConflictError(`tenant ${id} was erased`, { hint: 'Nothing of it can be changed.' });
  if (change.plan !== undefined) requirePlan(deps, change.plan);
  const tenant = changedTenant(before, change);
  const changed = Object.keys(change).filter((field) => differs(before, tenant, field as keyof Tenant));
  if (changed.length > 0) {
    await appendLedger(
      deps,
      { tenant, type: 'tenant-changed', actor: actor.kind, subjects: changed, particulars: { by: actor.id, change } },
      [tenants.write(tenant, version), ...(await stripeCustomerWrites(deps, before.stripeCustomer, tenant))],
    );
  }
  return { tenant, changed };
}

function differs(before: Tenant, after: Tenant, field: keyof Tenant): boolean {
  return JSON.stringify(before[field]) !== JSON.stringify(after[field]);
}
