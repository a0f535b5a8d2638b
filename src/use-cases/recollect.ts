import type { Deps } from '../deps.ts';
import type { CaseTrace, LedgerFacts } from '../domain/ledger-facts.ts';
import type { SealsRead } from './ledger-seals.ts';
import { readBackLedger } from './read-back-ledger.ts';
import { chainReader, restoreHolds } from './read-chain-facts.ts';
import { registerCertificates } from './register-certificates.ts';

/** Data that a case has erased: a tenant, or what a source held until then. */
export interface ErasedScope {
  case: string;
  tenant: string;
  source?: string;
  at: string;
}

/** What the evidence store tells of the home that was lost. */
export interface Recollection {
  ledger: {
    seals: number;
    chains: {
      chain: string;
      tenant?: string;
      /** Entries that are back. What was written after them is lost. */
      entries: number;
      /** When the last of them was written. */
      lastAt?: string;
      sealedTo: number;
      sealedAt?: string;
      lost?: { from: number; to: number };
    }[];
    problems: string[];
  };
  /** Everything that is wrong, of ledger, holds and certificates. */
  problems: string[];
  /** Tenants and sources as their chains tell of them. */
  told: { tenant: string; facts: LedgerFacts }[];
  erased: ErasedScope[];
  holds: string[];
  lostCases: { id: string; tenant?: string; source?: string; status: string; openedAt?: string }[];
  certificates: number;
  /** When the newest entry was written, where there is one. */
  newestAt: string[];
}

/**
 * Reads back what the evidence store tells: the chains of the ledger and with them holds, cases and what was erased, and the
 * certificates. Holds come back, since they protect data. Cases do not: their notices, clocks and approvals are in no ledger.
 *
 * @param owners ids of tenants by the names of their chains, as far as copies tell
 */
export async function recollect(
  deps: Deps,
  seals: SealsRead,
  owners: ReadonlyMap<string, string>,
): Promise<Recollection> {
  const read = chainReader(deps, owners);
  const chains: Recollection['ledger']['chains'] = [];
  const told: Recollection['told'] = [];
  const cases: { tenant?: string; trace: CaseTrace }[] = [];
  const holds: string[] = [];
  const unplaced: string[] = [];
  const newestAt: string[] = [];
  const ledgerProblems = await readBackLedger(deps, seals, async (chain) => {
    const { tenant, facts } = await read(chain);
    const lastAt = chain.entries.at(-1)?.at;
    if (lastAt !== undefined && lastAt > (newestAt[0] ?? '')) newestAt[0] = lastAt;
    chains.push({
      chain: chain.chain,
      ...(tenant === undefined ? {} : { tenant }),
      entries: chain.entries.length,
      ...(lastAt === undefined ? {} : { lastAt }),
      sealedTo: chain.sealedTo,
      ...(chain.sealedAt === undefined ? {} : { sealedAt: chain.sealedAt }),
      ...(chain.lost === undefined ? {} : { lost: chain.lost }),
    });
    if (tenant !== undefined) told.push({ tenant, facts });
    for (const trace of facts.cases.values()) cases.push({ ...(tenant === undefined ? {} : { tenant }), trace });
    const restored = await restoreHolds(deps, { ...(tenant === undefined ? {} : { tenant }), facts });
    holds.push(...restored.placed);
    unplaced.push(...restored.unplaced.map((id) => `hold ${id}: nothing tells which tenant it protects`));
  });
  const certified = await registerCertificates(deps);
  const byCertificate = new Map(certified.good.map((content) => [content.case.id, content]));
  const erased: ErasedScope[] = [];
  for (const { case: about, issuedAt, customer } of byCertificate.values())
    if (about.scope.paths === undefined)
      erased.push({ case: about.id, tenant: customer.tenant, ...sourceOf(about.scope), at: issuedAt });
  for (const { trace } of cases) {
    if (trace.closedAt === undefined || trace.scope === undefined || trace.scope.paths !== undefined) continue;
    erased.push({ case: trace.id, tenant: trace.scope.tenant, ...sourceOf(trace.scope), at: trace.closedAt });
  }
  return {
    ledger: { seals: seals.good.length, chains, problems: ledgerProblems },
    problems: [...ledgerProblems, ...unplaced, ...certified.problems],
    told,
    erased,
    holds,
    lostCases: cases
      .filter(({ trace }) => !trace.over && !byCertificate.has(trace.id))
      .map(({ tenant, trace: { id, scope, status, openedAt } }) => ({
        id,
        ...(tenant === undefined ? {} : { tenant }),
        ...(scope === undefined ? {} : sourceOf(scope)),
        status: status ?? 'open',
        ...(openedAt === undefined ? {} : { openedAt }),
      })),
    certificates: certified.good.length,
    newestAt,
  };
}

function sourceOf(scope: { source?: string }): { source?: string } {
  return scope.source === undefined ? {} : { source: scope.source };
}
