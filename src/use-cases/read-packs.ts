import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { packCoverages, packReadings } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { type CheckProblem, checkRepository } from '../repository/check.ts';
import { parseObjectKey } from '../repository/object-names.ts';
import { useCase } from '../use-case.ts';
import { planOf } from './plan-of.ts';
import { damageOf, recordCheck } from './record-damage.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** A source with no more packs than this is read whole every time: it costs seconds, and coverage is then always complete. */
const smallSource = 64;

/**
 * Reads a share of a source's packs in full, the longest unread first, so that every pack is read within the plan's
 * coverage days; and looks at every root and part on the way.
 */
export const readPacks = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'read' as const };
  const { tenant, source } = await subjectOf(deps, item);
  const { plan } = await planOf(deps, tenant);
  const now = deps.clock.now();
  const scope = { tenant: tenant.id, source: source.name };
  const readings = await packReadings.list(deps.table, `PACKS-READ#${tenant.id}/${source.name}`, { prefix: 'PACK#' });
  // What was bad is read each time: it may be whole again.
  const lastRead = new Map(readings.flatMap(({ value }) => (value.ok ? [[value.pack, value.readAt]] : [])));
  let all: string[] = [];
  const report = await checkRepository(deps, {
    ...scope,
    readData: {
      choose: (packs) => {
        all = packs;
        if (packs.length <= smallSource) return packs;
        const share = Math.ceil((packs.length * plan.restoreTests.everyDays) / plan.restoreTests.coverageDays);
        const oldestFirst = [...packs].sort((a, b) => ((lastRead.get(a) ?? '') < (lastRead.get(b) ?? '') ? -1 : 1));
        return oldestFirst.slice(0, Math.max(smallSource, share));
      },
    },
    progress: (done) => deps.progress({ what: `reading packs of ${tenant.id}/${source.name}`, ...done }),
  });
  for (const pack of report.packIdsRead) lastRead.set(pack, now);
  for (const checked of report.sources) await recordCheck(deps, checked, report.problems);
  const listed = new Set(all);
  const writes = [
    ...readings
      .filter(({ value }) => !listed.has(value.pack))
      .map(({ value }) => packReadings.remove(value.tenant, value.source, value.pack)),
    packCoverages.write({
      ...scope,
      at: now,
      total: all.length,
      unread: await countUnread(deps, scope, all, lastRead, plan.restoreTests.coverageDays),
    }),
  ];
  for (let from = 0; from < writes.length; from += 100) await deps.table.transact(writes.slice(from, from + 100));
  await saveItem(deps, item, {
    status: report.problems.length === 0 ? 'done' : 'failed',
    reasons: report.problems.map((problem) => `${problem.kind} ${problem.object}: ${problem.reason}`).slice(0, 20),
    facts: {
      packs: report.packs,
      packsRead: report.packsRead,
      bytesRead: report.bytesRead,
      problems: report.problems.slice(0, 20),
      ...(report.problems.length > 0 && { outlived: await outlived(deps, scope, report.problems) }),
    },
  });
  return { outcome: 'read' as const };
});

/**
 * Ids of the copies that damage hits, where all of it is outlived: on record before the newest copy was made, which needs
 * nothing of what is damaged. Otherwise `null`.
 */
async function outlived(
  deps: Deps,
  scope: { tenant: string; source: string },
  problems: readonly CheckProblem[],
): Promise<string[] | null> {
  const newest = (await listSnapshots(deps, scope)).at(-1);
  if (newest === undefined) return null;
  const since = new Map((await damageOf(deps, scope)).map((damage) => [`${damage.kind}/${damage.id}`, damage.since]));
  const isOutlived = ({ object, kind, snapshots }: CheckProblem): boolean => {
    const found = since.get(`${kind}/${parseObjectKey(object)?.id ?? ''}`);
    return found !== undefined && found <= newest.takenAt && !snapshots.includes(newest.id);
  };
  return problems.every(isOutlived) ? [...new Set(problems.flatMap(({ snapshots }) => snapshots))] : null;
}

/** Packs that are older than the coverage days and were not read within them. A pack is as old as the snapshot that its id begins with. */
async function countUnread(
  deps: Deps,
  scope: { tenant: string; source: string },
  packs: string[],
  lastRead: Map<string, string>,
  coverageDays: number,
): Promise<number> {
  const since = addDays(deps.clock.now(), -coverageDays);
  const snapshots = await listSnapshots(deps, { ...scope, status: 'any' });
  const takenAt = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot.takenAt]));
  return packs.filter(
    (pack) => (lastRead.get(pack) ?? '') < since && (takenAt.get(pack.split('/')[0] ?? '') ?? '') < since,
  ).length;
}
