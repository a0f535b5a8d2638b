import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { CorruptError } from '../domain/errors.ts';
import type { Tenant } from '../domain/tenant.ts';
import { tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { headedChains } from './ledger-heads.ts';
import { verifySeals } from './ledger-seals.ts';
import { compareSegments } from './ledger-segments.ts';
import { walkChain } from './walk-chain.ts';

/** What is wrong, and where. */
export interface LedgerProblem {
  chain?: string;
  seq?: number;
  problem: string;
  /** Members that are not as they were sealed. */
  differs?: string[];
}

/** What {@link verifyLedger} answers. */
export interface LedgerVerdict {
  ok: boolean;
  chains: { chain: string; entries: number }[];
  entries: number;
  seals: number;
  segments: number;
  problems: LedgerProblem[];
}

/**
 * Verifies every chain from its first entry to its recorded head, every seal, and every sealed segment in the evidence
 * store against the chain. A change, gap or reorder anywhere is found; a chain that was cut off together with its head is
 * found by the last seal.
 */
export const verifyLedger = useCase(z.object({}), async (deps): Promise<LedgerVerdict> => {
  const problems: LedgerProblem[] = [];
  const guarded = async <T>(read: () => Promise<T>, chain?: string): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      // Rows that cannot be read at all are a finding about the ledger, not a fault of the command.
      if (!(error instanceof CorruptError)) throw error;
      problems.push({ ...(chain === undefined ? {} : { chain }), problem: error.message });
      return undefined;
    }
  };
  const headed = (await guarded(async () => await headedChains(deps))) ?? [];
  const seals = await verifySeals(deps);
  problems.push(...seals.problems.map((problem) => ({ problem })));
  const ofTenants = (await guarded(async () => await tenantChains(deps))) ?? [];
  const chains: { chain: string; entries: number }[] = [];
  let segments = 0;
  for (const chain of [...new Set(['system', ...headed, ...seals.sealed.keys(), ...ofTenants])].sort()) {
    const sealed = seals.sealed.get(chain) ?? new Map();
    const walked = await guarded(async () => await walkChain(deps, chain, sealed), chain);
    problems.push(...(walked?.problems ?? []).map((problem) => ({ chain, ...problem })));
    chains.push({ chain, entries: walked?.entries ?? 0 });
    const compared = await guarded(
      async () => await compareSegments(deps, chain, Math.max(0, ...sealed.keys())),
      chain,
    );
    problems.push(...(compared?.problems ?? []).map((problem) => ({ chain, ...problem })));
    segments += compared?.segments ?? 0;
  }
  const entries = chains.reduce((sum, one) => sum + one.entries, 0);
  return { ok: problems.length === 0, chains, entries, seals: seals.seals, segments, problems };
});

async function tenantChains(deps: Deps): Promise<string[]> {
  return (await tenants.list(deps.table, tenants.key('').pk)).map(({ value }) => {
    const chain: unknown = (value as Partial<Tenant> | undefined)?.ledgerId;
    if (typeof chain === 'string') return chain;
    throw new CorruptError('the record of a tenant cannot be read: it names no chain');
  });
}
