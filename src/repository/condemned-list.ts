import { randomBytes } from 'node:crypto';
import { ConflictError, CorruptError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Write } from '../ports/table.ts';
import { type Chain, liveSnapshots, readChain, readRecord, type SourceScope } from './chain.ts';
import { type CondemnedRecord, putRecord, rowKeys, type Stored } from './chain-rows.ts';
import { changeHead } from './intent.ts';
import { objectsOf, readRoot } from './read-root.ts';
import { type Repository, untilUnchanged } from './repository.ts';
import { writeWork } from './worklist.ts';

const tries = 5;

/**
 * Lists what a condemned snapshot alone holds: its objects minus those of its nearest live neighbours. Every object lives
 * over one interval of the chain, so what neither neighbour lists, no other snapshot lists; and nothing that a later backup
 * writes refers to it, since content is reused from a live parent only. After `recover` neighbours may have gaps: then every
 * live snapshot is compared with.
 *
 * Must be done before the root key is destroyed, since only the root tells what the snapshot holds. Two that list at once
 * write rows of their own; the one whose name gets into the record counts.
 */
export async function listHeldAlone(repo: Repository, scope: SourceScope, seq: number): Promise<void> {
  for (let tried = 1; ; tried++) {
    const stored = await readRecord<CondemnedRecord>(repo.table, rowKeys.condemned(scope.tenant, scope.source, seq));
    if (stored?.record.step !== 'condemned') return;
    const chain = await readChain(repo, scope.tenant, scope.source);
    const snapshot = chain.snapshots.find(({ record }) => record.seq === seq);
    if (!snapshot) return;
    try {
      const objects = await heldAlone(repo, chain, snapshot.record);
      await storeList(repo, scope, stored, objects ?? snapshot.record.root.objects, objects === undefined);
      return;
    } catch (error) {
      // A neighbour may have been condemned and its key destroyed meanwhile: then others are its neighbours now.
      const moved = error instanceof NotFoundError || error instanceof ConflictError;
      if (!moved || tried === tries) throw error;
    }
  }
}

/** `undefined` when a root cannot be read: then nothing but the snapshot's own root is sure to be its alone. */
async function heldAlone(repo: Repository, chain: Chain, snapshot: Snapshot): Promise<string[] | undefined> {
  const live = liveSnapshots(chain).map(({ record }) => record);
  const before = live.filter(({ seq }) => seq < snapshot.seq).at(-1);
  const after = live.find(({ seq }) => seq > snapshot.seq);
  const others = chain.head?.record.recovered ? live : [before, after].filter((found) => found !== undefined);
  try {
    const objects = new Set(objectsOf(await readRoot(repo, snapshot)));
    for (const other of others) {
      for (const object of objectsOf(await readRoot(repo, other))) objects.delete(object);
    }
    return [...objects, ...snapshot.root.objects];
  } catch (error) {
    if (error instanceof CorruptError) return undefined;
    if (error instanceof NotFoundError && (await keyIsGone(repo, snapshot))) return undefined;
    throw error;
  }
}

async function keyIsGone(repo: Repository, snapshot: Snapshot): Promise<boolean> {
  try {
    await repo.keys.open(snapshot.root.key);
    return false;
  } catch (error) {
    return error instanceof NotFoundError;
  }
}

async function storeList(
  repo: Repository,
  { tenant, source }: SourceScope,
  { record, version }: Stored<CondemnedRecord>,
  objects: readonly string[],
  sweepWanted: boolean,
): Promise<void> {
  const list = `${String(record.seq).padStart(10, '0')}-${randomBytes(5).toString('hex')}`;
  await writeWork(repo, { tenant, source }, list, objects);
  const listed: CondemnedRecord = { ...record, step: 'listed', list, listed: objects.length };
  await untilUnchanged(async () => {
    const head: Write[] = sweepWanted ? [changeHead(await readChain(repo, tenant, source), { sweepWanted: true })] : [];
    const now = await readRecord<CondemnedRecord>(repo.table, rowKeys.condemned(tenant, source, record.seq));
    // Listed by somebody else meanwhile: that list counts.
    if (now?.version !== version) return;
    await repo.table.transact([putRecord(rowKeys.condemned(tenant, source, record.seq), listed, version), ...head]);
  });
}
