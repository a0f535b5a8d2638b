import { z } from 'zod';
import { systemStates } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { textField } from './text-fields.ts';

const stopInput = z.object({ reason: textField(500).min(1), actor: actorInput });
const resumeInput = z.object({
  /** What the operator has looked at and confirms, besides lifting the stop. */
  confirm: z.array(z.enum(['clock', 'quarantine'])).default([]),
  actor: actorInput,
});

/** Stops everything destructive, at once and everywhere; backups go on. */
export const stopDestruction = useCase(stopInput, async (deps, { reason, actor }) => {
  const state = { name: 'stop' as const, at: deps.clock.now(), by: actor.id, reason };
  await appendLedger(deps, { type: 'operator-stop', actor, subjects: [] }, [systemStates.write(state)]);
  return state;
});

/** Lifts the stop, and confirms the clock or ends a quarantine where the operator says so explicitly. */
export const resumeDestruction = useCase(resumeInput, async (deps, { confirm, actor }) => {
  const now = deps.clock.now();
  const writes = [systemStates.remove('stop')];
  if (confirm.includes('quarantine')) writes.push(systemStates.remove('quarantine'));
  await appendLedger(
    deps,
    { type: 'operator-resume', actor, subjects: confirm.map((what) => `confirmed-${what}`) },
    writes,
  );
  if (confirm.includes('clock')) {
    // After the ledger's own entry, which does not move a clock that is in doubt.
    await deps.table.transact([
      systemStates.write({ name: 'clock', at: now, by: actor.id, reason: 'confirmed by an operator' }),
    ]);
  }
  return { resumed: true, confirmed: confirm };
});
