import type { Deps } from '../deps.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import type { Write } from '../ports/table.ts';
import { ledgerEntries, ledgerHeads, ledgerRestarts, ledgerSeals, ordinal } from '../records.ts';
import type { SealsRead } from './ledger-seals.ts';
import { segmentsPrefix } from './ledger-segments.ts';
import { type ChainRead, readBackChain } from './read-back-chain.ts';

/** A chain that was read back into the catalog. */
export interface RestoredChain extends ChainRead {
  /** The catalog has entries of its own there: from the position after this one on the two differ. */
  divergedAfter?: number;
}

/** Entries of one transaction; the head is written with them. */
const entriesAtOnce = 90;

/**
 * Reads the ledger back from the evidence store into the catalog, chain by chain: what the catalog lacks is written, what it has
 * stays. A chain grows from its beginning, so that whatever stands there after a kill is right, and the next call goes on. The
 * seals come last: while the catalog lacks one, it counts as behind its ledger. Repeatable.
 *
 * @param eachChain is given every chain once it is in the catalog
 * @returns what is wrong with chains and seals, in words
 */
export async function readBackLedger(
  deps: Deps,
  seals: SealsRead,
  eachChain: (chain: RestoredChain) => Promise<void>,
): Promise<string[]> {
  const problems = seals.bad.map(({ key, problem }) => `seal ${key}: ${problem}`);
  for (const name of await chainsIn(deps, seals)) {
    const read = await readBackChain(deps, name, seals.good);
    const chain = await restore(deps, read);
    problems.push(...problemsOf(chain));
    await eachChain(chain);
  }
  for (const { at, root, key } of seals.good) {
    if ((await ledgerSeals.read(deps.table, at)) !== undefined) continue;
    await deps.table.transact([ledgerSeals.write({ at, root, object: key })]);
  }
  return problems;
}

async function chainsIn({ evidence }: Deps, { good }: SealsRead): Promise<string[]> {
  const names = new Set(good.flatMap(({ heads }) => heads.map(({ chain }) => chain)));
  for await (const { key } of evidence.list(segmentsPrefix)) {
    const [name] = key.slice(segmentsPrefix.length).split('/');
    if (name !== undefined) names.add(name);
  }
  return [...names].sort();
}

async function restore(deps: Deps, read: ChainRead): Promise<RestoredChain> {
  const { chain, entries } = read;
  const common = await commonLength(deps, chain, entries);
  let head = await ledgerHeads.read(deps.table, chain);
  const diverged = head !== undefined && common < Math.min(head.value.seq, entries.length);
  for (let at = common; !diverged && at < entries.length; at += entriesAtOnce) {
    const batch = entries.slice(at, at + entriesAtOnce);
    const last = batch.at(-1);
    if (last === undefined) break;
    const next = { chain, seq: last.seq, hash: last.hash, at: last.at };
    const writes: Write[] = [ledgerHeads.write(next, head?.version ?? 'absent')];
    await deps.table.transact([...writes, ...batch.map((entry) => ledgerEntries.write(entry))]);
    head = await ledgerHeads.read(deps.table, chain);
  }
  if (diverged || (head?.value.seq ?? 0) < (read.lost?.to ?? 0)) {
    // What is appended from here on is in no segment yet, although the last seal is further on.
    const after = diverged ? common : (head?.value.seq ?? 0);
    await deps.table.transact([ledgerRestarts.write({ chain, after, at: deps.clock.now() })]);
  }
  return { ...read, ...(diverged ? { divergedAfter: common } : {}) };
}

/** How many entries from the first one on are the same here and there. */
async function commonLength(deps: Deps, chain: string, entries: readonly LedgerEntry[]): Promise<number> {
  const head = (await ledgerHeads.read(deps.table, chain))?.value;
  let common = Math.min(head?.seq ?? 0, entries.length);
  // The hash of one entry stands for all before it.
  while (common > 0) {
    const here = (await ledgerEntries.read(deps.table, chain, ordinal(common)))?.value;
    if (here?.hash === entries[common - 1]?.hash) break;
    common--;
  }
  return common;
}

function problemsOf({ chain, lost, divergedAfter, problems }: RestoredChain): string[] {
  return [
    ...problems,
    ...(lost === undefined
      ? []
      : [
          `chain ${chain}: entries ${lost.from} to ${lost.to} are sealed, and damaged or missing in the evidence store`,
        ]),
    ...(divergedAfter === undefined
      ? []
      : [`chain ${chain}: after entry ${divergedAfter} the catalog says something else than the evidence store`]),
  ];
}
