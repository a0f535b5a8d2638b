import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import { findObsolete } from '../domain/obsolescence.ts';
import type { TriageItem } from '../domain/records.ts';
import type { Source } from '../domain/source.ts';
import { findings } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { planOf } from './plan-of.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** Applies the plan's obsolescence rules to one source. What is found waits for an operator; nothing is decided here. */
export const auditSource = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'audited' as const };
  const { tenant, source } = await subjectOf(deps, item);
  const { plan } = await planOf(deps, tenant);
  const live = await listSnapshots(deps, { tenant: tenant.id, source: source.name, status: 'live' });
  const newest = live.at(-1);
  const now = deps.clock.now();
  const missing = await isMissing(deps, source);
  const found = findObsolete(
    {
      tenant: tenant.id,
      source: source.name,
      objects: newest?.totals.objects ?? 0,
      bytes: newest?.totals.bytes ?? 0,
      ...(newest?.totals.newestModifiedAt === undefined ? {} : { newestModifiedAt: newest.totals.newestModifiedAt }),
      ...(newest === undefined ? {} : { lastBackupAt: newest.takenAt }),
      ...(missing ? { missingSince: newest?.takenAt ?? source.createdAt } : {}),
      ...(tenant.agreement?.endedOn === undefined ? {} : { agreementEndedOn: tenant.agreement.endedOn }),
      timezone: tenant.timezone,
    },
    plan,
    now,
  );
  const ids: string[] = [];
  for (const finding of found) {
    const id = `f-${hash('sha256', `${tenant.id}/${source.name}/${finding.rule}/${finding.since}`, 'hex').slice(0, 10)}`;
    ids.push(id);
    const known = await findings.read(deps.table, id);
    const triage: TriageItem = { ...finding, id, tenant: tenant.id, source: source.name, foundAt: now, status: 'open' };
    if (known === undefined) await deps.table.transact([findings.write(triage)]);
  }
  await saveItem(deps, item, { status: 'done', facts: { findings: ids, objects: newest?.totals.objects ?? 0 } });
  return { outcome: 'audited' as const };
});

async function isMissing(deps: Deps, source: Source): Promise<boolean> {
  try {
    for await (const _ of deps.sourceDriver(source).scan()) return false;
    return false;
  } catch (error) {
    if (error instanceof NotFoundError) return true;
    throw error;
  }
}
