import { ConflictError } from '../domain/errors.ts';
import { addToGroups, type RemainderGroup } from '../domain/remainder-groups.ts';
import type { KeyRef, ReplicaReceipt } from '../ports/key-store.ts';
import { listSnapshots } from './chain.ts';
import { rowKeys } from './chain-rows.ts';
import { purgePage } from './leftovers.ts';
import { scopePrefix } from './object-names.ts';
import type { Busy, Repository } from './repository.ts';
import { chainsOf, closeScope, type DropScope } from './scope-close.ts';
import { deleteRows } from './worklist.ts';

export type { DropScope } from './scope-close.ts';

/** One copy of a source, as an inventory lists it. */
export interface InventoriedCopy {
  id: string;
  tenant: string;
  source: string;
  takenAt: string;
  /** Hex. */
  merkleRoot: string;
  objects: number;
  bytes: number;
  key: KeyRef;
  places: string[];
}

/** Every copy of a scope before it is erased. */
export interface CopyInventory {
  snapshots: InventoriedCopy[];
  /** Stored objects and their bytes in the object store. */
  storedObjects: number;
  storedBytes: number;
  /** Keys of the scope, the tenant's own among them where the scope is a whole tenant. */
  keys: KeyRef[];
}

/** Lists every copy of a scope: snapshots that are not gone, stored objects, keys. */
export async function inventoryCopies(repo: Repository, scope: DropScope): Promise<CopyInventory> {
  const all = await listSnapshots(repo, { ...scope, status: 'any' });
  const snapshots = all.flatMap(({ id, tenant, source, takenAt, merkleRoot, status, totals, root, places }) =>
    status === 'gone'
      ? []
      : [
          {
            id,
            tenant,
            source,
            takenAt,
            merkleRoot,
            objects: totals.objects,
            bytes: totals.bytes,
            key: root.key,
            places,
          },
        ],
  );
  let [storedObjects, storedBytes] = [0, 0];
  for await (const { size } of repo.objects.list(scopePrefix(scope.tenant, scope.source))) {
    storedObjects += 1;
    storedBytes += size;
  }
  return { snapshots, storedObjects, storedBytes, keys: await keysOf(repo, scope) };
}

/**
 * Closes the chains of the scope, then destroys every key of it: the tenant's own first, since nothing below opens without
 * it, however many copies there are. Keys of evidence are not among them. Repeatable; complete when `refused` is empty.
 *
 * @param options.goOn asked after each page of keys; once it answers false the rest stays for another call
 */
export async function destroyScopeKeys(
  repo: Repository,
  scope: DropScope,
  { goOn = () => true }: { goOn?: () => boolean } = {},
): Promise<{ outcome: 'destroyed'; receipts: Map<KeyRef, ReplicaReceipt[]>; refused: KeyRef[] } | Busy> {
  const closed = await closeScope(repo, scope);
  if (closed.outcome === 'busy') return closed;
  const { tenant, source } = scope;
  const top = source === undefined ? [`tenant/${tenant}`] : [`source/${tenant}/${source}`];
  const receipts = new Map<KeyRef, ReplicaReceipt[]>();
  const below = (await keysOf(repo, scope)).filter((ref) => !top.includes(ref));
  const asked: KeyRef[] = [];
  for (let page = top, at = 0; page.length > 0; page = below.slice(at, at + 200), at += 200) {
    for (const [ref, answers] of await repo.keys.destroy(page)) receipts.set(ref, answers);
    asked.push(...page);
    // The topmost key goes again in each leg: one that did no more would make no headway.
    if (page !== top && at < below.length && !goOn()) break;
  }
  const refused = asked.filter((ref) => !receipts.get(ref)?.every(({ acknowledged }) => acknowledged));
  return { outcome: 'destroyed', receipts, refused };
}

/** What a purge of a scope, or a leg of one, came to. */
export interface PurgedScope {
  /** Removed. */
  objects: number;
  /** What a store could not remove, by reason and date. */
  left: RemainderGroup[];
  /** Present when it was told to stop: objects up to this key were purged. */
  stoppedAfter?: string;
}

/**
 * Closes the chains of the scope, then purges every object of it. Repeatable; what a store could not remove is counted.
 *
 * @param options.after where an earlier leg has stopped
 * @param options.goOn asked after each page of objects; once it answers false the purge stops
 * @throws ConflictError while a snapshot of the scope is being read
 */
export async function purgeScopeObjects(
  repo: Repository,
  scope: DropScope,
  { after, goOn = () => true }: { after?: string; goOn?: () => boolean } = {},
): Promise<PurgedScope> {
  const closed = await closeScope(repo, scope);
  if (closed.outcome === 'busy')
    throw new ConflictError(closed.reason, { hint: 'Wait for it to end, then try again.' });
  const purged: PurgedScope = { objects: 0, left: [] };
  const purge = async (keys: string[]): Promise<void> => {
    if (keys.length === 0) return;
    const survivors = await repo.objects.purge(keys);
    purged.objects += keys.length - survivors.length;
    for (const survivor of survivors) purged.left = addToGroups(purged.left, survivor);
  };
  const page: string[] = [];
  const prefix = scopePrefix(scope.tenant, scope.source);
  for await (const { key } of repo.objects.list(prefix, after === undefined ? {} : { after })) {
    page.push(key);
    if (page.length < purgePage) continue;
    await purge(page.splice(0));
    if (!goOn()) return { ...purged, stoppedAfter: key };
  }
  await purge(page);
  return purged;
}

/** What of the scope is still there: stored objects (the first thousand) and keys. Empty lists are the proof that nothing is. */
export async function sweepScope(repo: Repository, scope: DropScope): Promise<{ objects: string[]; keys: KeyRef[] }> {
  const objects: string[] = [];
  for await (const { key } of repo.objects.list(scopePrefix(scope.tenant, scope.source))) {
    objects.push(key);
    if (objects.length === 1000) break;
  }
  return { objects, keys: await keysOf(repo, scope) };
}

/** Removes the engine's own rows of the scope, last of all; returns how many. Repeatable. */
export async function forgetScope(repo: Repository, scope: DropScope): Promise<{ rows: number }> {
  let rows = 0;
  for (const chain of await chainsOf(repo, scope)) {
    rows += await deleteRows(repo, chain, '');
    // The entry in the list of chains goes last: while it is there, a repeated call finds the rest.
    await repo.table.transact([{ delete: rowKeys.chain(chain.tenant, chain.source) }]);
    rows += 1;
  }
  return { rows };
}

async function keysOf(repo: Repository, { tenant, source }: DropScope): Promise<KeyRef[]> {
  const below = source === undefined ? `${tenant}/` : `${tenant}/${source}/`;
  const found = [...(await repo.keys.list(`root/${below}`)), ...(await repo.keys.list(`work/${below}`))];
  const exact = source === undefined ? `tenant/${tenant}` : `source/${tenant}/${source}`;
  found.push(...(await repo.keys.list(exact)).filter((ref) => ref === exact));
  if (source === undefined) found.push(...(await repo.keys.list(`source/${below}`)));
  return found.sort();
}
