import { z } from 'zod';
import { isActive } from '../domain/hold.ts';
import { holds } from '../records.ts';
import { useCase } from '../use-case.ts';
import { requireScope } from './require-scope.ts';

const input = z.object({
  tenant: z.string().optional(),
  /** Released ones too. */
  all: z.boolean().default(false),
});

/** The holds in force, oldest first. */
export const listHolds = useCase(input, async (deps, { tenant, all }) => {
  await requireScope(deps, { tenant });
  return (await holds.list(deps.table, 'HOLDS'))
    .map((stored) => stored.value)
    .filter((hold) => (all || isActive(hold)) && (tenant === undefined || hold.scope.tenant === tenant))
    .sort((a, b) => (a.placedAt < b.placedAt ? -1 : a.placedAt > b.placedAt ? 1 : 0));
});
