import { InvalidError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Table, TableKey } from '../ports/table.ts';
import {
  type ChainHead,
  chainPartition,
  chainsPartition,
  type Intent,
  prefixes,
  recordOf,
  rowKeys,
  type Stored,
  snapshotIdPartition,
} from './chain-rows.ts';
import type { Repository } from './repository.ts';

/** Names one source of one tenant. */
export interface SourceScope {
  tenant: string;
  source: string;
}

/** What a decision about a chain stands on: its head and its snapshots, oldest first, as they are now. */
export interface Chain {
  tenant: string;
  source: string;
  head: Stored<ChainHead> | undefined;
  /** The open intent, where there is one. */
  open: Stored<Intent> | undefined;
  snapshots: Stored<Snapshot>[];
}

/** Reads one record by its key. */
export async function readRecord<T>(table: Table, key: TableKey): Promise<Stored<T> | undefined> {
  const row = await table.get(key);
  return row && recordOf<T>(row);
}

/** Reads the records of a chain's rows whose sort key has this prefix. */
export async function readRecords<T>(
  table: Table,
  { tenant, source }: SourceScope,
  prefix: string,
): Promise<Stored<T>[]> {
  const rows = await table.query(chainPartition(tenant, source), { prefix });
  return rows.map((row) => recordOf<T>(row));
}

/**
 * Reads a chain. The head is read first: whatever changes it afterwards makes a conditional write on it fail, so that
 * snapshots that are newer than the head never lead to a wrong decision.
 */
export async function readChain(repo: Repository, tenant: string, source: string): Promise<Chain> {
  const { head, open } = await readOpen(repo, { tenant, source });
  const snapshots = await readRecords<Snapshot>(repo.table, { tenant, source }, prefixes.snapshot);
  return { tenant, source, head, open, snapshots };
}

/** The head of a chain and its open intent, without the snapshots. */
export async function readOpen(
  repo: Repository,
  { tenant, source }: SourceScope,
): Promise<Pick<Chain, 'head' | 'open'>> {
  const head = await readRecord<ChainHead>(repo.table, rowKeys.head(tenant, source));
  const id = head?.record.openIntent;
  const open = id === undefined ? undefined : await readRecord<Intent>(repo.table, rowKeys.intent(tenant, source, id));
  return { head, open };
}

/** The live snapshots of a chain, oldest first. */
export function liveSnapshots(chain: Chain): Stored<Snapshot>[] {
  return chain.snapshots.filter(({ record }) => record.status === 'live');
}

/** Every source that ever began a backup, in key order. */
export async function listChains(repo: Repository, tenant?: string): Promise<SourceScope[]> {
  const rows = await repo.table.query(chainsPartition, tenant === undefined ? {} : { prefix: `${tenant}#` });
  return rows.map(({ sk }) => {
    const [rowTenant = '', source = ''] = sk.split('#');
    return { tenant: rowTenant, source };
  });
}

/** Chains that are read side by side for a list: one after the other, a list of thousands of sources would take minutes on AWS. */
const chainsAtOnce = 32;

/** Snapshots as the catalog has them now, by tenant, source and position (oldest first). Default: live ones only. */
export async function listSnapshots(
  repo: Repository,
  filter: { tenant?: string; source?: string; status?: Snapshot['status'] | 'any' } = {},
): Promise<Snapshot[]> {
  const chains =
    filter.tenant !== undefined && filter.source !== undefined
      ? [{ tenant: filter.tenant, source: filter.source }]
      : await listChains(repo, filter.tenant);
  const wanted = filter.status ?? 'live';
  const asked = chains.filter(({ source }) => filter.source === undefined || source === filter.source);
  const found: Snapshot[] = [];
  for (let first = 0; first < asked.length; first += chainsAtOnce) {
    const some = asked.slice(first, first + chainsAtOnce);
    const read = some.map(async (chain) => await readRecords<Snapshot>(repo.table, chain, prefixes.snapshot));
    for (const { record } of (await Promise.all(read)).flat()) {
      if (wanted === 'any' || record.status === wanted) found.push(record);
    }
  }
  return found;
}

/**
 * The snapshot with this id or this unique beginning of one (at least four digits), in any status.
 *
 * @throws InvalidError when several begin so, NotFoundError when none does
 */
export async function getSnapshot(repo: Repository, idOrPrefix: string): Promise<Snapshot> {
  if (!/^[0-9a-f]{4,20}$/.test(idOrPrefix)) {
    throw new InvalidError(`"${idOrPrefix}" is no snapshot id`, {
      hint: 'An id has 20 hexadecimal digits; its first four or more are enough where they are unique. `tenure snapshots` lists them.',
    });
  }
  const nominated = await repo.table.queryIndex(1, snapshotIdPartition, { prefix: idOrPrefix, limit: 3 });
  if (nominated.length > 1) {
    throw new InvalidError(`several snapshots begin with ${idOrPrefix}`, { hint: 'Give more digits of the id.' });
  }
  const [only] = nominated;
  const row = only && (await repo.table.get(only));
  if (!row) {
    throw new NotFoundError(`no snapshot has the id ${idOrPrefix}`, { hint: '`tenure snapshots` lists them.' });
  }
  return recordOf<Snapshot>(row).record;
}

/** The same snapshot as it is now: a caller's record may be old. @throws NotFoundError */
export async function reloadSnapshot(
  repo: Repository,
  { tenant, source, seq, id }: Snapshot,
): Promise<Stored<Snapshot>> {
  const stored = await readRecord<Snapshot>(repo.table, rowKeys.snapshot(tenant, source, seq));
  if (!stored || stored.record.id !== id) throw new NotFoundError(`snapshot ${id} is not in the catalog`);
  return stored;
}
