import type { Deps } from '../deps.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import { ledgerEntries, ordinal } from '../records.ts';
import type { LedgerProblem } from './verify-ledger.ts';

/** Where the segments of all chains lie in the evidence store: `<chain>/<first>-<last>.jsonl`. */
export const segmentsPrefix = 'ledger/segments/';

/** Where the sealed segments of a chain lie in the evidence store. */
export function segmentPrefix(chain: string): string {
  return `${segmentsPrefix}${chain}/`;
}

/**
 * First and last position as the name of a segment says. One that could not have its name, since an altered one has it, carries
 * the beginning of its last entry's hash too.
 */
export function segmentRange(key: string): { from: number; to: number } {
  const [, from = 0, to = 0] = (/\/(\d+)-(\d+)(?:-[0-9a-f]{8})?\.jsonl$/.exec(key) ?? []).map(Number);
  return { from, to };
}

/** Differing entries that are told per segment. */
const toldPerSegment = 5;

/** What the segments of one chain say. */
export interface ComparedSegments {
  segments: number;
  problems: Omit<LedgerProblem, 'chain'>[];
}

/**
 * Compares what was copied to the evidence store with the chain as it is now, entry by entry: this tells what was changed,
 * where the hashes only tell that something was. Everything up to `sealedTo` must be there.
 *
 * @throws CorruptError for rows that cannot be read at all
 */
export async function compareSegments(deps: Deps, chain: string, sealedTo: number): Promise<ComparedSegments> {
  const compared: ComparedSegments = { segments: 0, problems: [] };
  let covered = 0;
  const missing = (to: number): void => {
    if (to <= covered) return;
    const problem = `entries ${covered + 1} to ${to} are sealed and missing in the evidence store`;
    compared.problems.push({ seq: covered + 1, problem });
  };
  for await (const { key } of deps.evidence.list(segmentPrefix(chain))) {
    compared.segments++;
    const { from, to } = segmentRange(key);
    missing(from - 1);
    covered = Math.max(covered, to);
    compared.problems.push(...(await differing(deps, chain, { key, from, to })));
  }
  missing(sealedTo);
  return compared;
}

/** One segment: the entries from one position to another. */
interface Segment {
  key: string;
  from: number;
  to: number;
}

async function differing(deps: Deps, chain: string, { key, from, to }: Segment): Promise<ComparedSegments['problems']> {
  const lines = (await deps.evidence.get(key)).toString('utf8').split('\n').slice(0, -1);
  const range = { from: ordinal(from), to: ordinal(to + 1) };
  const now = await ledgerEntries.list(deps.table, ledgerEntries.key(chain, '').pk, range);
  const entries = new Map(now.map(({ value }) => [value?.seq, value]));
  const found: ComparedSegments['problems'] = [];
  const wanted = to - from + 1;
  if (lines.length !== wanted) {
    found.push({ seq: from, problem: `segment ${key} holds ${lines.length} entries instead of ${wanted}` });
  }
  for (const [index, line] of lines.entries()) {
    if (found.length === toldPerSegment) break;
    const seq = from + index;
    const entry = entries.get(seq);
    if (entry === undefined) found.push({ seq, problem: 'is in the evidence store and missing in the catalog' });
    else if (!sameText(entry, line)) {
      const problem = `differs from the copy in the evidence store (${key})`;
      found.push({ seq, problem, differs: differences(line, entry) });
    }
  }
  return found;
}

function sameText(entry: LedgerEntry, line: string): boolean {
  try {
    return canonicalJson(entry) === line;
  } catch {
    // What has no canonical form was never written by Tenure.
    return false;
  }
}

function differences(line: string, entry: LedgerEntry): string[] {
  let sealed: Record<string, unknown>;
  try {
    sealed = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return ['the copy in the evidence store is no JSON'];
  }
  const is = entry as unknown as Record<string, unknown>;
  const names = [...new Set([...Object.keys(sealed), ...Object.keys(is)])].sort();
  return names
    .filter((name) => JSON.stringify(sealed[name]) !== JSON.stringify(is[name]))
    .map(
      (name) =>
        `${name}: ${JSON.stringify(sealed[name]) ?? 'absent'} in the evidence store, ${JSON.stringify(is[name]) ?? 'absent'} in the catalog`,
    );
}
