import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { ConflictError } from '../domain/errors.ts';
import type { Tenant } from '../domain/tenant.ts';
import { tenants } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { requireFree, stripeCustomerWrites } from './stripe-customers.ts';
import { nameField, requirePlan, tenantFields } from './tenant-fields.ts';

const input = z.strictObject({
  id: nameField,
  name: tenantFields.name,
  contacts: tenantFields.contacts,
  locale: tenantFields.locale.default('en'),
  timezone: tenantFields.timezone.default('UTC'),
  plan: tenantFields.plan.default('standard'),
  agreement: tenantFields.agreement.exactOptional(),
  stripeCustomer: tenantFields.stripeCustomer.exactOptional(),
  actor: actorInput,
});

/**
 * Takes on a tenant: its key and its evidence key are made first, so that the record never stands without them. An id that
 * was ever used is refused, an erased tenant's too: its certificate must not come to mean somebody else.
 */
export const addTenant = useCase(
  input,
  async (deps, asked) => await untilUnchanged(async () => await add(deps, asked)),
);

async function add(deps: Deps, { actor, ...fields }: z.output<typeof input>): Promise<Tenant> {
  const known = await tenants.read(deps.table, fields.id);
  if (known !== undefined) {
    const erased = known.value.status === 'erased';
    throw new ConflictError(
      erased ? `the id ${fields.id} belonged to a tenant that was erased` : `tenant ${fields.id} exists`,
      {
        hint: erased ? 'Choose another id.' : 'Change it with `tenure tenant set`, or choose another id.',
      },
    );
  }
  requirePlan(deps, fields.plan);
  if (fields.stripeCustomer !== undefined) await requireFree(deps, fields.id, fields.stripeCustomer);
  await makeKey(deps, `tenant/${fields.id}`);
  await makeKey(deps, `evidence/${fields.id}`);
  const tenant: Tenant = {
    ...fields,
    ledgerId: `t-${deps.random(10).toString('hex')}`,
    status: 'active',
    paused: false,
    createdAt: deps.clock.now(),
  };
  await appendLedger(
    deps,
    { tenant, type: 'tenant-added', actor: actor.kind, subjects: [], particulars: { by: actor.id, tenant } },
    [tenants.write(tenant, 'absent'), ...(await stripeCustomerWrites(deps, undefined, tenant))],
  );
  return tenant;
}

/** A key that a killed attempt has left is taken over; one that was destroyed never returns. */
async function makeKey(deps: Deps, ref: string): Promise<void> {
  try {
    await deps.keys.make(ref);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    if (!(await deps.keys.list(ref)).includes(ref)) throw error;
  }
}
