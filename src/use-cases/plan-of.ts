import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { NotFoundError } from '../domain/errors.ts';
import { type Plan, parsePlan, planDigest } from '../domain/plan.ts';
import type { Tenant } from '../domain/tenant.ts';
import { planVersions, tenants } from '../records.ts';

/** The tenant's plan as it stands now, with the digest of this version. */
export async function planOf(deps: Deps, tenant: Pick<Tenant, 'id' | 'plan'>): Promise<{ plan: Plan; digest: string }> {
  const plan = deps.settings.plans.get(tenant.plan);
  if (plan === undefined) {
    throw new NotFoundError(`tenant ${tenant.id} has the plan "${tenant.plan}", which does not exist`, {
      hint: 'Put the plan back into the plans folder, or give the tenant another with `tenure tenant set`.',
    });
  }
  const digest = digests.get(plan) ?? planDigest(plan);
  digests.set(plan, digest);
  return { plan, digest };
}

/** Whether the tenant's plan as it is now asks for a second person. One that is not there, or not known, asks. */
export async function approvalOf(deps: Deps, tenant: string): Promise<Plan['approval']> {
  const known = (await tenants.read(deps.table, tenant))?.value;
  return (known === undefined ? undefined : deps.settings.plans.get(known.plan)?.approval) ?? 'required';
}

/** A plan is never changed in place, and a sweep asks for it at every case. */
const digests = new WeakMap<Plan, string>();

/**
 * The plan version that a case began under: a later version changes nothing for it. Where that version is not on record (a
 * recovered home), the tenant's plan as it is now.
 */
export async function planOfCase(deps: Deps, value: Pick<Case, 'planDigest' | 'tenant'>): Promise<Plan> {
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  if (tenant === undefined) throw new NotFoundError(`tenant ${value.tenant} is gone`);
  const current = await planOf(deps, tenant);
  if (current.digest === value.planDigest) return current.plan;
  const pinned = (await planVersions.all(deps.table)).find((stored) => stored.value.digest === value.planDigest);
  return pinned === undefined ? current.plan : parsePlan(pinned.value.text, `plan ${pinned.value.name}`);
}
