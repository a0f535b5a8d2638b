import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { type Case, dueAtOf, isOver, shownStatus } from '../domain/case.ts';
import type { Hold } from '../domain/hold.ts';
import type { KeyRange } from '../ports/table.ts';
import { caseKey, cases } from '../records.ts';
import { useCase } from '../use-case.ts';
import { placedHolds } from './list-holds.ts';
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
export const listCases = useCase(input, async (deps, asked) => (await found(deps, asked)).map(({ item }) => item));

/** The same by pages, each with its key; a page reads little more than it answers. */
export const pageOfCases = useCase(pageInput, async (deps, { after, limit, ...asked }) => {
  return await found(deps, asked, { limit, ...(after === undefined ? {} : { after }) });
});

async function found(deps: Deps, { tenant, open }: z.output<typeof input>, range: KeyRange = {}) {
  await requireScope(deps, { tenant });
  const placed = await placedHolds(deps, tenant);
  const all = tenant === undefined ? await listedCases(deps, open, range) : await casesOf(deps, tenant, open, range);
  return all.map((value) => ({ key: caseKey(value), item: listed(value, placed) }));
}

async function listedCases({ table }: Deps, open: boolean, range: KeyRange): Promise<Case[]> {
  return (await (open ? cases.open : cases.all)(table, range)).map(({ value }) => value);
}

async function casesOf({ table }: Deps, tenant: string, open: boolean, range: KeyRange): Promise<Case[]> {
  const read = async (wanted: KeyRange) => (await cases.of(table, tenant, wanted)).map(({ value }) => value);
  if (!open) return await read(range);
  // A tenant has few: those that are over are read as well.
  const { limit, ...whole } = range;
  return (await read(whole)).filter((value) => !isOver(value)).slice(0, limit);
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
