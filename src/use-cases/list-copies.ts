import type { Deps } from '../deps.ts';
import { ageInDays } from '../domain/calendar.ts';
import type { ExpiryShare } from '../domain/gate.ts';
import { type Copy, decideRetention } from '../domain/retention.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import { sources, tenants } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { listCondemned } from '../repository/expire.ts';
import { useCase } from '../use-case.ts';
import { pointsOf } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';

/** What the plan says of one copy. */
export interface CopyDecision {
  id: string;
  at: string;
  keep: boolean;
  reasons: string[];
}

/** Lists every copy with the reasons for which it stays or goes. A dry run ends here. */
export const listCopies = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () => {
    const planned = [];
    const shares = new Map<string, ExpiryShare>();
    for (const { value: source } of await sources.all(deps.table)) {
      if (request.tenant !== undefined && source.tenant !== request.tenant) continue;
      if (request.source !== undefined && source.name !== request.source) continue;
      const decisions =
        source.kind === 'aws-backup'
          ? await decidePoints(deps, source)
          : await decideCopies(deps, source.tenant, source.name);
      const unfinished =
        source.kind === 'aws-backup'
          ? await pointsOf(deps, source.tenant, source.name, 'condemned')
          : await listCondemned(deps, source.tenant, source.name);
      count(shares, source.tenant, decisions);
      if (decisions.length === 0 && unfinished.length === 0) continue;
      planned.push({
        tenant: source.tenant,
        source: source.name,
        facts: { decisions: decisions.map(({ decision }) => decision) },
      });
    }
    return planned.map((item) => ({ ...item, facts: { ...item.facts, share: shares.get(item.tenant) } }));
  });
  return pageOf(request.dryRun === true ? 0 : items.length, page);
});

interface Decided {
  decision: CopyDecision;
  overCap: boolean;
}

/** Applies the tenant's plan to the live copies of one source, newest first. */
export async function decideCopies(deps: Deps, tenantId: string, source: string): Promise<Decided[]> {
  const tenant = (await tenants.read(deps.table, tenantId))?.value;
  const snapshots = await listSnapshots(deps, { tenant: tenantId, source, status: 'live' });
  if (tenant === undefined || snapshots.length === 0) return [];
  return await decide(
    deps,
    tenant,
    snapshots.map((snapshot: Snapshot) => ({ id: snapshot.id, at: snapshot.takenAt })),
  );
}

/**
 * The same for the recovery points that AWS Backup holds. A partial one is nobody's copy: it stays only while nothing better has
 * come after it, and never past the cap.
 */
async function decidePoints(deps: Deps, { tenant: id, name }: Source): Promise<Decided[]> {
  const tenant = (await tenants.read(deps.table, id))?.value;
  const points = await pointsOf(deps, id, name);
  if (tenant === undefined || points.length === 0) return [];
  const whole = points.filter(({ status }) => status === 'live').map(({ arn, takenAt }) => ({ id: arn, at: takenAt }));
  const newest = whole.at(-1)?.at ?? '';
  const partial = points.filter(({ status }) => status === 'partial');
  const capDays = (await planOf(deps, tenant)).plan.retention.retentionDays;
  const now = deps.clock.now();
  const ofPartial = partial.map(({ arn, takenAt }): Decided => {
    const overCap = ageInDays(takenAt, now) > capDays;
    const keep = !overCap && newest < takenAt;
    const reason = keep ? 'partial, and nothing better has come after it' : 'partial: it lacks a part of the resource';
    return { decision: { id: arn, at: takenAt, keep, reasons: [reason] }, overCap };
  });
  return [...(whole.length === 0 ? [] : await decide(deps, tenant, whole)), ...ofPartial];
}

async function decide(deps: Deps, tenant: Tenant, copies: Copy[]): Promise<Decided[]> {
  const { plan } = await planOf(deps, tenant);
  const now = deps.clock.now();
  return decideRetention(copies, plan.retention, { now, timezone: tenant.timezone }).map((decision) => ({
    decision,
    overCap: ageInDays(decision.at, now) > plan.retention.retentionDays,
  }));
}

function count(shares: Map<string, ExpiryShare>, tenant: string, decisions: Decided[]): void {
  const share = shares.get(tenant) ?? { removing: 0, overCap: 0, total: 0 };
  const going = decisions.filter(({ decision }) => !decision.keep);
  shares.set(tenant, {
    removing: share.removing + going.length,
    overCap: share.overCap + going.filter((decided) => decided.overCap).length,
    total: share.total + decisions.length,
  });
}
