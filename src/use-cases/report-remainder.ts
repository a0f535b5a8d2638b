import { systemActor } from '../domain/case-events.ts';
import { BlockedError } from '../domain/errors.ts';
import { useCase } from '../use-case.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { caseOfRun, erasureOf } from './erasure-state.ts';
import { finishEffects } from './finish-effects.ts';
import { runInput } from './run-items.ts';

/** Something cannot go yet: the customer gets an interim report with what and until when, and there is no certificate. */
export const reportRemainder = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  const items = (await erasureOf(deps, value.id)).remainder.filter((item) => item.goneAt === undefined);
  const event = { type: 'remainder-found', items, at: deps.clock.now(), actor: systemActor } as const;
  const decision = await applyCaseEvent(deps, value.id, event);
  if (!decision.ok) throw new BlockedError(decision.reason, { hint: decision.hint });
  // The report of an attempt that was killed after it had found the same.
  await finishEffects(deps, decision.case);
  return { outcome: 'reported' as const };
});
