import type { Deps } from '../deps.ts';
import { type Hold, isActive } from '../domain/hold.ts';
import type { Write } from '../ports/table.ts';
import { holdMarks, holds, holdsInForce } from '../records.ts';

/** The holds in force on a tenant or something of it, as they are now. */
export async function holdsOf(deps: Pick<Deps, 'table'>, tenant: string): Promise<Hold[]> {
  const stored = await holdsInForce.list(deps.table, holdsInForce.key(tenant, '').pk);
  return stored.map(({ value }) => value);
}

/**
 * The writes that place a hold, or record one that was released: from then on no step that has asked the gate before can be put on
 * record.
 */
export function holdWrites(hold: Hold): Write[] {
  const { id, scope } = hold;
  const inForce = isActive(hold) ? [holdsInForce.write(hold)] : [];
  return [holds.write(hold, 'absent'), ...inForce, holdMarks.write({ tenant: scope.tenant, hold: id })];
}

/**
 * The condition that no hold is placed on the tenant from now on. Read it before the holds, and put it into the transaction that
 * records the step: then a hold that is placed in between makes that fail, and the gate is asked again.
 */
export async function noFurtherHold(deps: Pick<Deps, 'table'>, tenant: string): Promise<Write> {
  const mark = await holdMarks.read(deps.table, tenant);
  return { check: holdMarks.key(tenant), when: mark?.version ?? 'absent' };
}
