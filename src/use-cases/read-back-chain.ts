import type { Deps } from '../deps.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { type LedgerEntry, verifyChain } from '../domain/ledger.ts';
import type { GoodSeal } from './ledger-seals.ts';
import { segmentPrefix, segmentRange } from './ledger-segments.ts';

/** A chain as far as the evidence store proves it. */
export interface ChainRead {
  chain: string;
  /** From the first one on, each continuing the one before. */
  entries: LedgerEntry[];
  /** Last position that a seal covers, of those that could be read; 0: none. */
  sealedTo: number;
  /** When that seal was made. */
  sealedAt?: string;
  /** Entries that a seal covers and that are altered or missing. */
  lost?: { from: number; to: number };
  /** What is left of them, in order: entries that the seal proves, and altered ones as they stand there. */
  remnants: { entry: LedgerEntry; proven: boolean }[];
  /** What is wrong with its segments. */
  problems: string[];
}

/**
 * Reads a chain back from its segments. The newest seal that a whole chain reaches decides which entries are right: a hash chain
 * proves everything before its end. After a recovery that had to leave out damaged entries, older seals cover what the chain no
 * longer holds. Entries after the last seal count when they continue the chain: a killed sealing leaves such a segment.
 *
 * @param seals those that are as they were signed, oldest first
 */
export async function readBackChain(
  { evidence }: Pick<Deps, 'evidence'>,
  chain: string,
  seals: readonly GoodSeal[],
): Promise<ChainRead> {
  const problems: string[] = [];
  const altered: string[] = [];
  const byHash = new Map<string, LedgerEntry>();
  for await (const { key } of evidence.list(segmentPrefix(chain))) {
    const { from, to } = segmentRange(key);
    const lines = (await evidence.get(key)).toString('utf8').split('\n').slice(0, -1);
    if (lines.length !== to - from + 1)
      problems.push(`segment ${key} holds ${lines.length} entries instead of ${to - from + 1}`);
    const good = lines.map((line) => entryOf(line, chain));
    altered.push(...lines.filter((_, index) => good[index] === undefined));
    const bad = good.indexOf(undefined);
    if (bad >= 0) problems.push(`segment ${key}: entry ${from + bad} is not as it was written`);
    for (const entry of good) if (entry !== undefined) byHash.set(entry.hash, entry);
  }
  const heads = seals.flatMap(({ at, heads: under }) =>
    under.filter((head) => head.chain === chain).map(({ seq, hash }) => ({ seq, hash, at })),
  );
  const { entries, reached, proven } = continued(byHash, heads);
  const newest = heads.at(-1);
  const missing = newest !== undefined && entries[newest.seq - 1]?.hash !== newest.hash;
  // What stands where the newest seal proves something else is not what was sealed, however well it continues.
  if (missing) entries.splice((proven[0]?.seq ?? newest.seq + 1) - 2);
  return {
    chain,
    entries,
    sealedTo: reached?.seq ?? 0,
    ...(reached === undefined ? {} : { sealedAt: reached.at }),
    ...(missing ? { lost: { from: entries.length + 1, to: newest.seq } } : {}),
    remnants: missing ? remnantsOf(proven, altered) : [],
    problems,
  };
}

function remnantsOf(proven: readonly LedgerEntry[], altered: readonly string[]): ChainRead['remnants'] {
  const found = proven.map((entry) => ({ entry, proven: true }));
  for (const line of altered) {
    const entry = looselyRead(line);
    if (entry !== undefined) found.push({ entry, proven: false });
  }
  return found.sort((a, b) => a.entry.seq - b.entry.seq);
}

/** An altered entry, where it still has the shape of one. Nothing in it can be believed but what its own seal proves. */
function looselyRead(line: string): LedgerEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<LedgerEntry>;
    const { chain, seq, at, type, subjects } = entry;
    const texts = [chain, at, type].every((text) => typeof text === 'string');
    return texts && typeof seq === 'number' && Array.isArray(subjects) ? (entry as LedgerEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** The entry of a line; undefined when it is not, byte for byte, what was written. */
function entryOf(line: string, chain: string): LedgerEntry | undefined {
  try {
    const entry = JSON.parse(line) as LedgerEntry;
    if (canonicalJson(entry) !== line || entry.chain !== chain) return undefined;
    const before = entry.seq === 1 ? undefined : { chain, seq: entry.seq - 1, hash: entry.prev };
    return verifyChain([entry], before).ok ? entry : undefined;
  } catch {
    return undefined;
  }
}

interface SealedHead {
  seq: number;
  hash: string;
  at: string;
}

interface Continued {
  entries: LedgerEntry[];
  reached?: SealedHead;
  /** When the newest sealed head is not reached: what lies before it without a gap, oldest first. */
  proven: LedgerEntry[];
}

/** The chain up to the newest sealed head that it reaches whole, and on as far as entries continue it. */
function continued(byHash: ReadonlyMap<string, LedgerEntry>, heads: readonly SealedHead[]): Continued {
  const broken = new Set<string>();
  let proven: LedgerEntry[] = [];
  for (const head of heads.toReversed()) {
    const back: LedgerEntry[] = [];
    let entry = byHash.get(head.hash);
    while (entry !== undefined && !broken.has(entry.hash)) {
      back.push(entry);
      if (entry.seq === 1) return { entries: onwards(byHash, back.reverse()), reached: head, proven };
      entry = byHash.get(entry.prev);
    }
    if (head === heads.at(-1)) proven = back.toReversed();
    for (const { hash } of back) broken.add(hash);
  }
  return { entries: onwards(byHash, []), proven };
}

/** Where two entries follow one, the later of them was stored by whoever went on last. */
function onwards(byHash: ReadonlyMap<string, LedgerEntry>, entries: LedgerEntry[]): LedgerEntry[] {
  const next = new Map([...byHash.values()].map((entry) => [`${entry.seq} ${entry.prev}`, entry]));
  const genesis = '0'.repeat(64);
  for (;;) {
    const entry = next.get(`${entries.length + 1} ${entries.at(-1)?.hash ?? genesis}`);
    if (entry === undefined) return entries;
    entries.push(entry);
  }
}
