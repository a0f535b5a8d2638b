import type { Deps } from '../deps.ts';
import { type DatedHead, type LedgerEntry, verifyChain } from '../domain/ledger.ts';
import { headOf } from './ledger-heads.ts';
import { chainRows } from './ledger-rows.ts';
import type { SealedPositions } from './ledger-seals.ts';
import type { LedgerProblem } from './verify-ledger.ts';

/** A chain as far as it is right, and the first thing that is wrong. */
export interface WalkedChain {
  entries: number;
  problems: Omit<LedgerProblem, 'chain'>[];
}

/**
 * Walks a chain from its first entry to its head. Somebody may be appending meanwhile: the head is read after the entries, and
 * what it is ahead of them is walked too.
 *
 * @throws CorruptError for rows that cannot be read at all
 */
export async function walkChain(
  deps: Pick<Deps, 'table'>,
  chain: string,
  sealed: SealedPositions,
): Promise<WalkedChain> {
  let last: LedgerEntry | undefined;
  for (;;) {
    const walked = await walkOn(deps, chain, last, sealed);
    if ('problem' in walked)
      return { entries: walked.last?.seq ?? 0, problems: [{ seq: walked.seq, problem: walked.problem }] };
    const head = await headOf(deps, chain);
    const grown = walked.last !== undefined && walked.last !== last;
    last = walked.last;
    if (grown && head !== undefined && head.seq > (last?.seq ?? 0)) continue;
    return { entries: last?.seq ?? 0, problems: endProblems(last, head, chain, sealed) };
  }
}

type Walked = { last: LedgerEntry | undefined } | { last: LedgerEntry | undefined; seq: number; problem: string };

async function walkOn(
  deps: Pick<Deps, 'table'>,
  chain: string,
  from: LedgerEntry | undefined,
  sealed: SealedPositions,
): Promise<Walked> {
  let last = from;
  for await (const page of chainRows(deps, chain, last?.seq)) {
    for (const read of page) {
      if (read.problem !== undefined) return { last, seq: Number(read.row.sk), problem: read.problem };
      const verdict = verifyChain([read.entry], last);
      if (!verdict.ok) return { last, seq: verdict.seq, problem: verdict.problem };
      const seal = sealed.get(read.entry.seq);
      if (seal !== undefined && seal.hash !== read.entry.hash) {
        const problem = `is not the entry that the seal of ${seal.at} covers: the chain was rewritten`;
        return { last, seq: read.entry.seq, problem };
      }
      last = read.entry;
    }
  }
  return { last };
}

function endProblems(
  last: LedgerEntry | undefined,
  head: DatedHead | undefined,
  chain: string,
  sealed: SealedPositions,
): WalkedChain['problems'] {
  const seq = last?.seq ?? 0;
  if (head === undefined) {
    // Nothing has happened yet: only the system's chain is there before its first entry.
    if (last === undefined && chain === 'system' && sealed.size === 0) return [];
    return [{ seq, problem: last === undefined ? 'the chain is missing' : 'the record of its head is missing' }];
  }
  const verdict = verifyChain([], last, { chain, seq: head.seq, hash: head.hash });
  const problems: WalkedChain['problems'] = verdict.ok ? [] : [{ seq: verdict.seq, problem: verdict.problem }];
  if (verdict.ok && head.at !== last?.at)
    problems.push({ seq, problem: `the record of its head says ${head.at}, the entry ${last?.at}` });
  for (const [position, { at }] of sealed) {
    if (position > seq)
      problems.push({
        seq: position,
        problem: `entries after ${seq} are missing: the seal of ${at} covers ${position}`,
      });
  }
  return problems;
}
