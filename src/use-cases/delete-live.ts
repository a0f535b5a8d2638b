import type { ErasureStep } from '../domain/erasure.ts';
import { UnavailableError } from '../domain/errors.ts';
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
import { LiveTally } from './overwrite-pass.ts';
import { itemInput } from './run-items.ts';

/** Removes the overwritten live data of one source: truncated, renamed, unlinked. */
export const deleteLive = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const value = await caseOfRun(deps, run);
  const item = await erasureItemOf(deps, value.id, ordinal);
  if (item.stage !== 'overwritten') return { outcome: 'done' as const };
  const source = (await sources.read(deps.table, item.tenant, item.source))?.value;
  if (source !== undefined && deps.sourceDriver(source).capabilities.delete) {
    const reasons = await beginStep(deps, value, 'delete live data', source.name);
    if (reasons !== undefined) {
      await saveErasureItem(deps, item, { reasons: reasons.map((reason) => reason.message) });
      return { outcome: 'blocked' as const };
    }
    const startedAt = deps.clock.now();
    const tally = new LiveTally();
    await deps.sourceDriver(source).delete(selectionOf(value), (result) => tally.add(result));
    if (tally.failed > 0)
      throw new UnavailableError(`live data of ${source.name} could not be deleted: ${tally.text()}`);
    const step: ErasureStep = {
      place: `live: ${source.kind} ${source.location}`,
      operation: liveOperation(item, 'delete'),
      startedAt,
      endedAt: deps.clock.now(),
      result: 'done',
      detail: tally.text(),
    };
    await recordItemStep(deps, item, step, { stage: 'live-deleted' });
  } else await saveErasureItem(deps, item, { stage: 'live-deleted', reasons: [] });
  return { outcome: 'deleted' as const };
});
