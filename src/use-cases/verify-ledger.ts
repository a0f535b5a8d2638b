import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { CorruptError } from '../domain/errors.ts';
import { type LedgerHead, verifyChain } from '../domain/ledger.ts';
import { ledgerHeads, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { chainRows } from './ledger-rows.ts';
import { verifySeals } from './ledger-seals.ts';
import { compareSegments } from './ledger-segments.ts';

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
  const heads = await readHeads(deps, problems);
  const seals = await verifySeals(deps);
  problems.push(...seals.problems.map((problem) => ({ problem })));
  const names = new Set(['system', ...heads.keys(), ...seals.sealed.keys(), ...(await tenantChains(deps, problems))]);
  const chains: { chain: string; entries: number }[] = [];
  let segments = 0;
  for (const chain of [...names].sort()) {
    const walked = await guarded(
      problems,
      chain,
      async () => await walk(deps, chain, heads.get(chain), seals.sealed.get(chain), problems),
    );
    chains.push({ chain, entries: walked ?? 0 });
    const sealedTo = Math.max(0, ...(seals.sealed.get(chain)?.keys() ?? []));
    const compared = await guarded(problems, chain, async () => await compareSegments(deps, chain, sealedTo, problems));
    segments += compared ?? 0;
  }
  const entries = chains.reduce((sum, one) => sum + one.entries, 0);
  return { ok: problems.length === 0, chains, entries, seals: seals.seals, segments, problems };
});

/** Walks one chain; answers how many entries it has. Stops at the first thing that is wrong. */
async function walk(
  deps: Deps,
  chain: string,
  expected: LedgerHead | undefined,
  sealed: ReadonlyMap<number, { hash: string; at: string }> | undefined,
  problems: LedgerProblem[],
): Promise<number> {
  let head: LedgerHead | undefined;
  for await (const page of chainRows(deps, chain)) {
    for (const { row, problem, ...read } of page) {
      if (problem !== undefined) {
        problems.push({ chain, seq: Number(row.sk), problem });
        return head?.seq ?? 0;
      }
      if (!('entry' in read)) continue;
      const verdict = verifyChain([read.entry], head);
      if (!verdict.ok) {
        problems.push({ chain, seq: verdict.seq, problem: verdict.problem });
        return head?.seq ?? 0;
      }
      head = verdict.head;
      const seal = head === undefined ? undefined : sealed?.get(head.seq);
      if (seal !== undefined && seal.hash !== head?.hash) {
        problems.push({
          chain,
          seq: read.entry.seq,
          problem: `is not the entry that the seal of ${seal.at} covers: the chain was rewritten`,
        });
        return head?.seq ?? 0;
      }
    }
  }
  problems.push(...endProblems(chain, head, expected, sealed));
  return head?.seq ?? 0;
}

function endProblems(
  chain: string,
  head: LedgerHead | undefined,
  expected: LedgerHead | undefined,
  sealed: ReadonlyMap<number, { hash: string; at: string }> | undefined,
): LedgerProblem[] {
  const last = head?.seq ?? 0;
  if (expected === undefined) {
    // The system's chain begins with the first thing that happens; all others begin with what they are about.
    const lost = head === undefined && chain === 'system' && sealed === undefined;
    return lost
      ? []
      : [
          {
            chain,
            seq: last,
            problem: head === undefined ? 'the chain is missing' : 'the record of its head is missing',
          },
        ];
  }
  const verdict = verifyChain([], head, expected);
  const found: LedgerProblem[] = verdict.ok ? [] : [{ chain, seq: verdict.seq, problem: verdict.problem }];
  for (const [seq, { at }] of sealed ?? []) {
    if (seq > last)
      found.push({ chain, seq, problem: `entries after ${last} are missing: the seal of ${at} covers ${seq}` });
  }
  return found;
}

async function readHeads(deps: Deps, problems: LedgerProblem[]): Promise<Map<string, LedgerHead>> {
  const heads = new Map<string, LedgerHead>();
  const rows = await guarded(problems, undefined, async () => await deps.table.query(ledgerHeads.key('').pk));
  for (const { sk, data } of rows ?? []) {
    const { value, ...extra } = data as { value?: unknown };
    const { chain, seq, hash } = (typeof value === 'object' && value !== null ? value : {}) as Partial<LedgerHead>;
    if (chain === sk && typeof seq === 'number' && typeof hash === 'string' && Object.keys(extra).length === 0)
      heads.set(sk, { chain, seq, hash });
    else problems.push({ chain: sk, problem: 'the record of its head is not one' });
  }
  return heads;
}

async function tenantChains(deps: Deps, problems: LedgerProblem[]): Promise<string[]> {
  const found = await guarded(problems, undefined, async () => await tenants.list(deps.table, tenants.key('').pk));
  return (found ?? []).map(({ value }) => value.ledgerId);
}

/** Rows that cannot be read at all are a finding about the ledger, not a fault of the command. */
async function guarded<T>(
  problems: LedgerProblem[],
  chain: string | undefined,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    problems.push({ ...(chain === undefined ? {} : { chain }), problem: error.message });
    return undefined;
  }
}
