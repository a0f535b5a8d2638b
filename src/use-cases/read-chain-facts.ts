import type { Deps } from '../deps.ts';
import { ConflictError, CorruptError, NotFoundError } from '../domain/errors.ts';
import { isActive, withoutReasons } from '../domain/hold.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import { type LedgerFacts, ledgerFacts, type OpenedEntry } from '../domain/ledger-facts.ts';
import { isWholeTenant } from '../domain/scope.ts';
import { openEvidence } from './append-ledger.ts';
import { holdWrites } from './hold-mark.ts';
import type { RestoredChain } from './read-back-ledger.ts';

/** What a chain tells, and whose it is, where an evidence key that exists says so. */
export interface ToldChain {
  tenant?: string;
  facts: LedgerFacts;
}

/**
 * Makes a reader of chains. Chains have random names: whose one is, is known from the tenant's record, or from the evidence key
 * that opens its particulars.
 *
 * @param owners ids of tenants by the names of their chains, as far as they are known
 */
export function chainReader(deps: Deps, owners: ReadonlyMap<string, string>) {
  const known = new Map(owners);
  let unassigned: string[] | undefined;
  const ownerOf = async (chain: string, entries: readonly LedgerEntry[]): Promise<string | undefined> => {
    const owner = known.get(chain);
    const sealed = entries.find((entry) => entry.sealed !== undefined);
    if (owner !== undefined || sealed === undefined) return owner;
    unassigned ??= (await deps.keys.list('evidence/'))
      .map((ref) => ref.slice('evidence/'.length))
      .filter((id) => ![...known.values()].includes(id));
    for (const id of unassigned) {
      if ((await particularsOf(deps, id, sealed)) === undefined) continue;
      known.set(chain, id);
      unassigned = unassigned.filter((other) => other !== id);
      return id;
    }
    return undefined;
  };
  return async ({ chain, entries, sealedTo, remnants }: RestoredChain): Promise<ToldChain> => {
    const all = [...entries.map((entry) => ({ entry, proven: entry.seq <= sealedTo })), ...remnants];
    const tenant = await ownerOf(
      chain,
      all.map(({ entry }) => entry),
    );
    const opened: OpenedEntry[] = [];
    for (const { entry, proven } of all) {
      const particulars = tenant === undefined ? undefined : await particularsOf(deps, tenant, entry);
      opened.push({ entry, proven, ...(particulars === undefined ? {} : { particulars }) });
    }
    const isRemnant = (one: OpenedEntry): boolean => !one.proven && one.entry.seq > entries.length;
    // Of an altered entry only a hold is taken, and only as its tenant's key has sealed it: it can protect, never lift.
    const believed = opened.filter(
      (one) => !isRemnant(one) || (one.entry.type === 'hold-placed' && one.particulars !== undefined),
    );
    return { ...(tenant === undefined ? {} : { tenant }), facts: ledgerFacts(believed) };
  };
}

async function particularsOf(
  deps: Deps,
  tenant: string,
  { chain, sealed }: LedgerEntry,
): Promise<{ [name: string]: unknown } | undefined> {
  if (typeof sealed !== 'string') return undefined;
  try {
    const plain = await openEvidence(deps, tenant, chain, Buffer.from(sealed, 'base64url'));
    return JSON.parse(plain.toString('utf8')) as { [name: string]: unknown };
  } catch (error) {
    // The key is destroyed or another: the entry itself says as much as everybody may know.
    if (error instanceof CorruptError || error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/**
 * Brings back the holds that a chain tells of and the catalog does not know; one that it knows stays as it is. A hold of which
 * nothing can be read any more covers the whole tenant.
 *
 * @returns the holds in force that were brought back, and those that could not be, since their tenant is not known
 */
export async function restoreHolds(
  deps: Pick<Deps, 'table'>,
  { tenant, facts }: ToldChain,
): Promise<{ placed: string[]; unplaced: string[] }> {
  const all = [...facts.holds.values()];
  if (tenant !== undefined) {
    for (const [id, { placedAt }] of facts.sealedHolds)
      all.push({ id, scope: { tenant }, reason: '(cannot be read any more)', placedBy: 'recover', placedAt });
  }
  const isErased = [...facts.cases.values()].some(
    ({ scope, closedAt }) => closedAt !== undefined && scope !== undefined && isWholeTenant(scope),
  );
  const placed: string[] = [];
  for (const hold of all) {
    try {
      await deps.table.transact(holdWrites(isErased && !isActive(hold) ? withoutReasons(hold) : hold));
      if (hold.releasedAt === undefined) placed.push(hold.id);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  return { placed, unplaced: tenant === undefined ? [...facts.sealedHolds.keys()] : [] };
}
