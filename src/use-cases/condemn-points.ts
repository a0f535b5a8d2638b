import type { Deps } from '../deps.ts';
import { pointName } from '../domain/managed-point.ts';
import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Write } from '../ports/table.ts';
import { managedPoints } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { appendLedger } from './append-ledger.ts';

/**
 * Puts on record, one by one, that a source's recovery points have to go, and why.
 *
 * @param unheld that no hold is placed meanwhile: then this ends as a conflict, and the next run asks the gate again
 */
export async function condemnPoints(
  deps: Deps,
  tenant: Tenant,
  source: Source,
  reasons: ReadonlyMap<string, string>,
  unheld?: Write,
): Promise<void> {
  for (const [arn, condemnedFor] of reasons) {
    await untilUnchanged(async () => {
      const stored = await managedPoints.read(deps.table, tenant.id, source.name, arn);
      if (stored === undefined || stored.value.status === 'condemned') return;
      const event = {
        tenant,
        type: 'copies-condemned',
        actor: 'system',
        subjects: [pointName(arn)],
        particulars: { source: source.name, recoveryPoint: arn, reason: condemnedFor },
      };
      const condemned = { ...stored.value, status: 'condemned' as const, condemnedFor };
      const writes = [managedPoints.write(condemned, stored.version)];
      await appendLedger(deps, event, unheld === undefined ? writes : [...writes, unheld]);
    });
  }
}
