import type { Deps } from '../deps.ts';
import { type Case, shownStatus } from '../domain/case.ts';
import { holds } from '../records.ts';

/** The status of a case as every answer shows it: `held` while a hold lies over it. */
export async function statusToShow(
  { table }: Pick<Deps, 'table'>,
  value: Case,
): Promise<ReturnType<typeof shownStatus>> {
  const placed = await holds.list(table, 'HOLDS');
  return shownStatus(
    value,
    placed.map((stored) => stored.value),
  );
}
