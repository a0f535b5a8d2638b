import { randomBytes } from 'node:crypto';
import { BlockedError, ConflictError, NotFoundError } from '../domain/errors.ts';
import type { Cadence } from '../domain/snapshot.ts';
import type { Write } from '../ports/table.ts';
import { type Chain, liveSnapshots, readChain, readRecord } from './chain.ts';
import { type ChainHead, type Intent, putRecord, rowKeys, type Stored, unchanged } from './chain-rows.ts';
import { clearLeftover, leftoverOf } from './leftovers.ts';
import { hasLapsed, type Repository, untilUnchanged } from './repository.ts';

/** How long an intent is taken to be at work without a sign of life, in milliseconds. */
export const intentMs = 15 * 60_000;
/** A sign of life that is younger than this needs no other, in milliseconds. */
const justNowMs = 30_000;

/** What a backup says when it begins. */
export interface BeginBackup {
  tenant: string;
  source: string;
  cadence: Cadence;
  /** Instant for which the copy stands. */
  takenAt: string;
  planDigest: string;
  /** Name of the execution; the same run gets the same intent again. */
  run: string;
}

/** Whether the backup may go on, or who is in its way. */
export type BegunBackup = { outcome: 'begun'; intent: Intent } | { outcome: 'busy'; heldBy: string };

/**
 * Begins a backup: an open intent whose parent is the newest live snapshot. One intent is open per source. One that lapsed
 * is aborted in the same transaction, so that its process can no longer commit, and what it wrote is cleared.
 * Repeatable: the same run gets its intent again, also after it was committed.
 *
 * @throws BlockedError when the source is being erased, NotFoundError when the tenant has no key
 */
export async function beginBackup(repo: Repository, request: BeginBackup): Promise<BegunBackup> {
  await ensureSourceKey(repo, request.tenant, request.source);
  return await openIntent(repo, { ...request, kind: 'backup' });
}

/** Opens an intent of either kind; see `beginBackup`. */
export async function openIntent(
  repo: Repository,
  request: BeginBackup & { kind: Intent['kind'] },
): Promise<BegunBackup> {
  const { tenant, source, run } = request;
  const begun = await untilUnchanged(async (): Promise<BegunBackup & { aborted?: Intent }> => {
    const chain = await readChain(repo, tenant, source);
    if (chain.head?.record.closed) {
      throw new BlockedError(`source ${tenant}/${source} is being erased: nothing is backed up any more`);
    }
    const earlier = await intentOfRun(repo, request);
    if (earlier) return { outcome: 'begun', intent: await takeOver(repo, earlier) };
    if (chain.open && !hasLapsed(repo, chain.open.record)) {
      return { outcome: 'busy', heldBy: `${chain.open.record.run} (${chain.open.record.holder || 'unknown process'})` };
    }
    const parent = liveSnapshots(chain).at(-1);
    const intent: Intent = {
      ...request,
      id: randomBytes(10).toString('hex'),
      status: 'open',
      holder: repo.holder ?? '',
      until: repo.clock.wall() + intentMs,
      attempts: 0,
      ...(parent && { parent: parent.record.id }),
    };
    const head: ChainHead = { ...(chain.head?.record ?? { seq: 0 }), openIntent: intent.id };
    await repo.table.transact([
      putRecord(rowKeys.head(tenant, source), head, chain.head?.version),
      putRecord(rowKeys.intent(tenant, source, intent.id), intent, undefined),
      putRecord(rowKeys.run(tenant, source, run), { intent: intent.id }),
      putRecord(rowKeys.chain(tenant, source), { tenant, source }),
      ...(parent ? [unchanged(rowKeys.snapshot(tenant, source, parent.record.seq), parent.version)] : []),
      ...(chain.open ? abortWrites(repo, chain.open) : []),
    ]);
    return { outcome: 'begun', intent, ...(chain.open && { aborted: chain.open.record }) };
  });
  if (begun.outcome === 'busy') return begun;
  if (begun.aborted) await clearLeftover(repo, { tenant, source }, begun.aborted.id);
  return { outcome: 'begun', intent: begun.intent };
}

/** The intent as it is now. @throws NotFoundError when it was closed so long ago that it is forgotten */
export async function reloadIntent(repo: Repository, { tenant, source, id }: Intent): Promise<Stored<Intent>> {
  const stored = await readRecord<Intent>(repo.table, rowKeys.intent(tenant, source, id));
  if (!stored) throw new NotFoundError(`intent ${id} of ${tenant}/${source} is not known (any more)`);
  return stored;
}

/**
 * A sign of life. Shards of one backup give it at the same time: one that another gave just now counts for all.
 *
 * @throws ConflictError when the intent was aborted meanwhile: what it wrote since is worthless
 */
