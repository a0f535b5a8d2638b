import type { Deps } from '../deps.ts';
import type { RunItem } from '../domain/run.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { getSnapshot } from '../repository/chain.ts';
import { type RestoreCursor, type RestoreReport, restoreSnapshot } from '../repository/restore.ts';
import { useCase } from '../use-case.ts';
import { endLegs, legState, type Pace, paceOf, stopItem } from './legs.ts';
import { type Finding, namedFindings } from './named-findings.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/**
 * A restore that has lain still for longer begins anew: what lies in scratch is thrown away after a day, and the legs of one
 * that runs follow each other within minutes.
 */
const staleMs = 12 * 3600 * 1000;

/** What the legs so far have restored. */
interface Restored {
  objects: number;
  bytes: number;
  durationMs: number;
  damaged: Finding[];
  damagedCount: number;
  /** Where the next leg goes on; absent: at the beginning. */
  cursor?: RestoreCursor;
}

/** Name of an item's folder in scratch. */
export function scratchName(run: string, item: number): string {
  return `${run}.${item}`;
}

/** The inverse of {@link scratchName}; no `run` for a name that no run gives. */
export function scratchItem(name: string): { run?: string; item: number } {
  const [, run, item] = /^(.+)\.(\d+)$/.exec(name) ?? [];
  return run === undefined ? { item: 0 } : { run, item: Number(item) };
}

/**
 * Restores a chosen point into a folder of its own, in as many legs as it takes. Damage is a finding, not a fault: the rest is
 * restored and compared.
 */
export const restoreIntoScratch = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'recorded' as const };
  if (item.facts.managed !== undefined) return { outcome: 'managed' as const };
  const snapshot = await getSnapshot(deps, item.subject ?? '');
  if (snapshot.status !== 'live') {
    await saveItem(deps, item, {
      status: 'skipped',
      reasons: [`snapshot ${snapshot.id} expired before it could be tested`],
    });
    return { outcome: 'gone' as const };
  }
  const before = isStale(deps, item) ? undefined : legState<Restored>(item.leg, 'restore', run);
  const pace = paceOf(deps);
  const name = scratchName(run, ordinal);
  if (before === undefined) await deps.scratch.remove(name, { goOn: pace.goOn });
  if (pace.stopped) return { outcome: 'more' as const };
  const report = await restoreLeg(deps, snapshot, { item, name, before, pace });
  const restored = addLeg(before, report);
  if (report.stoppedAt !== undefined)
    return await stopItem(deps, item, 'restore', { ...restored, cursor: report.stoppedAt });
  if (await endLegs(deps, item, { status: 'running', facts: { ...restored } })) return { outcome: 'restored' as const };
  // Somebody else has gone on with it: it is done when nothing is left to go on with.
  return { outcome: (await itemOf(deps, run, ordinal)).leg === undefined ? ('restored' as const) : ('more' as const) };
});

async function restoreLeg(
  deps: Deps,
  snapshot: Snapshot,
  { item, name, before, pace }: { item: RunItem; name: string; before: Restored | undefined; pace: Pace },
): Promise<RestoreReport> {
  const target = await deps.scratch.target(name);
  const what = `restoring ${item.tenant}/${item.source ?? ''} ${snapshot.id}`;
  const of = snapshot.totals.objects;
  const report = await restoreSnapshot(deps, snapshot, target, {
    goOn: pace.goOn,
    ...(before?.cursor === undefined ? {} : { from: before.cursor }),
    progress: ({ objects, bytes }) =>
      deps.progress({ what, objects: (before?.objects ?? 0) + objects, bytes: (before?.bytes ?? 0) + bytes, of }),
  }).finally(async () => await target.close());
  return report;
}

function addLeg(before: Restored | undefined, report: RestoreReport): Restored {
  return {
    objects: (before?.objects ?? 0) + report.objects,
    bytes: (before?.bytes ?? 0) + report.bytes,
    durationMs: (before?.durationMs ?? 0) + report.durationMs,
    damaged: namedFindings([...(before?.damaged ?? []), ...report.damaged]),
    damagedCount: (before?.damagedCount ?? 0) + report.damagedCount,
  };
}

function isStale(deps: Deps, { leg }: RunItem): boolean {
  return leg !== undefined && Date.parse(deps.clock.now()) - Date.parse(leg.stoppedAt) > staleMs;
}
