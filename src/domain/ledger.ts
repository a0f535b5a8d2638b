import { hash } from 'node:crypto';
import { canonicalBytes } from './canonical-json.ts';
import { InvalidError } from './errors.ts';
import { type InclusionProof, inclusionProof, merkleRoot, verifyInclusion } from './merkle.ts';

/** What is put on record. Holds random ids and commitments only: no names, mails or paths. */
export interface LedgerBody {
  /** `system` or a tenant's id. */
  chain: string;
  at: string;
  /** What happened, in kebab-case, for instance `snapshot-condemned`. */
  type: string;
  /** Who did it: a role, in the system's chain with a mark (`actorMark`) where it is a person: `system`, `operator:9f2c…`. */
  actor: string;
  /** Ids of what it is about: snapshots, cases, holds, executions. */
  subjects: string[];
  /** Name → {@link commitment} to a particular that is not written down here. */
  commitments: Record<string, string>;
  /** Particulars, sealed under the tenant's evidence key (base64url). The chain verifies after that key is destroyed. */
  sealed?: string;
}

/** One link of a chain. */
export interface LedgerEntry extends LedgerBody {
  version: 1;
  /** 1, 2, 3, … without gaps. */
  seq: number;
  /** `hash` of the entry before; 64 zeros for the first. */
  prev: string;
  /** SHA-256 (hex) over the canonical JSON of all other members. */
  hash: string;
}

/** The end of a chain, or any point of it. */
export interface LedgerHead {
  chain: string;
  seq: number;
  hash: string;
}

const genesis = '0'.repeat(64);
// No blank and no `@`: a name with a blank in it or a mail address cannot slip into the ledger unnoticed.
const identifier = /^[A-Za-z0-9][A-Za-z0-9:_./-]{0,199}$/;
const digest = /^[0-9a-f]{64}$/;

/**
 * A salted commitment: SHA-256 (hex) over the salt and the canonical JSON of a value. Whoever is given salt and value can
 * check it; who has neither learns nothing. The salt has at least 16 random bytes.
 */
export function commitment(salt: Buffer, value: unknown): string {
  if (salt.length < 16) throw new InvalidError('a commitment needs a salt of at least 16 bytes');
  return sha256(Buffer.concat([Buffer.of(salt.length), salt, canonicalBytes(value)]));
}

/**
 * Makes the entry that follows `prev` (`undefined`: the first of its chain).
 *
 * @throws InvalidError when the chain differs, or when a member is no identifier, instant or commitment
 */
export function chainEntry(prev: LedgerHead | undefined, body: LedgerBody): LedgerEntry {
  if (prev && prev.chain !== body.chain) throw new InvalidError(`entry of ${body.chain} after one of ${prev.chain}`);
  const problem = bodyProblem(body);
  if (problem) throw new InvalidError(`not fit for the ledger: ${problem}`);
  const entry = { ...body, version: 1 as const, seq: (prev?.seq ?? 0) + 1, prev: prev?.hash ?? genesis };
  return { ...entry, hash: entryHash(entry) };
}

/** What {@link verifyChain} answers: the head reached, or the first entry that is wrong and why. */
export type ChainVerdict = { ok: true; head: LedgerHead | undefined } | { ok: false; seq: number; problem: string };

/**
 * Checks that entries continue a chain without change, gap or reorder.
 *
 * @param entries in order; from the beginning, or what follows `after`
 * @param after head up to which the chain was verified before
 * @param expected head that the chain must end with (a truncated chain is found by nothing else)
 */
export function verifyChain(entries: readonly LedgerEntry[], after?: LedgerHead, expected?: LedgerHead): ChainVerdict {
  let head = after;
  for (const entry of entries) {
    const seq = (head?.seq ?? 0) + 1;
    const problem = entryProblem(entry, head, seq);
    if (problem) return { ok: false, seq, problem };
    head = { chain: entry.chain, seq, hash: entry.hash };
  }
  if (expected && (head?.seq ?? 0) < expected.seq) {
    const seq = (head?.seq ?? 0) + 1;
    return { ok: false, seq, problem: `entries ${seq} to ${expected.seq} of chain ${expected.chain} are missing` };
  }
  if (expected && (head?.seq !== expected.seq || head.hash !== expected.hash || head.chain !== expected.chain)) {
    return { ok: false, seq: expected.seq, problem: 'the chain does not end with the recorded head' };
  }
  return { ok: true, head };
}

