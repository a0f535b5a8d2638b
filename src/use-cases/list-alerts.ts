import { z } from 'zod';
import type { Alert } from '../domain/alert.ts';
import { NotFoundError } from '../domain/errors.ts';
import { alerts } from '../records.ts';
import { useCase } from '../use-case.ts';
import { requireScope } from './require-scope.ts';

const input = z.object({
  tenant: z.string().optional(),
  /** Closed ones too. */
  all: z.boolean().default(false),
});

/** One alert, open or closed. @throws NotFoundError */
export const showAlert = useCase(z.strictObject({ alert: z.string() }), async (deps, { alert: id }): Promise<Alert> => {
  const stored = await alerts.read(deps.table, id);
  if (stored !== undefined) return stored.value;
  throw new NotFoundError(`there is no alert ${id}`, {
    hint: 'The list of alerts shows them; closed ones too, where asked to.',
  });
});

/** The alerts that somebody should look at, the newest first. */
export const listAlerts = useCase(input, async (deps, { tenant, all }) => {
  await requireScope(deps, { tenant });
  return (await alerts.list(deps.table, 'ALERTS'))
    .map((stored) => stored.value)
    .filter((alert) => (all || alert.status !== 'closed') && (tenant === undefined || alert.tenant === tenant))
    .sort((a, b) => (a.lastAt > b.lastAt ? -1 : a.lastAt < b.lastAt ? 1 : 0));
});
