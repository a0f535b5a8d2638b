import type { Deps } from '../deps.ts';
import { type Case, shownStatus } from '../domain/case.ts';
import { holdsOf } from './hold-mark.ts';

/** The status of a case as every answer shows it: `held` while a hold lies over it. */
export async function statusToShow(deps: Pick<Deps, 'table'>, value: Case): Promise<ReturnType<typeof shownStatus>> {
  return shownStatus(value, await holdsOf(deps, value.tenant));
}