/** A seal over the heads of all chains at one time; its canonical JSON is signed. */
export interface LedgerSeal {
  version: 1;
  at: string;
  /** Number of chains. */
  chains: number;
  /** Merkle root (hex) over the canonical JSON of the heads, ordered by chain. */
  root: string;
}

/** Seals the heads of all chains. The order in which they are given does not matter. */
export function sealHeads(heads: readonly LedgerHead[], at: string): LedgerSeal {
  const leaves = headLeaves(heads);
  return { version: 1, at, chains: leaves.length, root: merkleRoot(leaves).toString('hex') };
}

/** Proof that one chain's head is under the seal over `heads`. Throws InvalidError when the chain is not among them. */
export function proveHead(heads: readonly LedgerHead[], chain: string): InclusionProof {
  const index = orderHeads(heads).findIndex((head) => head.chain === chain);
  if (index < 0) throw new InvalidError(`no chain ${chain} under this seal`);
  return inclusionProof(headLeaves(heads), index);
}

/** True when the seal covers exactly this head. */
export function verifyHead(head: LedgerHead, proof: InclusionProof, seal: LedgerSeal): boolean {
  return proof.size === seal.chains && verifyInclusion(headLeaf(head), proof, Buffer.from(seal.root, 'hex'));
}

function entryProblem(entry: LedgerEntry, head: LedgerHead | undefined, seq: number): string | undefined {
  if (entry.version !== 1) return `unknown version ${entry.version}`;
  if (entry.seq !== seq) return `entry ${entry.seq} stands where ${seq} belongs`;
  if (head && entry.chain !== head.chain) return `entry of chain ${entry.chain} in chain ${head.chain}`;
  if (entry.prev !== (head?.hash ?? genesis)) return 'does not continue the entry before';
  try {
    const { hash: stated, ...rest } = entry;
    return entryHash(rest) === stated ? undefined : 'its content does not have its hash';
  } catch (error) {
    return error instanceof Error ? error.message : 'cannot be hashed';
  }
}

function entryHash(entry: Omit<LedgerEntry, 'hash'>): string {
  return sha256(canonicalBytes(entry));
}

function bodyProblem(body: LedgerBody): string | undefined {
  const wrong = [body.chain, body.type, body.actor, ...body.subjects].find((id) => !identifier.test(id));
  if (wrong !== undefined) return `${JSON.stringify(wrong)} is no identifier`;
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(body.at)) return `${JSON.stringify(body.at)} is no instant`;
  for (const [name, value] of Object.entries(body.commitments)) {
    if (!identifier.test(name) || !digest.test(value)) return `${JSON.stringify(name)} is no SHA-256 commitment`;
  }
  return undefined;
}

function orderHeads(heads: readonly LedgerHead[]): LedgerHead[] {
  const ordered = [...heads].sort((a, b) => (a.chain < b.chain ? -1 : 1));
  const twice = ordered.find((head, i) => head.chain === ordered[i + 1]?.chain);
  if (twice) throw new InvalidError(`chain ${twice.chain} has two heads`);
  return ordered;
}

function headLeaves(heads: readonly LedgerHead[]): Buffer[] {
  return orderHeads(heads).map(headLeaf);
}

function headLeaf({ chain, seq, hash: stated }: LedgerHead): Buffer {
  return canonicalBytes({ chain, seq, hash: stated });
}

function sha256(data: Buffer): string {
  return hash('sha256', data, 'hex');
}

/** The newest entry of a chain. */
export interface DatedHead {
  chain: string;
  seq: number;
  hash: string;
  at: string;
}

/** A daily seal over all chains. */
export interface LedgerSealRecord {
  at: string;
  /** Merkle root over the heads, hex. */
  root: string;
  /** Key of the signed seal with its heads in the evidence store. */
  object: string;
}

/** Where a chain goes on whose sealed entries could not all be read back: the next segment begins after this position. */
export interface LedgerRestart {
  chain: string;
  /** Last entry that is in the evidence store and in the catalog alike. */
  after: number;
  at: string;
}
