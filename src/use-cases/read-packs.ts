import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { packCoverages, packReadings } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { type CheckCursor, type CheckProblem, type CheckReport, checkRepository } from '../repository/check.ts';
import { parseObjectKey } from '../repository/object-names.ts';
import { useCase } from '../use-case.ts';
import { endLegs, legState, paceOf, stopItem } from './legs.ts';
import { planOf } from './plan-of.ts';
import { damageOf, recordCheck } from './record-damage.ts';
import { itemInput, itemOf, subjectOf } from './run-items.ts';

/** A source with no more packs than this is read whole every time: it costs seconds, and coverage is then always complete. */
const smallSource = 64;
/** Problems that an item tells of. */
const toldProblems = 20;
/** Damaged objects that the legs of one reading know of each other. */
const mostBad = 1000;

/** What the legs so far have read. */
interface ReadSoFar {
  startedAt: string;
  /** Packs that were read for the first time in this run. */
  packsRead: number;
  bytesRead: number;
  /** The first of them. */
  problems: CheckProblem[];
  /** Stored objects that are damaged. */
  bad: string[];
  /** See {@link outlived}; absent while nothing was found. */
  outlived?: string[] | null;
  cursor?: CheckCursor;
}

/**
 * Reads a share of a source's packs in full, the longest unread first, so that every pack is read within the plan's
 * coverage days; and looks at every root and part on the way. In as many legs as it takes: what was read is on record after each.
 */
export const readPacks = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.status === 'done') return { outcome: 'read' as const };
  const { tenant, source } = await subjectOf(deps, item);
  const { plan } = await planOf(deps, tenant);
  const before = legState<ReadSoFar>(item.leg, 'read packs', run);
  const startedAt = before?.startedAt ?? deps.clock.now();
  const scope = { tenant: tenant.id, source: source.name };
  const readings = await packReadings.list(deps.table, `PACKS-READ#${tenant.id}/${source.name}`, { prefix: 'PACK#' });
  // What was bad is read each time: it may be whole again.
  const lastRead = new Map(readings.flatMap(({ value }) => (value.ok ? [[value.pack, value.readAt]] : [])));
  // What earlier legs have read belongs to the share: so each leg chooses the same packs.
  const readBefore = new Set(
    before === undefined ? [] : readings.flatMap(({ value }) => (value.readAt === startedAt ? [value.pack] : [])),
  );
  let all: string[] = [];
  const report = await checkRepository(deps, {
    ...scope,
    readBefore,
    goOn: paceOf(deps).goOn,
    ...(before?.cursor === undefined ? {} : { from: before.cursor }),
    readData: {
      choose: (packs) => {
        all = packs;
        if (packs.length <= smallSource) return packs;
        const share = Math.ceil((packs.length * plan.restoreTests.everyDays) / plan.restoreTests.coverageDays);
        const rest = packs.filter((pack) => !readBefore.has(pack));
        const oldestFirst = rest.sort((a, b) => ((lastRead.get(a) ?? '') < (lastRead.get(b) ?? '') ? -1 : 1));
        const left = Math.max(0, Math.max(smallSource, share) - readBefore.size);
        return [...packs.filter((pack) => readBefore.has(pack)), ...oldestFirst.slice(0, left)];
      },
    },
    progress: (done) => deps.progress({ what: `reading packs of ${tenant.id}/${source.name}`, ...done }),
  });
  for (const pack of report.packIdsRead) lastRead.set(pack, startedAt);
  const legs = { startedAt, badBefore: before?.bad ?? [] };
  for (const checked of report.sources) await recordCheck(deps, checked, report.problems, legs);
  const soFar = await addLeg(deps, scope, { before, startedAt, readBefore }, report);
  if (report.stoppedAt !== undefined)
    return await stopItem(deps, item, 'read packs', { ...soFar, cursor: report.stoppedAt });
  const listed = new Set(all);
  const writes = [
    ...readings
      .filter(({ value }) => !listed.has(value.pack))
      .map(({ value }) => packReadings.remove(value.tenant, value.source, value.pack)),
    packCoverages.write({
      ...scope,
      at: startedAt,
      total: all.length,
      unread: await countUnread(deps, scope, all, lastRead, plan.restoreTests.coverageDays),
    }),
  ];
  for (let from = 0; from < writes.length; from += 100) await deps.table.transact(writes.slice(from, from + 100));
  const { problems, packsRead, bytesRead } = soFar;
  const ended = await endLegs(deps, item, {
    status: problems.length === 0 ? 'done' : 'failed',
    reasons: problems.map((problem) => `${problem.kind} ${problem.object}: ${problem.reason}`),
    facts: {
      ...{ packs: report.packs, packsRead, bytesRead, problems },
      ...(soFar.outlived === undefined ? {} : { outlived: soFar.outlived }),
    },
  });
  return { outcome: ended ? ('read' as const) : ('more' as const) };
});

async function addLeg(
  deps: Deps,
  scope: { tenant: string; source: string },
  {
    before,
    startedAt,
    readBefore,
  }: { before: ReadSoFar | undefined; startedAt: string; readBefore: ReadonlySet<string> },
  report: CheckReport,
): Promise<ReadSoFar> {
  const fresh = report.packIdsRead.filter((pack) => !readBefore.has(pack)).length;
  const bad = new Set([...(before?.bad ?? []), ...report.problems.map(({ object }) => object)]);
  const hit = report.problems.length === 0 ? undefined : await outlived(deps, scope, report.problems);
  const both = hit === undefined ? before?.outlived : joined(before?.outlived, hit);
  return {
    startedAt,
    packsRead: (before?.packsRead ?? 0) + fresh,
    bytesRead: (before?.bytesRead ?? 0) + report.bytesRead,
    problems: withProblems(before?.problems ?? [], report.problems),
    bad: [...bad].slice(0, mostBad),
    ...(both === undefined ? {} : { outlived: both }),
  };
}

/** The first problems, with as much of each as they have room for in a row; all that they hit is counted. */
function withProblems(known: readonly CheckProblem[], found: readonly CheckProblem[]): CheckProblem[] {
  const problems = new Map(known.map((problem) => [problem.object, problem]));
  for (const problem of found) {
    const before = problems.get(problem.object);
    if (before === undefined && problems.size === toldProblems) continue;
    // Each leg looks at every root and key, and at its own entries.
    const again = before !== undefined && (problem.kind === 'root' || problem.kind === 'key');
    problems.set(problem.object, {
      ...problem,
      affects: [...(before?.affects ?? []), ...(again ? [] : problem.affects)].slice(0, 5),
      affectedCount: (before?.affectedCount ?? 0) + (again ? 0 : problem.affectedCount),
      snapshots: [...new Set([...(before?.snapshots ?? []), ...problem.snapshots])].slice(0, 20),
    });
  }
  return [...problems.values()];
}

/** Damage is outlived where that of every leg is. */
function joined(before: string[] | null | undefined, now: string[] | null): string[] | null {
  if (before === null || now === null) return null;
  return [...new Set([...(before ?? []), ...now])];
}

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
