import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { ErasureItem } from '../domain/erasure.ts';
import { NotFoundError } from '../domain/errors.ts';
import { pointName } from '../domain/managed-point.ts';
import type { ManagedRecoveryPoint } from '../ports/managed-backup.ts';
import { managedPoints, tenants } from '../records.ts';
import { appendLedger } from './append-ledger.ts';
import { askGate } from './ask-gate.ts';
import { limitsOf } from './erasure-state.ts';
import type { Pace } from './legs.ts';

/** What came of asking AWS Backup to delete points. */
export interface DeletedPoints {
  gone: number;
  bytes: number;
  /** Asked for and not over, or not asked for yet. */
  unfinished: number;
  /** What AWS Backup does not delete, or not before `until`. */
  refused: { reason: string; until?: string }[];
  /** What became of points besides, each said once. */
  notes: string[];
}

/**
 * Has AWS Backup delete the points of a source that is being erased; what is gone is put on record, point by point. The gate is
 * asked before each of them, since the next one may be minutes away: from a hold on, all others are unfinished.
 */
export async function deletePoints(
  deps: Deps,
  value: Case,
  { caseId, tenant: id, source }: Pick<ErasureItem, 'caseId' | 'tenant' | 'source'>,
  points: readonly ManagedRecoveryPoint[],
  pace: Pace,
): Promise<DeletedPoints> {
  const tenant = (await tenants.read(deps.table, id))?.value;
  if (tenant === undefined) throw new NotFoundError(`tenant ${id} is gone`);
  const done: DeletedPoints = { gone: 0, bytes: 0, unfinished: 0, refused: [], notes: [] };
  for (const { arn, bytes } of points) {
    const goesOn = pace.goOn() && (await mayDelete(deps, value));
    const result = goesOn ? await deps.managed.delete(arn) : { outcome: 'deleting' as const };
    if (result.outcome === 'deleting') done.unfinished++;
    if (result.outcome === 'refused') {
      done.refused.push({ reason: result.reason, ...(result.until === undefined ? {} : { until: result.until }) });
    }
    if (result.outcome !== 'gone') continue;
    done.gone++;
    done.bytes += bytes;
    if (result.note !== undefined && !done.notes.includes(result.note)) done.notes.push(result.note);
    const subjects = [caseId, pointName(arn)];
    const particulars = { source, recoveryPoint: arn, ...(result.note === undefined ? {} : { note: result.note }) };
    await appendLedger(deps, { tenant, type: 'copies-destroyed', actor: 'system', subjects, particulars }, [
      managedPoints.remove(id, source, arn),
    ]);
  }
  return done;
}

async function mayDelete(deps: Deps, value: Case): Promise<boolean> {
  const request = { kind: 'erasure', scope: value.scope, caseStep: 'delete recovery points' } as const;
  return (await askGate(deps, request, { case: value, ...(await limitsOf(deps, value)) })).allowed;
}
