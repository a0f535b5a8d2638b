import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import { type Plan, planDigest } from '../domain/plan.ts';
import type { Tenant } from '../domain/tenant.ts';

/** The tenant's plan as it stands now, with the digest of this version. */
export async function planOf(deps: Deps, tenant: Pick<Tenant, 'id' | 'plan'>): Promise<{ plan: Plan; digest: string }> {
  const plan = deps.settings.plans.get(tenant.plan);
  if (plan === undefined) {
    throw new NotFoundError(`tenant ${tenant.id} has the plan "${tenant.plan}", which does not exist`, {
      hint: 'Put the plan back into the plans folder, or give the tenant another with `tenure tenant set`.',
    });
  }
  return { plan, digest: planDigest(plan) };
}
