import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { systemActor } from '../domain/case-events.ts';
import { BlockedError } from '../domain/errors.ts';
import { isWholeTenant } from '../domain/scope.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { sources, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { settleAttempts } from './abandon-erasure.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { caseOfRun } from './erasure-state.ts';
import { forgetLate } from './forget-traces.ts';
import { anotherFreezes } from './run-effects.ts';
import { runInput } from './run-items.ts';
import { stripeCustomerWrites } from './stripe-customers.ts';

/** Closes the case. Of a whole tenant nothing stays but the id, so that it is never given out again, and the ledger's name for it. */
export const closeCase = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  // Also of those who have come in since the sweep.
  if (isWholeTenant(value.scope)) await forgetLate(deps, value.tenant);
  // In one transaction: once the case is closed no sweep comes back to it.
  const close = { type: 'close', at: deps.clock.now(), actor: systemActor } as const;
  const decision = await applyCaseEvent(deps, value.id, close, { writes: async () => await lastWrites(deps, value) });
  if (!decision.ok) throw new BlockedError(decision.reason, { hint: decision.hint });
  await settleAttempts(deps, value, 'the case is closed');
  // Once more: a call that was under way may have ended in between. From now on the tenant is erased to whoever calls.
  if (isWholeTenant(value.scope)) await forgetLate(deps, value.tenant);
  return { outcome: 'closed' as const };
});

/** What ends with the case: the tenant, its source, or that it is frozen. */
async function lastWrites(deps: Deps, value: Case): Promise<Write[]> {
  const writes: Write[] = [];
  const stored = await tenants.read(deps.table, value.tenant);
  if (stored !== undefined && stored.value.status !== 'erased') {
    const tenant = isWholeTenant(value.scope)
      ? erasedTenant(stored.value)
      : { ...stored.value, status: (await anotherFreezes(deps, value)) ? stored.value.status : ('active' as const) };
    writes.push(tenants.write(tenant, stored.version));
    writes.push(...(await stripeCustomerWrites(deps, stored.value.stripeCustomer, tenant)));
  }
  if (value.scope.source !== undefined && value.scope.paths === undefined)
    writes.push(sources.remove(value.scope.tenant, value.scope.source));
  return writes;
}

/** What stays of a tenant that was erased. */
export function erasedTenant({ id, ledgerId, timezone, plan, locale, createdAt }: Tenant): Tenant {
  return {
    id,
    ledgerId,
    timezone,
    plan,
    locale,
    createdAt,
    name: '(erased)',
    contacts: [],
    status: 'erased',
    paused: true,
  };
}
