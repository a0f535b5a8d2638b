import type { Deps } from '../deps.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { LedgerEntry } from '../domain/ledger.ts';
import { ledgerEntries, ordinal } from '../records.ts';
import type { LedgerProblem } from './verify-ledger.ts';

/** Where the sealed segments of a chain lie in the evidence store. */
export function segmentPrefix(chain: string): string {
  return `ledger/segments/${chain}/`;
}

/** Differing entries that are told per segment. */
const toldPerSegment = 5;

/**
 * Compares what was copied to the evidence store with the chain as it is now, entry by entry: this tells what was changed,
 * where the hashes only tell that something was. Answers how many segments there are.
 */
export async function compareSegments(
  deps: Deps,
  chain: string,
  sealedTo: number,
  problems: LedgerProblem[],
): Promise<number> {
  let segments = 0;
  let covered = 0;
  for await (const { key } of deps.evidence.list(segmentPrefix(chain))) {
    segments++;
    const [, from = '', to = ''] = /\/(\d+)-(\d+)\.jsonl$/.exec(key) ?? [];
    if (Number(from) > covered + 1)
      problems.push({
        chain,
        seq: covered + 1,
        problem: `entries ${covered + 1} to ${Number(from) - 1} are missing in the evidence store`,
      });
    covered = Math.max(covered, Number(to));
    const lines = (await deps.evidence.get(key)).toString('utf8').split('\n').slice(0, -1);
    const now = await ledgerEntries.list(deps.table, ledgerEntries.key(chain, '').pk, {
      from,
      to: ordinal(Number(to) + 1),
    });
    problems.push(
      ...differing(
        chain,
        key,
        Number(from),
        Number(to),
        lines,
        now.map((stored) => stored.value),
      ),
    );
  }
  if (covered < sealedTo)
    problems.push({
      chain,
      seq: covered + 1,
      problem: `entries ${covered + 1} to ${sealedTo} are sealed and missing in the evidence store`,
    });
  return segments;
}

function differing(
  chain: string,
  key: string,
  from: number,
  to: number,
  lines: readonly string[],
  now: readonly LedgerEntry[],
): LedgerProblem[] {
  const entries = new Map(now.map((entry) => [entry?.seq, entry]));
  const found: LedgerProblem[] = [];
  if (lines.length !== to - from + 1)
    found.push({
      chain,
      seq: from,
      problem: `segment ${key} holds ${lines.length} entries instead of ${to - from + 1}`,
    });
  for (const [index, line] of lines.entries()) {
    if (found.length === toldPerSegment) break;
    const seq = from + index;
    const entry = entries.get(seq);
    if (entry === undefined) found.push({ chain, seq, problem: 'is in the evidence store and missing in the catalog' });
    else if (!sameText(entry, line))
      found.push({
        chain,
        seq,
        problem: `differs from the copy in the evidence store (${key})`,
        differs: differences(line, entry),
      });
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
