import { z } from 'zod';
import { planVersions, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';

/** The plans as they are now, with how many tenants each has. */
export const listPlans = useCase(z.strictObject({}), async (deps) => {
  const all = await tenants.list(deps.table, 'TENANTS');
  const latest = new Map((await planVersions.all(deps.table)).map(({ value }) => [value.name, value]));
  return [...deps.settings.plans.values()].map((plan) => ({
    name: plan.name,
    version: latest.get(plan.name)?.version ?? 0,
    since: latest.get(plan.name)?.since ?? '',
    digest: latest.get(plan.name)?.digest ?? '',
    cadences: Object.keys(plan.cadences),
    retentionDays: plan.retention.retentionDays,
    noticeDays: plan.notice.noticeDays,
    approval: plan.approval,
    tenants: all.filter(({ value }) => value.plan === plan.name && value.status !== 'erased').length,
  }));
});
