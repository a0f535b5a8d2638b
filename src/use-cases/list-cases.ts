import { z } from 'zod';
import { dueAtOf, isOver, shownStatus } from '../domain/case.ts';
import { cases, holds } from '../records.ts';
import { useCase } from '../use-case.ts';
import { requireScope } from './require-scope.ts';

const input = z.object({
  tenant: z.string().optional(),
  /** Without those that are closed or cancelled. */
  open: z.boolean().default(false),
});

/** All cases, oldest first, with the status as it is shown: `held` while a hold stands in the way. */
export const listCases = useCase(input, async (deps, { tenant, open }) => {
  await requireScope(deps, { tenant });
  const placed = (await holds.list(deps.table, 'HOLDS')).map((stored) => stored.value);
  return (await cases.all(deps.table))
    .map((stored) => stored.value)
    .filter((value) => (tenant === undefined || value.tenant === tenant) && !(open && isOver(value)))
    .map((value) => ({
      id: value.id,
      tenant: value.tenant,
      reason: value.reason,
      status: shownStatus(value, placed),
      noticeSentAt: value.noticeSentAt ?? null,
      dueAt: dueAtOf(value) ?? null,
    }));
});
