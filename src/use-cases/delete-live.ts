import type { Deps } from '../deps.ts';
import type { ErasureItem, ErasureStep } from '../domain/erasure.ts';
import { NotFoundError, UnavailableError } from '../domain/errors.ts';
import type { SourceDriver } from '../ports/source-driver.ts';
import { sources } from '../records.ts';
import { useCase } from '../use-case.ts';
import {
  beginStep,
  caseOfRun,
  erasureItemOf,
  liveOperation,
  recordItemStep,
  saveErasureItem,
  selectionOf,
  stopErasureItem,
} from './erasure-state.ts';
import { legState, paceOf } from './legs.ts';
import { type LiveCounts, LiveTally } from './live-tally.ts';
import { itemInput } from './run-items.ts';

/**
 * Removes the overwritten live data of one source: truncated, renamed, unlinked; in a bucket every version. In as many legs as it
 * takes. What a lock keeps is no failure: the sweep reports it with its date, and a later attempt comes back for it.
 */
export const deleteLive = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const value = await caseOfRun(deps, run);
  let item = await erasureItemOf(deps, value.id, ordinal);
  if (item.stage !== 'overwritten') return { outcome: 'done' as const };
  const source = (await sources.read(deps.table, item.tenant, item.source))?.value;
  const driver = source === undefined ? undefined : deps.sourceDriver(source);
  if (source === undefined || driver === undefined || !driver.capabilities.delete) {
    await saveErasureItem(deps, item, { stage: 'live-deleted', reasons: [] });
    return { outcome: 'deleted' as const };
  }
  const reasons = await beginStep(deps, value, 'delete live data', source.name);
  if (reasons !== undefined) {
    await saveErasureItem(deps, item, { reasons: reasons.map((reason) => reason.message) });
    return { outcome: 'blocked' as const };
  }
  const before = legState<LiveCounts>(item.leg, 'delete', run);
  const tally = new LiveTally(deps.clock.now(), before);
  if (before === undefined) item = await begun(deps, item, driver, tally.startedAt);
  const pace = paceOf(deps);
  await driver.delete(selectionOf(value), (result) => tally.add(result), tally.legs(pace.goOn));
  if (pace.stopped) return await stopErasureItem(deps, item, { step: 'delete', run, state: tally.state() });
  if (tally.failed > 0) {
    await stopErasureItem(deps, item, { step: 'delete', run, state: tally.retried() });
    throw new UnavailableError(`live data of ${source.name} could not be deleted: ${tally.text()}`);
  }
  const step: ErasureStep = {
    place: `live: ${source.kind} ${source.location}`,
    operation: liveOperation(item, 'delete'),
    startedAt: tally.startedAt,
    endedAt: deps.clock.now(),
    result: 'done',
    detail: tally.text(),
  };
  await recordItemStep(deps, item, step, { stage: 'live-deleted' });
  return { outcome: 'deleted' as const };
});

/** Before the first object goes: the inventory stays as it is from now on, and what the place is like is on record. */
async function begun(deps: Deps, item: ErasureItem, driver: SourceDriver, now: string): Promise<ErasureItem> {
  const medium = driver.capabilities.overwrite ? undefined : await describe(driver);
  if (item.touchedAt !== undefined && medium === undefined) return item;
  return await saveErasureItem(deps, item, {
    touchedAt: item.touchedAt ?? now,
    ...(medium === undefined ? {} : { medium }),
  });
}

async function describe(driver: SourceDriver): Promise<Record<string, string> | undefined> {
  try {
    return await driver.describe();
  } catch (error) {
    // A place that is gone has nothing to tell.
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
