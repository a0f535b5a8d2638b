import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { type Case, dueAtOf, isOver, shownStatus } from '../domain/case.ts';
import type { Hold } from '../domain/hold.ts';
import type { KeyRange } from '../ports/table.ts';
import { caseKey, cases, holds } from '../records.ts';
import { useCase } from '../use-case.ts';
import { requireScope } from './require-scope.ts';

const input = z.object({
  tenant: z.string().optional(),
  /** Without those that are closed or cancelled. */
  open: z.boolean().default(false),
});

const pageInput = input.extend({
  /** Key of the last case of the page before (`caseKey`). */
  after: z.string().optional(),
  limit: z.int().min(1),
});

/** All cases, oldest first, with the status as it is shown: `held` while a hold stands in the way. */
export const listCases = useCase(input, async (deps, { tenant, open }) => {
  await requireScope(deps, { tenant });
  const placed = await placedHolds(deps);
  const found = await casesOf(deps, tenant);
  return found.filter((value) => !(open && isOver(value))).map((value) => listed(value, placed));
});

/** The same by pages, each with its key; a page reads little more than it answers. */
export const pageOfCases = useCase(pageInput, async (deps, { tenant, open, after, limit }) => {
  await requireScope(deps, { tenant });
  const placed = await placedHolds(deps);
  const found: Case[] = [];
  for (let last = after, read = limit; read === limit; ) {
    const portion = await casesOf(deps, tenant, { limit, ...(last === undefined ? {} : { after: last }) });
    read = portion.length;
    const lastRead = portion.at(-1);
    if (lastRead !== undefined) last = caseKey(lastRead);
    found.push(...portion.filter((value) => !(open && isOver(value))));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit).map((value) => ({ key: caseKey(value), item: listed(value, placed) }));
});

async function placedHolds({ table }: Deps): Promise<Hold[]> {
  return (await holds.list(table, 'HOLDS')).map((stored) => stored.value);
}

async function casesOf({ table }: Deps, tenant: string | undefined, range: KeyRange = {}): Promise<Case[]> {
  const found = tenant === undefined ? await cases.all(table, range) : await cases.of(table, tenant, range);
  return found.map((stored) => stored.value);
}

function listed(value: Case, placed: readonly Hold[]) {
  return {
    id: value.id,
    tenant: value.tenant,
    reason: value.reason,
    status: shownStatus(value, placed),
    noticeSentAt: value.noticeSentAt ?? null,
    dueAt: dueAtOf(value) ?? null,
  };
}
