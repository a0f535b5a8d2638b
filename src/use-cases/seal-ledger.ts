import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { signJws } from '../documents/jws.ts';
import { localDay } from '../domain/calendar.ts';
import { canonicalBytes, canonicalJson } from '../domain/canonical-json.ts';
import { ConflictError } from '../domain/errors.ts';
import type { DatedHead, LedgerSealRecord } from '../domain/ledger.ts';
import { sealHeads } from '../domain/ledger.ts';
import { ledgerEntries, ledgerHeads, ledgerRestarts, ledgerSeals, ordinal } from '../records.ts';
import { useCase } from '../use-case.ts';
import { segmentPrefix } from './ledger-segments.ts';
import { lockEvidence } from './lock-evidence.ts';

/** Media type in the header of a seal's signature. */
export const ledgerSealTyp = 'tenure-ledger-seal+jws';

/**
 * Once a day: signs a Merkle root over the heads of all chains, and copies what is new of every chain to the evidence store.
 * A chain that is rewritten afterwards no longer reaches the head under the seal.
 */
export const sealLedger = useCase(z.object({}), async (deps) => {
  const now = deps.clock.now();
  const [last] = await ledgerSeals.list(deps.table, 'LEDGER-SEALS', { reverse: true, limit: 1 });
  if (last !== undefined && localDay(last.value.at, 'UTC') === localDay(now, 'UTC'))
    return { outcome: 'sealed-today' as const };
  const heads = (await ledgerHeads.list(deps.table, 'LEDGER-HEADS')).map((stored) => stored.value);
  if (heads.length === 0) return { outcome: 'empty' as const };
  const sealed = new Map(
    last === undefined ? [] : (await headsUnder(deps, last.value)).map((head) => [head.chain, head.seq]),
  );
  const restarts = (await ledgerRestarts.list(deps.table, 'LEDGER-RESTARTS')).map((stored) => stored.value);
  for (const { chain, after } of restarts) sealed.set(chain, Math.min(after, sealed.get(chain) ?? 0));
  for (const head of heads) await storeSegment(deps, head, sealed.get(head.chain) ?? 0);
  const bare = heads.map(({ chain, seq, hash }) => ({ chain, seq, hash }));
  const seal = sealHeads(bare, now);
  const jws = await signJws(canonicalBytes(seal), ledgerSealTyp, deps.keys);
  const file = Buffer.from(`${canonicalJson({ seal, jws, heads: bare })}\n`);
  const key = await putBeside(deps, `ledger/seals/${now.replaceAll(':', '-')}`, 'json', seal.root, file);
  await deps.table.transact([ledgerSeals.write({ at: now, root: seal.root, object: key }, 'absent')]);
  // After the seal: a kill between the two makes one more segment begin there, which says the same.
  for (const { chain } of restarts) await deps.table.transact([ledgerRestarts.remove(chain)]);
  return { outcome: 'sealed' as const, chains: heads.length };
});

/** The heads that a seal covers. */
export async function headsUnder(deps: Deps, seal: LedgerSealRecord): Promise<Omit<DatedHead, 'at'>[]> {
  const stored = JSON.parse((await deps.evidence.get(seal.object)).toString('utf8')) as {
    heads: Omit<DatedHead, 'at'>[];
  };
  return stored.heads;
}

/** Entries after the last seal up to this head, as JSON lines. The name holds the range, so a repetition writes the same. */
async function storeSegment(deps: Deps, head: DatedHead, after: number): Promise<void> {
  if (head.seq <= after) return;
  const range = { from: ordinal(after + 1), to: ordinal(head.seq + 1) };
  const entries = await ledgerEntries.list(deps.table, `LEDGER#${head.chain}`, range);
  const lines = entries.map((stored) => `${canonicalJson(stored.value)}\n`).join('');
  const name = `${segmentPrefix(head.chain)}${range.from}-${ordinal(head.seq)}`;
  await putBeside(deps, name, 'jsonl', head.hash, Buffer.from(lines));
}

/**
 * Stores a file under its name. Something else may have it: an altered file, or one of entries that were lost. That stays as it
 * is, since somebody may want to look into it, and the new one's name ends with the beginning of `digest`.
 */
async function putBeside(deps: Deps, name: string, kind: string, digest: string, bytes: Buffer): Promise<string> {
  for (const key of [`${name}.${kind}`, `${name}-${digest.slice(0, 8)}.${kind}`]) {
    try {
      await deps.evidence.put(key, bytes);
      await lockEvidence(deps, key);
      return key;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new ConflictError(`${name} is in the evidence store already, and is not what was to be stored`);
}
