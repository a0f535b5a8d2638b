import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Hold } from '../domain/hold.ts';
import { holds, holdsInForce } from '../records.ts';
import { useCase } from '../use-case.ts';
import { holdsOf } from './hold-mark.ts';
import { requireScope } from './require-scope.ts';

const input = z.object({
  tenant: z.string().optional(),
  /** Released ones too. */
  all: z.boolean().default(false),
});

/** The holds in force or, with `all`, every hold ever placed; oldest first. */
export const listHolds = useCase(input, async (deps, { tenant, all }) => {
  await requireScope(deps, { tenant });
  const found = all
    ? (await holds.list(deps.table, 'HOLDS'))
        .map(({ value }) => value)
        .filter(({ scope }) => tenant === undefined || scope.tenant === tenant)
    : await placedHolds(deps, tenant);
  return found.sort((a, b) => (a.placedAt < b.placedAt ? -1 : a.placedAt > b.placedAt ? 1 : 0));
});

/** The holds in force on a tenant, or on all: these for lists and counts only, since an index may lag. */
export async function placedHolds(deps: Deps, tenant: string | undefined): Promise<Hold[]> {
  if (tenant !== undefined) return await holdsOf(deps, tenant);
  return (await holdsInForce.all(deps.table)).map(({ value }) => value);
}
