import type { Snapshot } from '../domain/snapshot.ts';
import type { Json } from '../ports/table.ts';
import { readChain } from './chain.ts';
import { putRecord, putSnapshot, rowKeys } from './chain-rows.ts';
import { chooseRoots, type FoundRoot } from './recover-choose.ts';
import { type ReadRoots, readRoots } from './recover-roots.ts';
import { type Repository, untilUnchanged } from './repository.ts';

/** What was found among the objects whose keys still exist. */
export interface RecoveredCatalog {
  /** Snapshots that are live (again), by source, oldest first. */
  snapshots: Snapshot[];
  /** Newest descriptor of each source, as it was given to `commitBackup`. */
  sources: { tenant: string; source: string; descriptor: { [name: string]: Json } }[];
  /** Snapshots whose keys open and that the caller says are erased; not brought back. */
  withheld: Snapshot[];
  /** Roots without a key: erased snapshots and replaced roots; not brought back. */
  erased: number;
  /** Roots with a key that were never committed, or whose erasure was under way. */
  discarded: number;
  /** Roots that cannot be read. */
  damaged: { object: string; reason: string }[];
}

/**
 * Rebuilds the engine's rows from objects and keys alone. What has no key is erased and stays so. Rows that exist are left
 * as they are. Nothing is deleted: what belongs to no snapshot is left to `sweepUnreferenced`, once an operator has confirmed.
 * Repeatable.
 *
 * @param options.roots what `readRoots` answered, where it was asked before
 * @param options.isErased says of a snapshot whose key opens that it was erased all the same
 */
export async function recoverCatalog(
  repo: Repository,
  options: { roots?: ReadRoots; isErased?: (snapshot: Snapshot) => boolean } = {},
): Promise<RecoveredCatalog> {
  const { roots, erased, damaged } = options.roots ?? (await readRoots(repo));
  const catalog: RecoveredCatalog = { snapshots: [], sources: [], withheld: [], erased, discarded: 0, damaged };
  const bySource = new Map<string, FoundRoot[]>();
  for (const root of roots) {
    if (options.isErased?.(root.snapshot)) {
      catalog.withheld.push(root.snapshot);
      continue;
    }
    const name = `${root.snapshot.tenant}#${root.snapshot.source}`;
    bySource.set(name, [...(bySource.get(name) ?? []), root]);
  }
  for (const name of [...bySource.keys()].sort()) {
    const found = bySource.get(name) ?? [];
    const kept = chooseRoots(found);
    catalog.discarded += found.length - kept.length;
    for (const root of kept) {
      const snapshot = await bringBack(repo, root.snapshot);
      if (snapshot.status === 'live') catalog.snapshots.push(snapshot);
    }
    const newest = kept.at(-1);
    if (newest) {
      const { tenant, source } = newest.snapshot;
      catalog.sources.push({ tenant, source, descriptor: newest.descriptor });
    }
  }
  return catalog;
}

/** Writes the rows of one snapshot, unless its place is taken; returns what the catalog has there. */
async function bringBack(repo: Repository, snapshot: Snapshot): Promise<Snapshot> {
  const { tenant, source, seq } = snapshot;
  return await untilUnchanged(async () => {
    const chain = await readChain(repo, tenant, source);
    const known = chain.snapshots.find(({ record }) => record.seq === seq);
    if (known) return known.record;
    const head = { ...(chain.head?.record ?? { seq: 0 }), recovered: true, sweepWanted: true };
    await repo.table.transact([
      putSnapshot(snapshot, undefined),
      putRecord(rowKeys.head(tenant, source), { ...head, seq: Math.max(head.seq, seq) }, chain.head?.version),
      putRecord(rowKeys.chain(tenant, source), { tenant, source }),
    ]);
    return snapshot;
  });
}
