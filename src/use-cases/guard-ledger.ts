import type { Deps } from '../deps.ts';
import { UnavailableError } from '../domain/errors.ts';
import { ledgerSeals } from '../records.ts';

/** Where seals lie in the evidence store. */
const seals = 'ledger/seals/';

/** What {@link guardLedger} answers. `unknown`: the evidence store did not answer. */
export type LedgerStanding = 'in-step' | 'behind' | 'unknown';

/**
 * Quarantines a home whose catalog is behind its ledger: somebody has put an older catalog back, or another home goes on with the
 * same evidence store. What the catalog lacks is read back first, so that the next entry continues the chain and does not fork it.
 * Holds that were placed meanwhile are placed again.
 *
 * Cheap while all is well: a seal that the catalog does not know is looked for, and there is none.
 */
export async function guardLedger(deps: Deps): Promise<LedgerStanding> {
  try {
    const unknown = await unknownSeals(deps);
    if (unknown === undefined) return 'in-step';
    const { quarantineIfBehind } = await import('./ledger-behind.ts');
    return (await quarantineIfBehind(deps, unknown.after)) ? 'behind' : 'in-step';
  } catch (error) {
    if (error instanceof UnavailableError) return 'unknown';
    throw error;
  }
}

/** After which seal there are some that the catalog does not know; undefined when there are none. */
export async function unknownSeals(deps: Pick<Deps, 'table' | 'evidence'>): Promise<{ after?: string } | undefined> {
  const [last] = await ledgerSeals.list(deps.table, ledgerSeals.key('').pk, { reverse: true, limit: 1 });
  const after = last === undefined ? {} : { after: last.value.object };
  for await (const _ of deps.evidence.list(seals, after)) return after;
  return undefined;
}
