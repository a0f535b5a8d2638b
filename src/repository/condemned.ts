import type { KeyRef, ReplicaReceipt } from '../ports/key-store.ts';
import type { Survivor } from '../ports/object-store.ts';
import { readChain, readRecord, readRecords, reloadSnapshot, type SourceScope } from './chain.ts';
import {
  type ChainHead,
  type CondemnedRecord,
  prefixes,
  putRecord,
  putSnapshot,
  rowKeys,
  type Stored,
} from './chain-rows.ts';
import { listAll } from './condemn.ts';
import { type Repository, untilUnchanged } from './repository.ts';
import { sweepUnreferenced } from './sweep-unreferenced.ts';
import { deleteRows, purgeWork } from './worklist.ts';

/**
 * Destroys the root keys of condemned snapshots: their erasure. What each alone holds is listed first, because a root that
 * cannot be opened cannot be listed; keys go before objects, because from then on it does not matter how long an object,
 * its older versions or its replicas live. Repeatable; a key that a replica did not let go is refused and tried again next time.
 */
export async function destroyCondemnedKeys(
  repo: Repository,
  tenant: string,
  source: string,
): Promise<{ destroyed: string[]; refused: { key: KeyRef; receipts: ReplicaReceipt[] }[] }> {
  await listAll(repo, tenant, source);
  const listed = (await condemnedAt(repo, { tenant, source }, 'listed')).map(({ record }) => record);
  if (listed.length === 0) return { destroyed: [], refused: [] };
  const receipts = await repo.keys.destroy(listed.map(({ rootKey }) => rootKey));
  const destroyed: string[] = [];
  const refused: { key: KeyRef; receipts: ReplicaReceipt[] }[] = [];
  for (const record of listed) {
    const answers = receipts.get(record.rootKey) ?? [];
    if (answers.length === 0 || answers.some(({ acknowledged }) => !acknowledged)) {
      refused.push({ key: record.rootKey, receipts: answers });
      continue;
    }
    await advance(repo, { tenant, source }, record.seq, 'listed', 'keys-destroyed');
    destroyed.push(record.snapshot);
  }
  return { destroyed, refused };
}

/**
 * Deletes what snapshots whose keys are destroyed alone held. Survivors are recorded and tried again by `clearLeftovers`.
 * Repeatable.
 *
 * @param goOn asked after each page of objects; once it answers false the rest stays for another call
 */
export async function deleteCondemnedObjects(
  repo: Repository,
  tenant: string,
  source: string,
  goOn?: () => boolean,
): Promise<{ objects: number; survivors: Survivor[]; stopped: boolean }> {
  const scope = { tenant, source };
  let objects = 0;
  const survivors: Survivor[] = [];
  for (const { record } of await condemnedAt(repo, scope, 'keys-destroyed')) {
    const purged = await purgeWork(repo, scope, record.list ?? '', goOn);
    objects += purged.objects;
    survivors.push(...purged.survivors);
    if (purged.stopped) return { objects, survivors, stopped: true };
    await advance(repo, scope, record.seq, 'keys-destroyed', 'deleted');
  }
  return { objects, survivors, stopped: false };
}

/**
 * Marks snapshots as gone whose keys and objects are deleted, and sweeps where one of them could not tell what it held.
 * Repeatable; returns the ids that this call finished.
 */
export async function finishCondemned(repo: Repository, tenant: string, source: string): Promise<{ gone: string[] }> {
  const scope = { tenant, source };
  const gone: string[] = [];
  for (const { record } of await condemnedAt(repo, scope, 'deleted')) {
    // Rows of a second lister, which nobody follows, go with the first one's.
    await deleteRows(repo, scope, `${prefixes.work}${String(record.seq).padStart(10, '0')}-`);
    await untilUnchanged(async () => {
      const key = rowKeys.condemned(tenant, source, record.seq);
      const stored = await readRecord<CondemnedRecord>(repo.table, key);
      if (!stored) return;
      const chain = await readChain(repo, tenant, source);
      const row = chain.snapshots.find(({ record: { seq } }) => seq === record.seq);
      if (!row) return;
      const snapshot = await reloadSnapshot(repo, row.record);
      await repo.table.transact([
        { delete: key, when: stored.version },
        putSnapshot({ ...snapshot.record, status: 'gone' }, snapshot.version),
        { delete: rowKeys.pins(tenant, source, record.snapshot) },
      ]);
      gone.push(record.snapshot);
    });
  }
  const head = await readRecord<ChainHead>(repo.table, rowKeys.head(tenant, source));
  if (head?.record.sweepWanted) await sweepUnreferenced(repo, tenant, source);
  return { gone };
}

async function condemnedAt(
  repo: Repository,
  scope: SourceScope,
  step: CondemnedRecord['step'],
): Promise<Stored<CondemnedRecord>[]> {
  const all = await readRecords<CondemnedRecord>(repo.table, scope, prefixes.condemned);
  return all.filter(({ record }) => record.step === step);
}

/** Moves a condemned snapshot on, unless somebody else did. */
async function advance(
  repo: Repository,
  { tenant, source }: SourceScope,
  seq: number,
  from: CondemnedRecord['step'],
  step: CondemnedRecord['step'],
): Promise<void> {
  const key = rowKeys.condemned(tenant, source, seq);
  await untilUnchanged(async () => {
    const stored = await readRecord<CondemnedRecord>(repo.table, key);
    if (stored?.record.step === from)
      await repo.table.transact([putRecord(key, { ...stored.record, step }, stored.version)]);
  });
}