export async function renewIntent(repo: Repository, intent: Intent): Promise<void> {
  const { record, version } = await reloadIntent(repo, intent);
  refuseClosed(record);
  const until = repo.clock.wall() + intentMs;
  const holder = repo.holder ?? record.holder;
  if (record.holder === holder && until - record.until < justNowMs) return;
  try {
    const key = rowKeys.intent(intent.tenant, intent.source, intent.id);
    await repo.table.transact([putRecord(key, { ...record, holder, until }, version)]);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    refuseClosed((await reloadIntent(repo, intent)).record);
  }
}

/** Draws the number of a new attempt; two processes never get the same one. @throws ConflictError when the intent is not open */
export async function nextAttempt(repo: Repository, intent: Intent): Promise<string> {
  const changed = await changeOpenIntent(repo, intent, (record) => ({ ...record, attempts: record.attempts + 1 }));
  return String(changed.attempts);
}

/** Gives an intent up: it can no longer commit, and what it wrote is cleared. Repeatable; a committed one stays. */
export async function abortBackup(repo: Repository, intent: Intent): Promise<{ outcome: 'aborted' | 'committed' }> {
  const { tenant, source, id } = intent;
  const outcome = await untilUnchanged(async () => {
    const chain = await readChain(repo, tenant, source);
    const stored = await readRecord<Intent>(repo.table, rowKeys.intent(tenant, source, id));
    if (stored?.record.status === 'committed') return 'committed' as const;
    if (stored?.record.status === 'open' && chain.head) {
      await repo.table.transact([...abortWrites(repo, stored), releaseHead(chain)]);
    }
    return 'aborted' as const;
  });
  if (outcome === 'aborted') await clearLeftover(repo, { tenant, source }, id);
  return { outcome };
}

/** Writes that close an open intent; the head's write is the caller's. */
export function abortWrites(repo: Repository, { record, version }: Stored<Intent>): Write[] {
  const { tenant, source, id } = record;
  return [
    putRecord(rowKeys.intent(tenant, source, id), { ...record, status: 'aborted' }, version),
    putRecord(rowKeys.leftover(tenant, source, id), leftoverOf(repo, id, [])),
  ];
}

/** The head without an open intent. */
export function releaseHead(chain: Chain, change: Partial<ChainHead> = {}): Write {
  const { openIntent: _, ...head } = chain.head?.record ?? { seq: 0 };
  return putRecord(rowKeys.head(chain.tenant, chain.source), { ...head, ...change }, chain.head?.version);
}

/** The head with a change, its open intent kept. */
export function changeHead(chain: Chain, change: Partial<ChainHead>): Write {
  const head = chain.head?.record ?? { seq: 0 };
  return putRecord(rowKeys.head(chain.tenant, chain.source), { ...head, ...change }, chain.head?.version);
}

async function changeOpenIntent(repo: Repository, intent: Intent, change: (record: Intent) => Intent): Promise<Intent> {
  return await untilUnchanged(async () => {
    const { record, version } = await reloadIntent(repo, intent);
    refuseClosed(record);
    const changed = { ...change(record), holder: repo.holder ?? record.holder, until: repo.clock.wall() + intentMs };
    await repo.table.transact([putRecord(rowKeys.intent(intent.tenant, intent.source, intent.id), changed, version)]);
    return changed;
  });
}

/** @throws ConflictError unless the intent is open */
export function refuseClosed(record: Intent): void {
  if (record.status === 'open') return;
  throw new ConflictError(`intent ${record.id} of ${record.tenant}/${record.source} is ${record.status}`, {
    hint: 'Another process took over. Run the backup again.',
  });
}

/** The intent that this run has begun before, unless it was given up. */
async function intentOfRun(
  repo: Repository,
  request: BeginBackup & { kind: Intent['kind'] },
): Promise<Intent | undefined> {
  const { tenant, source, run, kind } = request;
  const pointer = await readRecord<{ intent: string }>(repo.table, rowKeys.run(tenant, source, run));
  if (!pointer) return undefined;
  const stored = await readRecord<Intent>(repo.table, rowKeys.intent(tenant, source, pointer.record.intent));
  return stored && stored.record.status !== 'aborted' && stored.record.kind === kind ? stored.record : undefined;
}

async function takeOver(repo: Repository, intent: Intent): Promise<Intent> {
  return intent.status === 'open' ? await changeOpenIntent(repo, intent, (record) => record) : intent;
}

async function ensureSourceKey(repo: Repository, tenant: string, source: string): Promise<void> {
  const ref = `source/${tenant}/${source}`;
  try {
    await repo.keys.open(ref);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    try {
      await repo.keys.make(ref);
    } catch (made) {
      // Made by somebody else meanwhile: that one counts.
      if (!(made instanceof ConflictError)) throw made;
    }
  }
}
