import { CorruptError } from '../domain/errors.ts';
import type { Survivor } from '../ports/object-store.ts';
import { type Chain, liveSnapshots, readChain, type SourceScope } from './chain.ts';
import { listCondemned } from './condemn.ts';
import { changeHead } from './intent.ts';
import { purge, purgePage } from './leftovers.ts';
import { objectKinds, parseObjectKey, scopePrefix } from './object-names.ts';
import { objectsOf, readRoot } from './read-root.ts';
import { type Busy, type Repository, untilUnchanged } from './repository.ts';
import { finishRetired } from './retired.ts';

/**
 * Removes objects and root keys of a source that no live snapshot and no open intent refers to, by looking at all of them:
 * needed after `recover`, and after a snapshot went whose root could not be read. Does nothing while any live root cannot be
 * read, since that root may list what seems unreferenced. Repeatable.
 */
export async function sweepUnreferenced(
  repo: Repository,
  tenant: string,
  source: string,
): Promise<{ outcome: 'swept'; objects: number; keys: number; survivors: Survivor[] } | Busy> {
  const scope = { tenant, source };
  const waiting = (await listCondemned(repo, tenant, source)).find(
    ({ step }) => step === 'condemned' || step === 'listed',
  );
  if (waiting) return { outcome: 'busy', reason: `the key of snapshot ${waiting.snapshot} is not destroyed yet` };
  if ((await finishRetired(repo, scope)).refused.length > 0)
    return { outcome: 'busy', reason: 'a replica holds keys of replaced roots' };
  // First what there is, then what is referred to: whatever is written or committed in between is not on the first list or on the second.
  const stored: string[] = [];
  for await (const { key } of repo.objects.list(scopePrefix(tenant, source))) stored.push(key);
  const keys = await repo.keys.list(`root/${tenant}/${source}/`);
  const chain = await readChain(repo, tenant, source);
  const used = await referred(repo, chain);
  if (used instanceof CorruptError) return { outcome: 'busy', reason: used.message };
  const open = chain.head?.record.openIntent;
  const free = keys.filter(
    (ref) => !used.has(ref) && !(open !== undefined && ref.startsWith(`root/${tenant}/${source}/${open}-`)),
  );
  if (free.length > 0) await repo.keys.destroy(free);
  const going = stored.filter((key) => !used.has(key) && isOfClosedIntent(key, open));
  const survivors: Survivor[] = [];
  for (let at = 0; at < going.length; at += purgePage) {
    survivors.push(...(await purge(repo, scope, going.slice(at, at + purgePage))).survivors);
  }
  await noteSwept(repo, scope);
  return { outcome: 'swept', objects: going.length - survivors.length, keys: free.length, survivors };
}

/** Objects and root keys of the live snapshots, and the keys of those that are condemned. */
async function referred(repo: Repository, chain: Chain): Promise<Set<string> | CorruptError> {
  const used = new Set(
    chain.snapshots.filter(({ record }) => record.status !== 'gone').map(({ record }) => record.root.key),
  );
  try {
    for (const { record } of liveSnapshots(chain)) {
      for (const object of [...objectsOf(await readRoot(repo, record)), ...record.root.objects]) used.add(object);
    }
    return used;
  } catch (error) {
    if (error instanceof CorruptError) return error;
    throw error;
  }
}

/** Names that this format does not know are left alone. */
function isOfClosedIntent(key: string, open: string | undefined): boolean {
  const name = parseObjectKey(key);
  return name !== undefined && objectKinds.includes(name.kind) && name.intent !== open;
}

async function noteSwept(repo: Repository, { tenant, source }: SourceScope): Promise<void> {
  await untilUnchanged(async () => {
    const chain = await readChain(repo, tenant, source);
    if (chain.head?.record.sweepWanted) await repo.table.transact([changeHead(chain, { sweepWanted: false })]);
  });
}
