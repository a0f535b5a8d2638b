import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { SourceDriver } from '../../src/ports/source-driver.ts';
import { backUpShard, type ShardOptions } from '../../src/repository/backup.ts';
import type { Intent } from '../../src/repository/chain-rows.ts';
import { commitBackup } from '../../src/repository/commit.ts';
import { condemnSnapshots } from '../../src/repository/condemn.ts';
import { deleteCondemnedObjects, destroyCondemnedKeys, finishCondemned } from '../../src/repository/condemned.ts';
import { beginBackup } from '../../src/repository/intent.ts';
import { type JoinedLegs, joinLegs } from '../../src/repository/join-legs.ts';
import { type PlanOptions, planShards } from '../../src/repository/plan-shards.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { restoreSnapshot } from '../../src/repository/restore.ts';
import { fixedClock, memoryKeyStore, memoryObjectStore, memoryTable } from '../memory-ports.ts';
import { memoryTarget } from './memory-source.ts';

/** A repository on ports in memory with one tenant. */
export async function memoryRepository() {
  const clock = fixedClock('2026-11-22T20:00:00.000Z');
  const repo = { objects: memoryObjectStore(), table: memoryTable(), keys: memoryKeyStore(), clock, holder: 'test-1' };
  await repo.keys.make('tenant/acme');
  return repo;
}

/** Plans where it is asked to, then copies every shard, leg after leg. */
export async function copyAll(
  repo: Repository,
  intent: Intent,
  driver: SourceDriver,
  { plan, ...options }: ShardOptions & { plan?: PlanOptions } = {},
): Promise<void> {
  const { shards } = plan ? await planShards(repo, intent, driver, plan) : { shards: 1 };
  for (let shard = 0; shard < shards; shard++) {
    while ((await backUpShard(repo, intent, driver, { ...options, shard })).outcome === 'more');
  }
}

let runs = 0;

/** One whole backup of `acme/files`. */
export async function backUp(
  repo: Repository,
  driver: SourceDriver,
  options: ShardOptions & { plan?: PlanOptions } = {},
): Promise<{ snapshot: Snapshot } & Omit<JoinedLegs, 'parts' | 'packs'>> {
  const request = { tenant: 'acme', source: 'files', cadence: 'daily', planDigest: 'p', run: `run-${runs++}` } as const;
  const begun = await beginBackup(repo, { ...request, takenAt: repo.clock.now() });
  if (begun.outcome === 'busy') throw new Error(`busy: ${begun.heldBy}`);
  await copyAll(repo, begun.intent, driver, options);
  const joined = await joinLegs(repo, begun.intent);
  const snapshot = await commitBackup(repo, begun.intent, { tenant: { id: 'acme' } });
  if (!joined) throw new Error('committed by another');
  return { snapshot, ...joined };
}

/** What a snapshot restores to. */
export async function restored(repo: Repository, snapshot: Snapshot): Promise<Map<string, string>> {
  const target = memoryTarget();
  const { damaged } = await restoreSnapshot(repo, snapshot, target);
  if (damaged.length > 0) throw new Error(`damaged: ${JSON.stringify(damaged)}`);
  return target.restored;
}

/** One whole expiry. */
export async function expire(repo: Repository, ids: string[]): Promise<void> {
  const condemned = await condemnSnapshots(repo, 'acme', 'files', ids, { reason: 'test' });
  if (condemned.outcome === 'busy') throw new Error(condemned.reason);
  await destroyCondemnedKeys(repo, 'acme', 'files');
  await deleteCondemnedObjects(repo, 'acme', 'files');
  await finishCondemned(repo, 'acme', 'files');
}
