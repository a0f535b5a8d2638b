import type { Deps } from '../deps.ts';
import type { Hold } from '../domain/hold.ts';
import type { Write } from '../ports/table.ts';
import { holdMarks, holds } from '../records.ts';

/** The writes that place a hold: from then on no step that has asked the gate before can be put on record. */
export function holdWrites(hold: Hold): Write[] {
  return [holds.write(hold, 'absent'), holdMarks.write({ tenant: hold.scope.tenant, hold: hold.id })];
}

/**
 * The condition that no hold is placed on the tenant from now on. Read it before the holds, and put it into the transaction that
 * records the step: then a hold that is placed in between makes that fail, and the gate is asked again.
 */
export async function noFurtherHold(deps: Pick<Deps, 'table'>, tenant: string): Promise<Write> {
  const mark = await holdMarks.read(deps.table, tenant);
  return { check: holdMarks.key(tenant), when: mark?.version ?? 'absent' };
}
