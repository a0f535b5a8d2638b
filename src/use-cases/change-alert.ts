import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Alert } from '../domain/alert.ts';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import { alerts, type Stored } from '../records.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { textField } from './text-fields.ts';

const acknowledgeInput = z.object({ alert: z.string(), actor: actorInput });
const closeInput = z.object({ alert: z.string(), cause: textField(500).min(1), actor: actorInput });

/** Somebody has seen an alert and looks after it. */
export const acknowledgeAlert = useCase(acknowledgeInput, async (deps, { alert: id, actor }) => {
  const { value, version } = await openAlert(deps, id);
  if (value.status === 'acknowledged') return value;
  const alert: Alert = { ...value, status: 'acknowledged', acknowledgedBy: actor.id };
  await appendLedger(deps, { type: 'alert-acknowledged', actor, subjects: [id] }, [alerts.write(alert, version)]);
  return alert;
});

/** An alert is done with, and why. The same again would open it anew. */
export const closeAlert = useCase(closeInput, async (deps, { alert: id, cause, actor }) => {
  const { value, version } = await openAlert(deps, id);
  const alert: Alert = { ...value, status: 'closed', closedAt: deps.clock.now(), cause };
  await appendLedger(deps, { type: 'alert-closed', actor, subjects: [id] }, [alerts.write(alert, version)]);
  return alert;
});

async function openAlert(deps: Deps, id: string): Promise<Stored<Alert>> {
  const stored = await alerts.read(deps.table, id);
  if (stored === undefined)
    throw new NotFoundError(`there is no alert ${id}`, { hint: '`tenure alert list` shows those that are open.' });
  if (stored.value.status === 'closed') {
    throw new ConflictError(`alert ${id} was closed at ${stored.value.closedAt}: ${stored.value.cause}`, {
      hint: 'Nothing is to be done.',
    });
  }
  return stored;
}
