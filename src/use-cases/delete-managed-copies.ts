import type { Deps } from '../deps.ts';
import { BlockedError } from '../domain/errors.ts';
import type { ExpiryShare } from '../domain/gate.ts';
import { type ManagedPoint, pointName } from '../domain/managed-point.ts';
import type { Tenant } from '../domain/tenant.ts';
import { managedPoints } from '../records.ts';
import { useCase } from '../use-case.ts';
import { appendLedger } from './append-ledger.ts';
import { askGate } from './ask-gate.ts';
import { paceOf } from './legs.ts';
import { mostDeletionLooks, pointsOf } from './managed-points.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/**
 * Has AWS Backup delete the condemned recovery points of a source, and looks until they are gone: the catalog and the ledger say
 * so only then. What is refused stays on record, and fails the source.
 */
export const deleteManagedCopies = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'deleted' as const };
  const { tenant, source } = await subjectOf(deps, item);
  const scope = { tenant: tenant.id, source: source.name };
  const request = { kind: 'expiry', scope, caseStep: 'delete recovery points' } as const;
  const pace = paceOf(deps);
  const refused: string[] = [];
  let removed = Number(item.facts.removed ?? 0);
  let unfinished = 0;
  for (const point of await pointsOf(deps, tenant.id, source.name, 'condemned')) {
    // Before each of them: the next one may be minutes away.
    const answer = await askGate(deps, request, { expiry: item.facts.share as ExpiryShare });
    if (!answer.allowed) {
      await saveItem(deps, item, { facts: { removed } });
      throw new BlockedError(answer.reasons.map((reason) => reason.message).join('; '));
    }
    const result = pace.goOn() ? await deps.managed.delete(point.arn) : { outcome: 'deleting' as const };
    if (result.outcome === 'gone') {
      await recordGone(deps, tenant, point, result.note);
      removed++;
    } else if (result.outcome === 'deleting') unfinished++;
    else refused.push(`${point.arn}: ${result.reason}${result.until === undefined ? '' : `, until ${result.until}`}`);
  }
  const looks = Number(item.facts.looks ?? 0) + 1;
  const facts = { removed, looks, refused };
  if (unfinished > 0 && (pace.stopped || looks < mostDeletionLooks)) {
    await saveItem(deps, item, { facts });
    return { outcome: 'deleting' as const };
  }
  const slow = `AWS Backup is still deleting ${unfinished} recovery points; the next expiry looks again`;
  const status = refused.length > 0 ? 'failed' : unfinished > 0 ? 'busy' : 'done';
  await saveItem(deps, item, { status, reasons: [...refused.slice(0, 20), ...(unfinished > 0 ? [slow] : [])], facts });
  return { outcome: 'deleted' as const };
});

/** Takes a point off the record that AWS Backup knows no more. */
async function recordGone(deps: Deps, tenant: Tenant, point: ManagedPoint, note: string | undefined): Promise<void> {
  await appendLedger(
    deps,
    {
      tenant,
      type: 'copies-destroyed',
      actor: 'system',
      subjects: [pointName(point.arn)],
      particulars: { source: point.source, recoveryPoint: point.arn, ...(note === undefined ? {} : { note }) },
    },
    [managedPoints.remove(point.tenant, point.source, point.arn)],
  );
}
