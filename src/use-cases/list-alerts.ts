import { z } from 'zod';
import { alerts } from '../records.ts';
import { useCase } from '../use-case.ts';
import { requireScope } from './require-scope.ts';

const input = z.object({
  tenant: z.string().optional(),
  /** Closed ones too. */
  all: z.boolean().default(false),
});

/** The alerts that somebody should look at, the newest first. */
export const listAlerts = useCase(input, async (deps, { tenant, all }) => {
  await requireScope(deps, { tenant });
  return (await alerts.list(deps.table, 'ALERTS'))
    .map((stored) => stored.value)
    .filter((alert) => (all || alert.status !== 'closed') && (tenant === undefined || alert.tenant === tenant))
    .sort((a, b) => (a.lastAt > b.lastAt ? -1 : a.lastAt < b.lastAt ? 1 : 0));
});
