import type { Deps } from '../deps.ts';
import type { ErasureItem, ErasureStep } from '../domain/erasure.ts';
import { UnavailableError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
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
import { planOfCase } from './plan-of.ts';
import { itemInput } from './run-items.ts';

/** How a certificate calls passes that a place does not let happen. */
export const passesLeftOut = 'overwriting left out';

/**
 * Overwrites the live data of one source in place, one pass a call, or a leg of it: a hold between two of them stops the second.
 */
export const overwritePass = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const value = await caseOfRun(deps, run);
  let item = await erasureItemOf(deps, value.id, ordinal);
  if (item.stage === 'planned') return { outcome: 'not-inventoried' as const };
  if (item.stage === 'live-deleted' || item.stage === 'copies-dropped') return { outcome: 'done' as const };
  if (item.stage === 'overwritten') return { outcome: 'overwritten' as const };
  const source = (await sources.read(deps.table, item.tenant, item.source))?.value;
  const plan = await planOfCase(deps, value);
  const driver = source === undefined ? undefined : deps.sourceDriver(source);
  const pass = plan.erasure.passes[item.passes];
  if (source === undefined || driver === undefined || !driver.capabilities.overwrite || pass === undefined) {
    if (driver?.capabilities.overwrite === false) await leaveOut(deps, item, plan);
    else await saveErasureItem(deps, item, { stage: 'overwritten' });
    return { outcome: 'overwritten' as const };
  }
  const name = `overwrite pass ${item.passes + 1} of ${plan.erasure.passes.length} (${pass.pattern})`;
  const operation = liveOperation(item, name);
  const reasons = await beginStep(deps, value, operation, source.name);
  if (reasons !== undefined) {
    await saveErasureItem(deps, item, { reasons: reasons.map((reason) => reason.message) });
    return { outcome: 'blocked' as const };
  }
  const tally = new LiveTally(deps.clock.now(), legState<LiveCounts>(item.leg, operation, run));
  if (item.touchedAt === undefined) item = await saveErasureItem(deps, item, { touchedAt: tally.startedAt });
  const pace = paceOf(deps);
  await driver.overwrite(selectionOf(value), pass, (result) => tally.add(result), tally.legs(pace.goOn));
  if (pace.stopped) return await stopErasureItem(deps, item, { step: operation, run, state: tally.state() });
  // The source stays at this pass: what could not be overwritten is not deleted, and no certificate is issued over it.
  if (tally.failed > 0) {
    await saveErasureItem(deps, item, { leg: undefined });
    throw new UnavailableError(`live data of ${source.name} could not be overwritten: ${tally.text()}`);
  }
  const step: ErasureStep = {
    place: `live: ${source.kind} ${source.location}`,
    operation,
    startedAt: tally.startedAt,
    endedAt: deps.clock.now(),
    result: tally.unverifiable > 0 ? 'attempted-not-verifiable' : pass.verify ? 'verified' : 'done',
    detail: tally.text(),
  };
  const passes = item.passes + 1;
  const last = passes >= plan.erasure.passes.length;
  await recordItemStep(deps, item, step, { stage: last ? 'overwritten' : 'overwriting', passes });
  return { outcome: last ? ('overwritten' as const) : ('more' as const) };
});

/** Where an overwrite would only add a version the passes are left out, and the certificate says so. */
async function leaveOut(deps: Deps, item: ErasureItem, plan: Plan): Promise<void> {
  // What AWS Backup protects is not Tenure's to write to at all: a person attests what was done to it.
  if (plan.erasure.passes.length === 0 || item.againIn !== undefined || item.kind === 'aws-backup') {
    await saveErasureItem(deps, item, { stage: 'overwritten' });
    return;
  }
  const now = deps.clock.now();
  const step: ErasureStep = {
    place: `live: ${item.kind} ${item.location}`,
    operation: passesLeftOut,
    startedAt: now,
    endedAt: now,
    result: 'done',
    detail: 'overwriting adds a version: all versions removed instead',
  };
  await recordItemStep(deps, item, step, { stage: 'overwritten' });
}
