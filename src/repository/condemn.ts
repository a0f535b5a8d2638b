import { NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Write } from '../ports/table.ts';
import { type Chain, readChain, readRecords } from './chain.ts';
import {
  type CondemnedRecord,
  prefixes,
  putRecord,
  putSnapshot,
  rowKeys,
  type Stored,
  unchanged,
} from './chain-rows.ts';
import { listHeldAlone } from './condemned-list.ts';
import { abortWrites, releaseHead } from './intent.ts';
import { clearLeftover } from './leftovers.ts';
import { readPins } from './pins.ts';
import { type Busy, hasLapsed, type LedgerHook, type Repository, untilUnchanged } from './repository.ts';

/** What became of a wish to condemn. `ids` are those that this call condemned; others were condemned or gone already. */
export type CondemnOutcome = { outcome: 'condemned'; ids: string[] } | Busy;

/** Snapshots of one transaction: each needs three of its hundred writes, and the caller's ledger some. */
const mostAtOnce = 25;

/** Condemned snapshots whose erasure is not finished, oldest first. */
export async function listCondemned(repo: Repository, tenant: string, source: string): Promise<CondemnedRecord[]> {
  const stored = await readRecords<CondemnedRecord>(repo.table, { tenant, source }, prefixes.condemned);
  return stored.map(({ record }) => record);
}

/**
 * Decides that snapshots go. In one transaction (per 25 snapshots): no open intent compares with any of them, nobody reads
 * them, then they are condemned; a lapsed intent is aborted with it, so that its process cannot commit any more. From then
 * on nothing reads or reuses them. Then what they alone hold is listed, which a later step does where this one is killed.
 * Nothing is destroyed yet. Repeatable.
 *
 * @throws NotFoundError for an id that this source never had
 */
export async function condemnSnapshots(
  repo: Repository,
  tenant: string,
  source: string,
  ids: readonly string[],
  options: { reason: string | ((id: string) => string); ledger?: LedgerHook<string[]> },
): Promise<CondemnOutcome> {
  const condemned: string[] = [];
  for (let at = 0; at < ids.length; at += mostAtOnce) {
    const page = ids.slice(at, at + mostAtOnce);
    const outcome = await untilUnchanged(async () => await condemnPage(repo, tenant, source, page, options));
    if (outcome.outcome === 'busy') return outcome;
    condemned.push(...outcome.ids);
    if (outcome.aborted !== undefined) await clearLeftover(repo, { tenant, source }, outcome.aborted);
  }
  await listAll(repo, tenant, source);
  return { outcome: 'condemned', ids: condemned };
}

/** Lists what each condemned snapshot alone holds, where that is not done yet. */
export async function listAll(repo: Repository, tenant: string, source: string): Promise<void> {
  for (const { seq, step } of await listCondemned(repo, tenant, source)) {
    if (step === 'condemned') await listHeldAlone(repo, { tenant, source }, seq);
  }
}

async function condemnPage(
  repo: Repository,
  tenant: string,
  source: string,
  ids: readonly string[],
  { reason, ledger = () => [] }: { reason: string | ((id: string) => string); ledger?: LedgerHook<string[]> },
): Promise<{ outcome: 'condemned'; ids: string[]; aborted?: string } | Busy> {
  const chain = await readChain(repo, tenant, source);
  const chosen = ids.map((id) => find(chain, id)).filter(({ record }) => record.status === 'live');
  if (chosen.length === 0) return { outcome: 'condemned', ids: [] };
  const inTheWay = intentInTheWay(chain, chosen);
  if (inTheWay && !hasLapsed(repo, inTheWay.record)) {
    const what =
      inTheWay.record.kind === 'backup' ? 'a backup that compares with it' : 'a subject erasure that rewrites it';
    return { outcome: 'busy', reason: `${what} is running (${inTheWay.record.run})` };
  }
  const writes: Write[] = inTheWay
    ? [...abortWrites(repo, inTheWay), releaseHead(chain)]
    : [unchanged(rowKeys.head(tenant, source), chain.head?.version)];
  for (const { record: snapshot, version } of chosen) {
    const pins = await readPins(repo, { tenant, source }, snapshot.id);
    if (pins.live.length > 0) {
      return {
        outcome: 'busy',
        reason: `snapshot ${snapshot.id} is being read (${pins.live.join(', ') || 'unknown process'})`,
      };
    }
    const record: CondemnedRecord = {
      ...{ snapshot: snapshot.id, seq: snapshot.seq, condemnedAt: repo.clock.now(), step: 'condemned', listed: 0 },
      reason: typeof reason === 'string' ? reason : reason(snapshot.id),
      rootKey: snapshot.root.key,
    };
    writes.push(
      putSnapshot({ ...snapshot, status: 'condemned' }, version),
      putRecord(rowKeys.condemned(tenant, source, snapshot.seq), record, undefined),
      unchanged(rowKeys.pins(tenant, source, snapshot.id), pins.stored?.version),
    );
  }
  const chosenIds = chosen.map(({ record }) => record.id);
  await repo.table.transact([...writes, ...(await ledger(chosenIds))]);
  return { outcome: 'condemned', ids: chosenIds, ...(inTheWay && { aborted: inTheWay.record.id }) };
}

function find(chain: Chain, id: string): Stored<Snapshot> {
  const found = chain.snapshots.find(({ record }) => record.id === id);
  if (!found) throw new NotFoundError(`source ${chain.tenant}/${chain.source} has no snapshot ${id}`);
  return found;
}

/** The open intent, where it builds upon one of these snapshots: a backup on its parent, a subject erasure on all. */
function intentInTheWay(chain: Chain, chosen: readonly Stored<Snapshot>[]) {
  const { open } = chain;
  if (!open) return undefined;
  const needed =
    open.record.kind === 'subject-erasure' || chosen.some(({ record }) => record.id === open.record.parent);
  return needed ? open : undefined;
}
