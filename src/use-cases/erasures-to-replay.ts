import type { Deps } from '../deps.ts';
import { type Case, isTooLate } from '../domain/case.ts';
import { BlockedError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { cases } from '../records.ts';
import type { KeyFilter } from './path-choice.ts';
import { chosenBy } from './scope-choice.ts';

/** Paths that a case has erased, or is erasing, and that a copy from before must not bring back. */
export interface ErasedPaths {
  case: string;
  paths: string[];
  covers: KeyFilter;
}

/**
 * The erasures that count for a copy: those whose destruction has begun and that were not yet closed when the copy was taken.
 * What came into being after a case was closed is new data, and no business of that case.
 *
 * @throws BlockedError when the copy's whole source was, or is being, erased
 */
export async function erasuresToReplay(deps: Deps, { tenant, source, takenAt }: Snapshot): Promise<ErasedPaths[]> {
  const erased: ErasedPaths[] = [];
  for (const { value } of await cases.of(deps.table, tenant)) {
    if (!isTooLate(value) || !countsFor(value, source, takenAt)) continue;
    const { paths } = value.scope;
    if (paths === undefined) {
      throw new BlockedError(`case ${value.id} erases this source: nothing of it is restored any more`, {
        hint: `\`tenure case show ${value.id}\` tells how far it is. What was restored before has to be removed.`,
      });
    }
    erased.push({ case: value.id, paths, covers: chosenBy(value) });
  }
  return erased;
}

function countsFor(value: Case, source: string, takenAt: string): boolean {
  if (value.scope.source !== undefined && value.scope.source !== source) return false;
  return value.status !== 'closed' || takenAt < value.closedAt;
}
