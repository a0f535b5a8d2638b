import type { Deps } from '../deps.ts';
import { type FlattenedJws, type JwkSet, verifyJws } from '../documents/jws.ts';
import { canonicalBytes, canonicalJson } from '../domain/canonical-json.ts';
import { CorruptError, InvalidError, NotFoundError } from '../domain/errors.ts';
import { type LedgerHead, type LedgerSeal, type LedgerSealRecord, sealHeads } from '../domain/ledger.ts';
import { ledgerSeals } from '../records.ts';
import { ledgerSealTyp } from './seal-ledger.ts';

/** Where seals lie in the evidence store. */
export const sealPrefix = 'ledger/seals/';

/** A seal as it lies in the evidence store. */
interface StoredSeal {
  seal: LedgerSeal;
  jws: FlattenedJws;
  heads: LedgerHead[];
}

/** Position in a chain → hash that the chain must have there, with the seal that says so. */
export type SealedPositions = ReadonlyMap<number, { hash: string; at: string }>;

/** What the seals say, and what is wrong with them. */
export interface SealsVerdict {
  seals: number;
  /** By chain. */
  sealed: Map<string, Map<number, { hash: string; at: string }>>;
  problems: string[];
}

/** A seal that is as it was signed. */
export interface GoodSeal {
  /** Where it lies in the evidence store. */
  key: string;
  at: string;
  root: string;
  heads: LedgerHead[];
}

/** The seals of an evidence store, oldest first, and what is wrong with the others. */
export interface SealsRead {
  good: GoodSeal[];
  bad: { key: string; problem: string }[];
}

/** Reads the seals (after the key `after`, where given), each verified by itself: signature, form, root over the heads beside it. */
export async function readSeals(
  { evidence, keys }: Pick<Deps, 'evidence' | 'keys'>,
  after?: string,
): Promise<SealsRead> {
  const read: SealsRead = { good: [], bad: [] };
  let jwks: JwkSet | undefined;
  for await (const { key } of evidence.list(sealPrefix, after === undefined ? {} : { after })) {
    jwks ??= { keys: await keys.publicKeys() };
    const found = await readSeal(await evidence.get(key), jwks);
    if (typeof found === 'string') read.bad.push({ key, problem: found });
    else read.good.push({ key, at: found.seal.at, root: found.seal.root, heads: found.heads });
  }
  return read;
}

/** Verifies every seal by itself, and that the catalog knows the same. */
export async function verifySeals(deps: Deps): Promise<SealsVerdict> {
  const problems: string[] = [];
  // The catalog first: a seal that is made meanwhile is in the evidence store before the catalog knows it.
  const known = await knownSeals(deps, problems);
  const { good, bad } = await readSeals(deps);
  const verdict: SealsVerdict = { seals: good.length + bad.length, sealed: new Map(), problems };
  problems.push(...bad.map(({ key, problem }) => `seal ${key}: ${problem}`));
  const roots = new Map(good.map(({ key, root }) => [key, root]));
  for (const { at, heads } of good) {
    for (const { chain, seq, hash } of heads) {
      const positions = verdict.sealed.get(chain) ?? new Map<number, { hash: string; at: string }>();
      verdict.sealed.set(chain, positions.set(seq, { hash, at }));
    }
  }
  for (const { at, root, object } of known) {
    const found = roots.get(object);
    if (found === undefined) verdict.problems.push(`the seal of ${at} is missing or not as it was sealed`);
    else if (found !== root) verdict.problems.push(`the catalog has another root for the seal of ${at}`);
  }
  return verdict;
}

async function knownSeals(deps: Deps, problems: string[]): Promise<LedgerSealRecord[]> {
  try {
    const rows = await deps.table.query(ledgerSeals.key('').pk);
    return rows.flatMap(({ sk, data }) => {
      const { at, root, object } = (data.value ?? {}) as Partial<LedgerSealRecord>;
      if (at === sk && root !== undefined && object !== undefined) return [{ at, root, object }];
      problems.push(`the record of the seal of ${sk} is not one`);
      return [];
    });
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    problems.push(`the list of seals cannot be read: ${error.message}`);
    return [];
  }
}

/** The seal, or what is wrong with it. */
async function readSeal(bytes: Buffer, jwks: JwkSet): Promise<StoredSeal | string> {
  try {
    const stored = JSON.parse(bytes.toString('utf8')) as StoredSeal;
    if (!Buffer.from(`${canonicalJson(stored)}\n`).equals(bytes)) return 'is not in its exact form';
    const { seal, jws, heads } = stored;
    const signed = await verifyJws(jws, ledgerSealTyp, jwks);
    if (!signed.ok) return signed.problem;
    if (!signed.payload.equals(canonicalBytes(seal))) return 'is not what was signed';
    if (canonicalJson(sealHeads(heads, seal.at)) !== canonicalJson(seal))
      return 'the heads beside it are not those that were sealed';
    return stored;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof InvalidError)
      return 'cannot be read';
    if (error instanceof NotFoundError) return 'is gone';
    throw error;
  }
}
