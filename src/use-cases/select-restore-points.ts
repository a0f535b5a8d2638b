import type { Deps } from '../deps.ts';
import { addDays } from '../domain/calendar.ts';
import { chooseRestorePoints } from '../domain/restore-test.ts';
import { goneBy } from '../domain/retention.ts';
import { slotsBetween } from '../domain/slots.ts';
import type { Source } from '../domain/source.ts';
import { restoreTests, sources, tenants } from '../records.ts';
import { listSnapshots } from '../repository/chain.ts';
import { useCase } from '../use-case.ts';
import { isLiveDownload } from './live-download.ts';
import { pointsOf } from './managed-points.ts';
import { planOf } from './plan-of.ts';
import { scratchItem } from './restore-into-scratch.ts';
import { pageInput, pageOf, planItems, requestOf } from './run-items.ts';

/** Chooses what is restored in this run: per source the newest copy, a random older one, and what would expire untested. */
export const selectRestorePoints = useCase(pageInput, async (deps, { run, page }) => {
  const request = await requestOf(deps, run);
  const items = await planItems(deps, run, async () => {
    await clearScratch(deps);
    const planned = [];
    for (const { value: source } of await sources.all(deps.table)) {
      if (request.tenant !== undefined && source.tenant !== request.tenant) continue;
      if (request.source !== undefined && source.name !== request.source) continue;
      if (source.kind === 'aws-backup') planned.push(...(await chooseManaged(deps, source)));
      for (const snapshot of await choose(deps, source)) {
        planned.push({ tenant: source.tenant, source: source.name, subject: snapshot, facts: { kind: 'point' } });
      }
    }
    return planned;
  });
  return pageOf(items.filter((item) => item.facts.kind === 'point').length, page);
});

/**
 * AWS Backup chooses among its points itself: the newest, and one at random where there are several. Which one it was is known
 * afterwards; one that would expire untested cannot be asked for.
 */
async function chooseManaged(deps: Deps, source: Source) {
  const points = await pointsOf(deps, source.tenant, source.name, 'live');
  const newest = points.at(-1);
  if (newest === undefined) return [];
  const picks = points.length > 1 ? ['newest', 'random'] : ['newest'];
  return picks.map((managed) => ({
    tenant: source.tenant,
    source: source.name,
    subject: newest.arn,
    facts: { kind: 'point', managed },
  }));
}

async function choose(deps: Deps, source: Source): Promise<string[]> {
  const tenant = (await tenants.read(deps.table, source.tenant))?.value;
  const snapshots = await listSnapshots(deps, { tenant: source.tenant, source: source.name, status: 'live' });
  if (tenant === undefined || snapshots.length === 0) return [];
  const { plan } = await planOf(deps, tenant);
  const tested = new Map<string, string>();
  for (const { value } of await restoreTests.list(deps.table, `RESTORE-TESTS#${source.tenant}/${source.name}`)) {
    if (value.verdict !== 'not-tested') tested.set(value.snapshot, value.testedAt);
  }
  const now = deps.clock.now();
  const next = addDays(now, plan.restoreTests.everyDays);
  const expected = (['daily', 'weekly'] as const).flatMap((cadence) => {
    const schedule = plan.cadences[cadence];
    return schedule === undefined ? [] : slotsBetween(schedule.cron, tenant.timezone, now, next);
  });
  const copies = snapshots.map((snapshot) => ({ id: snapshot.id, at: snapshot.takenAt }));
  const expiring = goneBy(copies, plan.retention, tenant.timezone, expected.sort(), next);
  const random = () => deps.random(6).readUIntBE(0, 6) / 2 ** 48;
  return chooseRestorePoints(snapshots, tested, random, {
    now,
    everyDays: plan.restoreTests.everyDays,
    retentionDays: plan.retention.retentionDays,
    expiring,
  }).map((chosen) => chosen.id);
}

/** What a killed run left in scratch is customers' data in the clear: it goes before anything new comes. */
async function clearScratch(deps: Deps): Promise<void> {
  for (const name of await deps.scratch.list()) {
    // Asked one by one: a list of what runs may be seconds behind, and what another run restores must not be taken from it.
    const { run } = scratchItem(name);
    if (await isLiveDownload(deps, name)) continue;
    const execution = run === undefined ? undefined : await deps.workflows.describe('restore-test', run);
    if (execution?.status !== 'running') await deps.scratch.remove(name);
  }
}
