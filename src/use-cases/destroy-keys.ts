import { UnavailableError } from '../domain/errors.ts';
import { destroyScopeKeys } from '../repository/drop-source.ts';
import { useCase } from '../use-case.ts';
import { abandonErasure } from './abandon-erasure.ts';
import {
  beginStep,
  caseOfRun,
  erasureItemsOf,
  erasureOf,
  recordStep,
  stopErasure,
  tellBlocked,
} from './erasure-state.ts';
import { legState, paceOf } from './legs.ts';
import { runInput } from './run-items.ts';

/** What the legs so far have destroyed. */
interface DestroyedKeys {
  startedAt: string;
  keys: number;
}

/**
 * Destroys every key of the scope in every replica, once all sources have come this far. What is planned and not done stops here.
 */
export const destroyKeys = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  if (value.status === 'cancelled') {
    // Called off while an inventory was being taken.
    await abandonErasure(deps, value);
    return { outcome: 'incomplete' as const };
  }
  const open = (await erasureItemsOf(deps, value.id)).filter((item) => item.stage !== 'copies-dropped');
  if (open.length > 0) {
    const reasons = open.map((item) => ({
      code: 'incomplete',
      message: `source ${item.source} is ${item.stage}${item.reasons.length > 0 ? ` (${item.reasons.join('; ')})` : ''}`,
      hint: '`tenure executions show` has the history; the next sweep goes on from here.',
    }));
    await tellBlocked(deps, value, 'destroy keys', reasons);
    return { outcome: 'incomplete' as const };
  }
  // The keys of chosen paths died with the rewriting of the copies that listed them.
  if (value.scope.paths !== undefined) return { outcome: 'destroyed' as const };
  if ((await beginStep(deps, value, 'destroy keys')) !== undefined) return { outcome: 'blocked' as const };
  const { leg } = await erasureOf(deps, value.id);
  const before = legState<DestroyedKeys>(leg, 'destroy keys', run);
  const startedAt = before?.startedAt ?? deps.clock.now();
  const scope = {
    tenant: value.scope.tenant,
    ...(value.scope.source === undefined ? {} : { source: value.scope.source }),
  };
  const pace = paceOf(deps);
  const result = await destroyScopeKeys(deps, scope, { goOn: pace.goOn });
  if (result.outcome === 'busy') throw new UnavailableError(`keys cannot be destroyed yet: ${result.reason}`);
  if (result.refused.length > 0)
    throw new UnavailableError(`${result.refused.length} keys are not destroyed in every replica`);
  // Each leg destroys the topmost key, again: it is counted once.
  const keys = before === undefined ? result.receipts.size : before.keys + result.receipts.size - 1;
  if (pace.stopped)
    return await stopErasure(deps, value.id, leg, { step: 'destroy keys', run, state: { startedAt, keys } });
  for (const replica of new Set([...result.receipts.values()].flat().map((receipt) => receipt.replica))) {
    await recordStep(deps, value.id, {
      place: `keys: replica ${replica}`,
      operation: 'destroy keys (cryptographic erasure of every copy)',
      startedAt,
      endedAt: deps.clock.now(),
      result: 'verified',
      detail: `${keys} keys, each acknowledged as gone`,
    });
  }
  return { outcome: 'destroyed' as const };
});
