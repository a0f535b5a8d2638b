import type { ErasureStep } from '../domain/erasure.ts';
import { UnavailableError } from '../domain/errors.ts';
import type { LiveResult } from '../ports/source-driver.ts';
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
} from './erasure-state.ts';
import { planOfCase } from './plan-of.ts';
import { itemInput } from './run-items.ts';

/** Overwrites the live data of one source in place, one pass a call: a hold between two passes stops the second. */
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
    await saveErasureItem(deps, item, { stage: 'overwritten' });
    return { outcome: 'overwritten' as const };
  }
  const name = `overwrite pass ${item.passes + 1} of ${plan.erasure.passes.length} (${pass.pattern})`;
  const operation = liveOperation(item, name);
  const reasons = await beginStep(deps, value, operation, source.name);
  if (reasons !== undefined) {
    await saveErasureItem(deps, item, { reasons: reasons.map((reason) => reason.message) });
    return { outcome: 'blocked' as const };
  }
  const startedAt = deps.clock.now();
  if (item.touchedAt === undefined) item = await saveErasureItem(deps, item, { touchedAt: startedAt });
  const tally = new LiveTally();
  await driver.overwrite(selectionOf(value), pass, (result) => tally.add(result));
  // The source stays at this pass: what could not be overwritten is not deleted, and no certificate is issued over it.
  if (tally.failed > 0)
    throw new UnavailableError(`live data of ${source.name} could not be overwritten: ${tally.text()}`);
  const step: ErasureStep = {
    place: `live: ${source.kind} ${source.location}`,
    operation,
    startedAt,
    endedAt: deps.clock.now(),
    result: tally.unverifiable > 0 ? 'attempted-not-verifiable' : pass.verify ? 'verified' : 'done',
    detail: tally.text(),
  };
  const passes = item.passes + 1;
  const last = passes >= plan.erasure.passes.length;
  await recordItemStep(deps, item, step, { stage: last ? 'overwritten' : 'overwriting', passes });
  return { outcome: last ? ('overwritten' as const) : ('more' as const) };
});

/** Counts what happened to the objects of one operation. */
export class LiveTally {
  private readonly counts = new Map<string, number>();
  private readonly notes = new Set<string>();
  failed = 0;
  unverifiable = 0;
  bytes = 0;

  add(result: LiveResult): void {
    this.counts.set(result.result, (this.counts.get(result.result) ?? 0) + 1);
    this.bytes += result.bytes;
    if (result.result === 'failed' || result.verification === 'failed') this.failed++;
    if (result.verification === 'attempted-not-verifiable') this.unverifiable++;
    if (result.note !== undefined && this.notes.size < 10) this.notes.add(result.note);
  }

  /** "46 overwritten, 1 unlinked-only; 12345 bytes; copy-on-write file system". */
  text(): string {
    const counts = [...this.counts].map(([result, n]) => `${n} ${result}`).join(', ') || 'nothing there';
    return [counts, `${this.bytes} bytes`, ...this.notes].join('; ');
  }
}
