import type { RemainderItem } from '../domain/case-events.ts';
import type { ErasureRecord } from '../domain/erasure.ts';
import { useCase } from '../use-case.ts';
import { caseOfRun, changeErasure, erasureOf, recordStep } from './erasure-state.ts';
import { forgetTraces } from './forget-traces.ts';
import { runInput } from './run-items.ts';
import { liveSurvivors, storedSurvivors } from './survivors.ts';

/**
 * Looks for survivors: live objects, stored objects, keys, scratch; then removes Tenure's own traces of the scope. Only when
 * nothing is left may a certificate say so.
 */
export const sweepSurvivors = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  if ((await erasureOf(deps, value.id)).sweptAt !== undefined) return { outcome: 'clean' as const };
  const startedAt = deps.clock.now();
  const left = [...(await liveSurvivors(deps, value)), ...(await storedSurvivors(deps, value))];
  await changeErasure(deps, value.id, (record) => ({
    ...record,
    remainder: accountFor(record.remainder, left, deps.clock.now()),
  }));
  if (left.length > 0) return { outcome: 'remainder' as const };
  const traces = await forgetTraces(deps, value);
  await recordStep(deps, value.id, {
    place: 'Tenure itself: catalog, executions, scratch, outbox',
    operation: 'remove traces of the scope',
    startedAt,
    endedAt: deps.clock.now(),
    result: 'done',
    detail: `${traces.rows} rows, ${traces.scratch} scratch folders, ${traces.mails} mails kept for relaying`,
  });
  await recordStep(deps, value.id, {
    place: 'all places above',
    operation: 'sweep for survivors',
    startedAt,
    endedAt: deps.clock.now(),
    result: 'verified',
    detail: 'nothing found',
  });
  await changeErasure(deps, value.id, (record) => ({ ...record, sweptAt: deps.clock.now() }));
  return { outcome: 'clean' as const };
});

/** Keeps what was ever left, with the time at which it was seen to be gone: the certificate tells of all of it. */
function accountFor(
  known: ErasureRecord['remainder'],
  left: readonly RemainderItem[],
  now: string,
): ErasureRecord['remainder'] {
  const same = (a: RemainderItem, b: RemainderItem) => a.place === b.place && a.what === b.what;
  const before = known.map((item) =>
    item.goneAt !== undefined ? item : (left.find((other) => same(other, item)) ?? { ...item, goneAt: now }),
  );
  const fresh = left.filter((item) => !known.some((other) => other.goneAt === undefined && same(other, item)));
  return [...before, ...fresh];
}
