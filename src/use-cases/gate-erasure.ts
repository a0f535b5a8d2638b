import { systemActor } from '../domain/case-events.ts';
import { useCase } from '../use-case.ts';
import { abandonErasure } from './abandon-erasure.ts';
import { applyCaseEvent } from './apply-case-event.ts';
import { askGate } from './ask-gate.ts';
import { caseOfRun, limitsOf, tellBlocked } from './erasure-state.ts';
import { requestOf, runInput } from './run-items.ts';

/** The first question: may this case's scope be erased now? From here on nothing is destroyed without asking again. */
export const gateErasure = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  if (value.status === 'certified' || value.status === 'closed') return { outcome: 'certified' as const };
  const { attempt = value.attempts + 1 } = await requestOf(deps, run);
  // This attempt was killed after it had found what cannot go yet: only the report of it may be missing.
  if (value.status === 'remainder' && attempt <= value.attempts) return { outcome: 'remainder' as const };
  const answer = await askGate(
    deps,
    { kind: 'erasure', scope: value.scope },
    { case: value, ...(await limitsOf(deps, value)) },
  );
  // What a killed attempt may have prepared after the case was called off.
  if (value.status === 'cancelled') await abandonErasure(deps, value);
  if (!answer.allowed) {
    await tellBlocked(deps, value, 'begin', answer.reasons);
    return { outcome: 'blocked' as const };
  }
  const decision = await applyCaseEvent(deps, value.id, {
    type: 'begin-erasure',
    attempt,
    at: deps.clock.now(),
    actor: systemActor,
  });
  if (!decision.ok) {
    await tellBlocked(
      deps,
      value,
      'begin',
      decision.reasons ?? [{ code: decision.code, message: decision.reason, hint: decision.hint }],
    );
    return { outcome: 'blocked' as const };
  }
  return { outcome: 'allowed' as const };
});
