import type { Source } from '../domain/source.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { Json } from '../ports/table.ts';
import { commitBackup } from '../repository/commit.ts';
import { useCase } from '../use-case.ts';
import { ledgerWrites } from './append-ledger.ts';
import { intentOf, itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';
import { meetSlot } from './schedule-slots.ts';

/** Makes the copied shards a snapshot: root, catalog row and ledger entry in one transaction. A failed shard commits nothing. */
export const commitSnapshot = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status !== 'running')
    return { outcome: item.status === 'done' ? ('committed' as const) : ('failed' as const) };
  const { tenant, source } = await subjectOf(deps, item);
  const snapshot = await commitBackup(
    deps,
    intentOf(item),
    descriptorOf(tenant, source, deps.clock.simulated),
    async (made) => {
      const entry = await ledgerWrites(deps, {
        tenant,
        type: 'snapshot-committed',
        actor: 'system',
        subjects: [made.id, `sha256:${made.root.digest}`],
      });
      return entry.writes;
    },
  );
  await meetSlot(deps, snapshot);
  await saveItem(deps, item, { status: 'done', subject: snapshot.id });
  return { outcome: 'committed' as const };
});

/**
 * What a root says of its tenant and source, so that a lost catalog can be rebuilt from it (it is sealed like the data). A root of
 * a simulated home says so: `recover` must never take a real repository for one whose clock is not checked.
 */
function descriptorOf(tenant: Tenant, source: Source, simulated: boolean): { [name: string]: Json } {
  return { tenant, source, ...(simulated ? { simulated } : {}) } as unknown as { [name: string]: Json };
}
