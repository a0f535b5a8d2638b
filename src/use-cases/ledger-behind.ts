import type { Deps } from '../deps.ts';
import type { LedgerHead } from '../domain/ledger.ts';
import { ledgerEntries, ledgerHeads, ordinal, systemStates, tenants } from '../records.ts';
import { appendLedger } from './append-ledger.ts';
import { readSeals } from './ledger-seals.ts';
import { readBackLedger } from './read-back-ledger.ts';
import { chainReader, restoreHolds } from './read-chain-facts.ts';

/** A seal that covers what the catalog does not have. */
export interface AheadSeal {
  at: string;
  /** Chains that are shorter in the catalog, or other. */
  chains: string[];
}

/**
 * The newest seal after the key `after`, when it covers entries that the catalog does not have. A seal that is not as it was
 * signed says nothing here; `ledger verify` finds it.
 */
export async function sealAhead(
  deps: Pick<Deps, 'table' | 'evidence' | 'keys'>,
  after: string | undefined,
): Promise<AheadSeal | undefined> {
  // The evidence store first: a seal that is being made covers what was in the catalog before it.
  const seal = (await readSeals(deps, after)).good.at(-1);
  if (seal === undefined) return undefined;
  const chains: string[] = [];
  for (const head of seal.heads) if (!(await covers(deps, head))) chains.push(head.chain);
  return chains.length === 0 ? undefined : { at: seal.at, chains };
}

async function covers(deps: Pick<Deps, 'table'>, { chain, seq, hash }: LedgerHead): Promise<boolean> {
  const head = (await ledgerHeads.read(deps.table, chain))?.value;
  if (head === undefined || head.seq < seq) return false;
  if (head.seq === seq) return head.hash === hash;
  return (await ledgerEntries.read(deps.table, chain, ordinal(seq)))?.value.hash === hash;
}

/** Why the home is quarantined, in words. */
export function behindReason({ at, chains }: AheadSeal): string {
  return `the catalog is behind its ledger (${chains.length} chains, sealed at ${at}): an older one was put back, or another home uses the same evidence`;
}

/** Quarantines the home when its catalog is behind, then reads back what it lacks. @returns whether it was behind */
export async function quarantineIfBehind(deps: Deps, after: string | undefined): Promise<boolean> {
  const ahead = await sealAhead(deps, after);
  if (ahead === undefined) return false;
  const known = (await systemStates.read(deps.table, 'quarantine'))?.value;
  const behind = behindReason(ahead);
  const reasons = known === undefined ? [behind] : [known.reason, ...(known.reason.includes(behind) ? [] : [behind])];
  const quarantine = (problems: readonly string[]) =>
    systemStates.write({
      name: 'quarantine',
      at: known?.at ?? deps.clock.now(),
      by: known?.by ?? 'system',
      reason: [...reasons, ...problems.slice(0, 5)].join('; '),
    });
  // Before anything else: a kill from here on leaves a home that is quarantined, and seals that are still unknown.
  await deps.table.transact([quarantine([])]);
  const owners = (await tenants.list(deps.table, tenants.key('').pk)).map(({ value }): [string, string] => [
    value.ledgerId,
    value.id,
  ]);
  const read = chainReader(deps, new Map(owners));
  const problems = await readBackLedger(deps, await readSeals(deps), async (chain) => {
    await restoreHolds(deps, await read(chain));
  });
  await appendLedger(deps, { type: 'quarantine', actor: 'system', subjects: [] }, [quarantine(problems)]);
  return true;
}
