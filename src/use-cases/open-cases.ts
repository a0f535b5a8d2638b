import type { Deps } from '../deps.ts';
import { type Case, isOver } from '../domain/case.ts';
import type { Write } from '../ports/table.ts';
import { cases, openedCases } from '../records.ts';

/** The cases of a tenant that are not over, as they are now. */
export interface OpenCases {
  open: Case[];
  /** Goes into the transaction that opens another one: of two that are opened at once one fails, and then sees the other. */
  opening: (id: string) => Write;
}

/**
 * Reads them. The index nominates, and may not know yet of a case that was opened a moment ago; that one stands in the row that
 * every opening writes. What either names is read itself.
 */
export async function openCasesOf({ table }: Pick<Deps, 'table'>, tenant: string): Promise<OpenCases> {
  const known = await openedCases.read(table, tenant);
  const listed = (await cases.of(table, tenant)).filter(({ value }) => !isOver(value)).map(({ value }) => value.id);
  const ids = [...new Set([...(known?.value.ids ?? []), ...listed])];
  const read = await Promise.all(ids.map(async (id) => (await cases.read(table, id))?.value));
  const open = read.filter((value) => value !== undefined && !isOver(value)) as Case[];
  return {
    open,
    opening: (id) =>
      openedCases.write({ tenant, ids: [...open.map((value) => value.id), id] }, known?.version ?? 'absent'),
  };
}
