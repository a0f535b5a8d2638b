import { getSnapshot } from '../repository/chain.ts';
import { restoreSnapshot } from '../repository/restore.ts';
import { useCase } from '../use-case.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/** Name of an item's folder in scratch. */
export function scratchName(run: string, item: number): string {
  return `${run}.${item}`;
}

/** The inverse of {@link scratchName}; no `run` for a name that no run gives. */
export function scratchItem(name: string): { run?: string; item: number } {
  const [, run, item] = /^(.+)\.(\d+)$/.exec(name) ?? [];
  return run === undefined ? { item: 0 } : { run, item: Number(item) };
}

/** Restores a chosen point into a folder of its own. Damage is a finding, not a fault: the rest is restored and compared. */
export const restoreIntoScratch = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'recorded' as const };
  const snapshot = await getSnapshot(deps, item.subject ?? '');
  if (snapshot.status !== 'live') {
    await saveItem(deps, item, {
      status: 'skipped',
      reasons: [`snapshot ${snapshot.id} expired before it could be tested`],
    });
    return { outcome: 'gone' as const };
  }
  const name = scratchName(run, ordinal);
  await deps.scratch.remove(name);
  const target = await deps.scratch.target(name);
  const label = `${item.tenant}/${item.source ?? ''} ${snapshot.id}`;
  const of = snapshot.totals.objects;
  const report = await restoreSnapshot(deps, snapshot, target, {
    progress: ({ objects, bytes }) => deps.progress({ what: `restoring ${label}`, objects, bytes, of }),
  }).finally(async () => await target.close());
  await saveItem(deps, item, {
    status: 'running',
    facts: {
      objects: report.objects,
      bytes: report.bytes,
      durationMs: report.durationMs,
      damaged: report.damaged.slice(0, 100),
      damagedCount: report.damaged.length,
    },
  });
  return { outcome: 'restored' as const };
});
