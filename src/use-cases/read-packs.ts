import type { Deps } from '../deps.ts';
import type { PackReading } from '../domain/records.ts';
import { packReadings } from '../records.ts';
import { checkRepository } from '../repository/check.ts';
import { useCase } from '../use-case.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';
import { planOf } from './plan-of.ts';

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
  const readings = await packReadings.list(deps.table, `PACKS-READ#${tenant.id}/${source.name}`);
  const lastRead = new Map(readings.map(({ value }) => [value.pack, value.readAt]));
  const report = await checkRepository(deps, {
    tenant: tenant.id,
    source: source.name,
    readData: {
      choose: (packs) => {
        if (packs.length <= smallSource) return packs;
        const share = Math.ceil((packs.length * plan.restoreTests.everyDays) / plan.restoreTests.coverageDays);
        const oldestFirst = [...packs].sort((a, b) => ((lastRead.get(a) ?? '') < (lastRead.get(b) ?? '') ? -1 : 1));
        return oldestFirst.slice(0, Math.max(smallSource, share));
      },
    },
    progress: (done) => deps.progress({ what: `reading packs of ${tenant.id}/${source.name}`, ...done }),
  });
  const bad = new Set(report.problems.map((problem) => problem.object));
  await recordReadings(deps, report.packIdsRead, (pack) => ({
    tenant: tenant.id,
    source: source.name,
    pack,
    readAt: deps.clock.now(),
    ok: ![...bad].some((object) => object.endsWith(pack)),
  }));
  await saveItem(deps, item, {
    status: report.problems.length === 0 ? 'done' : 'failed',
    reasons: report.problems.map((problem) => `${problem.kind} ${problem.object}: ${problem.reason}`).slice(0, 20),
    facts: { packs: report.packs, packsRead: report.packsRead, bytesRead: report.bytesRead, problems: report.problems.slice(0, 20) },
  });
  return { outcome: 'read' as const };
});

async function recordReadings(deps: Deps, packs: readonly string[], reading: (pack: string) => PackReading): Promise<void> {
  const writes = packs.map((pack) => packReadings.write(reading(pack)));
  for (let i = 0; i < writes.length; i += 100) await deps.table.transact(writes.slice(i, i + 100));
}
