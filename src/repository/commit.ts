import { ConflictError, CorruptError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Json } from '../ports/table.ts';
import { readChain, readRecord } from './chain.ts';
import { type Intent, putRecord, putSnapshot, rowKeys, unchanged } from './chain-rows.ts';
import { nextAttempt, releaseHead, reloadIntent } from './intent.ts';
import { type JoinedLegs, joinLegs } from './join-legs.ts';
import { clearLeftover, leftoverOf } from './leftovers.ts';
import { MAX_PARTS_IN_ROOT } from './node.ts';
import { newObjectId, objectKey } from './object-names.ts';
import { readRoot } from './read-root.ts';
import { type LedgerHook, type Repository, untilUnchanged } from './repository.ts';
import { type Root, sealRoot, snapshotMerkle } from './root.ts';

/**
 * Makes the snapshot of a finished backup live. The root is sealed under a key of its own and stored twice before the
 * Table decides: intent still open and chain unchanged → live, with the next position.
 * Repeatable: a backup that was committed before answers the same snapshot.
 *
 * @param descriptor Tenant and source as they are, so that a lost catalog can be rebuilt.
 * @param ledger Rows to write in the same transaction.
 * @param joined What the legs have found, where the caller has it already.
 * @throws ConflictError when the intent was aborted, InvalidError when a shard is not done
 */
export async function commitBackup(
  repo: Repository,
  intent: Intent,
  descriptor: { [name: string]: Json },
  ledger: LedgerHook<Snapshot> = () => [],
  joined?: JoinedLegs,
): Promise<Snapshot> {
  const { record: current } = await reloadIntent(repo, intent);
  if (current.status !== 'committed') {
    try {
      const legs = joined ?? (await joinLegs(repo, current));
      if (legs) await commitOpen(repo, current, legs, descriptor, ledger);
    } catch (error) {
      // A twin may have committed meanwhile and cleared what this one needed: then all is well.
      if ((await reloadIntent(repo, intent)).record.status !== 'committed') throw error;
    }
  }
  const committed = await committedSnapshot(repo, intent);
  // What this or another attempt left over; a crash before it is made good by the next `clearLeftovers`.
  await clearLeftover(repo, intent, intent.id);
  return committed;
}

async function commitOpen(
  repo: Repository,
  intent: Intent,
  joined: JoinedLegs,
  descriptor: { [name: string]: Json },
  ledger: LedgerHook<Snapshot>,
): Promise<void> {
  const attempt = await nextAttempt(repo, intent);
  const snapshot = await storeRoot(repo, intent, joined, attempt, descriptor);
  await decide(repo, snapshot, { attempt, legs: joined.legs }, ledger);
}

async function storeRoot(
  repo: Repository,
  intent: Intent,
  { parts, packs, totals, noticeCount }: JoinedLegs,
  attempt: string,
  descriptor: { [name: string]: Json },
): Promise<Snapshot> {
  const { tenant, source, id, cadence, takenAt, planDigest, parent } = intent;
  const scope = { tenant, source };
  const chain = await readChain(repo, tenant, source);
  const seq = (chain.head?.record.seq ?? 0) + 1;
  const merkleRoot = snapshotMerkle(parts);
  const meta = {
    snapshot: id,
    seq,
    takenAt,
    cadence,
    planDigest,
    totals,
    descriptor,
    ...(parent !== undefined && { parent }),
  };
  const root: Root = { ...meta, tenant, source, parts, packs, merkleRoot };
  const parentRow = chain.snapshots.find(({ record }) => record.id === parent)?.record;
  // Nodes exist only where there are very many parts.
  const reuse = parts.length > MAX_PARTS_IN_ROOT && parentRow ? await nodesOf(repo, parentRow) : undefined;
  const keyRef = `root/${tenant}/${source}/${id}-${attempt}`;
  const key = await repo.keys.make(keyRef);
  const sealed = sealRoot(root, { key, keyRef, intent: id, attempt, ...(reuse && { reuse }) });
  for (const { ref, bytes } of sealed.nodes) await repo.objects.put(objectKey(scope, 'node', ref.id), bytes);
  const objects = [0, 1].map(() => objectKey(scope, 'root', newObjectId(id, attempt)));
  for (const object of objects) await repo.objects.put(object, sealed.bytes);
  return {
    ...{
      id,
      tenant,
      source,
      seq,
      cadence,
      takenAt,
      status: 'live',
      ...(parent !== undefined && { parent }),
      planDigest,
    },
    places: ['primary'],
    root: { objects, digest: sealed.digest.toString('hex'), key: keyRef },
    merkleRoot: merkleRoot.toString('hex'),
    totals,
    notices: noticeCount,
  };
}

/** The parent's root, for its nodes; a damaged one has none to offer. */
async function nodesOf(repo: Repository, parent: Snapshot): Promise<Root | undefined> {
  try {
    return await readRoot(repo, parent);
  } catch (error) {
    if (error instanceof CorruptError || error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The transaction that decides. Returns also when a twin has committed the same intent first. */
async function decide(
  repo: Repository,
  snapshot: Snapshot,
  kept: { attempt: string; legs: number },
  ledger: LedgerHook<Snapshot>,
): Promise<void> {
  const { tenant, source, id } = snapshot;
  await untilUnchanged(async () => {
    const chain = await readChain(repo, tenant, source);
    const stored = await readRecord<Intent>(repo.table, rowKeys.intent(tenant, source, id));
    if (stored?.record.status === 'committed') return;
    if (
      stored?.record.status !== 'open' ||
      chain.head?.record.openIntent !== id ||
      chain.head.record.seq + 1 !== snapshot.seq
    ) {
      throw new ConflictError(`the backup of ${tenant}/${source} was aborted before it could be committed`, {
        hint: 'Another process took it for dead. Run the backup again.',
      });
    }
    const parent = chain.snapshots.find(({ record }) => record.id === snapshot.parent);
    await repo.table.transact([
      putSnapshot(snapshot, undefined),
      putRecord(
        rowKeys.intent(tenant, source, id),
        { ...stored.record, status: 'committed', seq: snapshot.seq },
        stored.version,
      ),
      releaseHead(chain, { seq: snapshot.seq }),
      putRecord(rowKeys.leftover(tenant, source, id), leftoverOf(repo, id, [kept.attempt], kept.legs)),
      ...(parent ? [unchanged(rowKeys.snapshot(tenant, source, parent.record.seq), parent.version)] : []),
      ...(await ledger(snapshot)),
    ]);
  });
}

async function committedSnapshot(repo: Repository, intent: Intent): Promise<Snapshot> {
  const { record } = await reloadIntent(repo, intent);
  const stored =
    record.seq === undefined
      ? undefined
      : await readRecord<Snapshot>(repo.table, rowKeys.snapshot(intent.tenant, intent.source, record.seq));
  if (!stored) throw new NotFoundError(`the snapshot of intent ${intent.id} is not in the catalog`);
  return stored.record;
}
