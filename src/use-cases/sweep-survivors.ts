import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import type { RemainderItem } from '../domain/case-events.ts';
import type { ErasureRecord } from '../domain/erasure.ts';
import { useCase } from '../use-case.ts';
import { caseOfRun, changeErasure, erasureOf, recordStep, stopErasure } from './erasure-state.ts';
import { forgetTraces } from './forget-traces.ts';
import { legState, type Pace, paceOf } from './legs.ts';
import { managedSurvivors } from './managed-survivors.ts';
import { runInput } from './run-items.ts';
import { liveSurvivors, newSearch, type Search, storedSurvivors } from './survivors.ts';

/** Where a sweep has stopped. */
interface Sweep {
  startedAt: string;
  looksAt: 'live' | 'stored' | 'traces';
  search: Search;
  /** Scratch folders that are removed. */
  scratch: number;
}

/**
 * Looks for survivors: live objects, stored objects, keys, scratch; then removes Tenure's own traces of the scope. Only when
 * nothing is left may a certificate say so. In as many legs as it takes.
 */
export const sweepSurvivors = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  const record = await erasureOf(deps, value.id);
  if (record.sweptAt !== undefined) return { outcome: 'clean' as const };
  const before = legState<Sweep>(record.leg, 'sweep', run);
  const pace = paceOf(deps);
  const sweep = before ?? { startedAt: deps.clock.now(), looksAt: 'live', search: newSearch, scratch: 0 };
  const looked = sweep.looksAt === 'traces' ? sweep : await look(deps, value, sweep, pace);
  const stop = async (state: Sweep) => await stopErasure(deps, value.id, record.leg, { step: 'sweep', run, state });
  if (looked.looksAt !== 'traces') return await stop(looked);
  const { left } = looked.search;
  if (sweep.looksAt !== 'traces') {
    await changeErasure(deps, value.id, (known) => ({
      ...known,
      remainder: accountFor(known.remainder, left, deps.clock.now()),
    }));
  }
  if (left.length > 0) return { outcome: 'remainder' as const };
  const traces = await forgetTraces(deps, value, pace);
  const scratch = looked.scratch + traces.scratch;
  if (traces.stopped) return await stop({ ...looked, scratch });
  const { startedAt } = looked;
  await recordStep(deps, value.id, {
    place: 'Tenure itself: catalog, executions, scratch, outbox',
    operation: 'remove traces of the scope',
    startedAt,
    endedAt: deps.clock.now(),
    result: 'done',
    detail: `${traces.rows} rows, ${scratch} scratch folders, ${traces.mails} mails kept for relaying`,
  });
  await recordStep(deps, value.id, {
    place: 'all places above',
    operation: 'sweep for survivors',
    startedAt,
    endedAt: deps.clock.now(),
    result: 'verified',
    detail: 'nothing found',
  });
  await changeErasure(deps, value.id, ({ leg: _done, ...known }) => ({ ...known, sweptAt: deps.clock.now() }));
  return { outcome: 'clean' as const };
});

/** Looks at live data, then at copies, those of AWS Backup last; `traces` once both were looked through. */
async function look(deps: Deps, value: Case, sweep: Sweep, pace: Pace): Promise<Sweep> {
  let { looksAt, search } = sweep;
  if (looksAt === 'live') {
    const live = await liveSurvivors(deps, value, search, pace);
    if (!live.done) return { ...sweep, search: live.search };
    looksAt = 'stored';
    search = { ...newSearch, left: live.search.left };
    if (!pace.goOn()) return { ...sweep, looksAt, search };
  }
  const stored = await storedSurvivors(deps, value, search, pace);
  if (!stored.done) return { ...sweep, looksAt: 'stored', search: stored.search };
  const left = [...stored.search.left, ...(await managedSurvivors(deps, value))];
  return { ...sweep, looksAt: 'traces', search: { ...stored.search, left } };
}

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
