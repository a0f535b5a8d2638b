import { UnavailableError } from '../domain/errors.ts';
import type { Survivor } from '../ports/object-store.ts';
import { liveSnapshots, readChain } from './chain.ts';
import type { Round } from './erasure-rewrite.ts';
import { eraseRound, unfinishedExpiry } from './erasure-round.ts';
import type { Busy, LedgerHook, Repository } from './repository.ts';
import { finishRetired } from './retired.ts';
import { selects } from './selection.ts';

/** What a subject erasure did. */
export interface SubjectErasure {
  outcome: 'erased';
  /** Snapshots that held something of the selection. */
  snapshots: string[];
  /** Distinct entries that were replaced by their leaves; an object that is unchanged over many snapshots is one. */
  entriesErased: number;
  /** Bytes of content of those entries. */
  bytes: number;
  /** Leaf hashes that hold their places, hex; the first thousand. */
  leaves: string[];
  /** The same content, or a part of it, under keys that were not chosen; the first two hundred. */
  remainingUnderOtherKeys: { snapshot: string; key: Buffer }[];
  /** Objects that could not be deleted yet; without their keys they are unreadable. */
  survivors: Survivor[];
  /** Present when it was told to stop before the last round. */
  stoppedAt?: SubjectCursor;
}

/** Snapshots that are rewritten in one transaction of at most a hundred writes. */
const mostInRound = 80;

/** How a subject erasure is carried out. */
export interface SubjectErasureOptions {
  /** Name of the execution, unique for this erasure. */
  run: string;
  /** Rows for the transaction of each round, given the snapshots that change. */
  ledger?: LedgerHook<string[]>;
  /** Snapshots of a round: a leg ends between two rounds, so with a deadline they are short. The same in every leg. Default 80. */
  inRound?: number;
  /** Where an earlier leg has stopped. */
  from?: SubjectCursor;
  /** Asked after each round that is not the last one; once it answers false the erasure stops there. */
  goOn?: () => boolean;
}

/** Where a leg of a subject erasure has stopped; JSON. */
export interface SubjectCursor {
  /** Position of the last snapshot that was looked at. */
  after: number;
  /** Rounds that are done. */
  rounds: number;
}

/**
 * Takes chosen keys out of every snapshot of a source. The parts that hold them are written anew (an erased entry leaves
 * its leaf hash, its salt goes), roots are sealed under new keys, the Table's rows swing to them in one transaction, then
 * the old root keys are destroyed, with which the erased entries, their names and their contents' keys are gone. Merkle
 * roots stay what they were. Over 80 snapshots take several such rounds, oldest first.
 *
 * Repeatable: the same run goes on where it was killed and answers the same; what is erased already is not found again.
 * Not beside a backup, a restore or an unfinished expiry of the source: those are `busy`.
 *
 * @returns what this leg did; with `stoppedAt` when it was told to stop
 * @throws InvalidError for an empty selection, CorruptError when a manifest cannot be read, UnavailableError when a replica
 *   does not let an old key go
 */
export async function eraseSubject(
  repo: Repository,
  tenant: string,
  source: string,
  selection: readonly Buffer[],
  options: SubjectErasureOptions,
): Promise<SubjectErasure | Busy> {
  const scope = { tenant, source };
  const chosen = selects(selection);
  // What an earlier call swung but could not finish is erased first: its keys still open the old roots.
  const first = await finishRetired(repo, scope);
  const total: SubjectErasure = {
    ...{ outcome: 'erased', snapshots: [], entriesErased: 0, bytes: 0, leaves: [], remainingUnderOtherKeys: [] },
    survivors: first.survivors,
  };
  const { inRound = mostInRound, goOn = () => true, from } = options;
  for (let after = from?.after ?? 0, number = (from?.rounds ?? 0) + 1; ; number++) {
    const live = liveSnapshots(await readChain(repo, tenant, source)).map(({ record }) => record);
    const round = live.filter(({ seq }) => seq > after).slice(0, inRound);
    const last = round.at(-1);
    if (!last) {
      // With no live snapshot there is no round that would look.
      const waiting = number === 1 ? await unfinishedExpiry(repo, scope) : undefined;
      if (waiting) return waiting;
      break;
    }
    const done = await eraseRound(repo, scope, {
      seqs: round.map(({ seq }) => seq),
      chosen,
      run: `${options.run}.${number}`,
      ledger: options.ledger ?? (() => []),
    });
    if (done.outcome === 'busy') return done;
    add(total, done);
    after = last.seq;
    if (live.some(({ seq }) => seq > after) && !goOn()) return { ...total, stoppedAt: { after, rounds: number } };
  }
  const finished = await finishRetired(repo, scope);
  total.survivors.push(...finished.survivors);
  if (finished.refused.length > 0) {
    throw new UnavailableError(`${finished.refused.length} keys of replaced roots are not destroyed in every replica`, {
      hint: 'Run the erasure again when the replica answers: it goes on where it stopped.',
    });
  }
  return total;
}

function add(total: SubjectErasure, round: Round): void {
  total.snapshots.push(...round.snapshots);
  total.entriesErased += round.entriesErased;
  total.bytes += round.bytes;
  total.leaves = [...new Set([...total.leaves, ...round.leaves])].slice(0, 1000);
  total.remainingUnderOtherKeys.push(
    ...round.remaining.map(({ snapshot, key }) => ({ snapshot, key: Buffer.from(key, 'base64url') })),
  );
}
