import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import { type Finding, findObsolete, type ObsolescenceFacts } from '../domain/obsolescence.ts';
import { describeScope } from '../domain/scope.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import { findings, sources, tenants } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { pointsOf } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/** Applies the plan's obsolescence rules to one tenant and its sources. What is found waits for an operator; nothing is decided here. */
export const auditTenant = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'audited' as const };
  const tenant = (await tenants.read(deps.table, item.tenant))?.value;
  if (tenant === undefined) throw new NotFoundError(`tenant ${item.tenant} is gone`);
  const { plan } = await planOf(deps, tenant);
  const protectedNow = (await sources.list(deps.table, `SOURCES#${tenant.id}`)).map((stored) => stored.value);
  const facts = await Promise.all(protectedNow.map((source) => factsOf(deps, tenant, source)));
  // A rule about the whole tenant finds it at each of its sources: once is enough.
  const found = new Map<string, Finding>();
  for (const [index, one] of facts.entries()) {
    const otherSources = facts.filter((_, other) => other !== index);
    for (const finding of findObsolete({ ...one, otherSources }, plan, deps.clock.now())) {
      found.set(`${describeScope(finding.scope)}/${finding.rule}/${finding.since}`, finding);
    }
  }
  const ids: string[] = [];
  for (const [about, finding] of found) {
    const id = `f-${hash('sha256', about, 'hex').slice(0, 10)}`;
    ids.push(id);
    // The same finding keeps its triage: an audit never reopens what an operator has settled.
    if ((await findings.read(deps.table, id)) !== undefined) continue;
    await deps.table.transact([findings.write({ ...finding, id, foundAt: deps.clock.now(), status: 'open' })]);
  }
  await saveItem(deps, item, {
    status: 'done',
    facts: { findings: ids, sources: facts.length, objects: facts.reduce((sum, source) => sum + source.objects, 0) },
  });
  return { outcome: 'audited' as const };
});

async function factsOf(deps: Deps, tenant: Tenant, source: Source): Promise<ObsolescenceFacts> {
  const newest = (await listSnapshots(deps, { tenant: source.tenant, source: source.name, status: 'live' })).at(-1);
  const point = (await pointsOf(deps, source.tenant, source.name, 'live')).at(-1);
  const takenAt = newest?.takenAt ?? point?.takenAt;
  const lastSeen = takenAt ?? source.createdAt;
  return {
    tenant: tenant.id,
    source: source.name,
    timezone: tenant.timezone,
    ...(tenant.agreement?.endedOn === undefined ? {} : { agreementEndedOn: tenant.agreement.endedOn }),
    objects: newest?.totals.objects ?? 0,
    bytes: newest?.totals.bytes ?? point?.bytes ?? 0,
    ...(newest?.totals.newestModifiedAt === undefined ? {} : { newestModifiedAt: newest.totals.newestModifiedAt }),
    ...(takenAt === undefined ? {} : { lastBackupAt: takenAt }),
    ...((await isMissing(deps, source)) ? { missingSince: lastSeen } : {}),
  };
}

async function isMissing(deps: Deps, source: Source): Promise<boolean> {
  try {
    for await (const _ of deps.sourceDriver(source).scan()) return false;
    return false;
  } catch (error) {
    if (error instanceof NotFoundError) return true;
    throw error;
  }
}
