import { hash } from 'node:crypto';
import { CorruptError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Json } from '../ports/table.ts';
import { readChain } from './chain.ts';
import { putRecord, putSnapshot, rowKeys } from './chain-rows.ts';
import { objectKey, parseObjectKey } from './object-names.ts';
import { getStored } from './read-frame.ts';
import { chooseRoots, type FoundRoot } from './recover-choose.ts';
import { type Repository, untilUnchanged } from './repository.ts';
import { openRoot, type Root, readRootHeader } from './root.ts';

/** What was found among the objects whose keys still exist. */
export interface RecoveredCatalog {
  /** Snapshots that are live (again), by source, oldest first. */
  snapshots: Snapshot[];
  /** Newest descriptor of each source, as it was given to `commitBackup`. */
  sources: { tenant: string; source: string; descriptor: { [name: string]: Json } }[];
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
 */
export async function recoverCatalog(repo: Repository): Promise<RecoveredCatalog> {
  const catalog: RecoveredCatalog = { snapshots: [], sources: [], erased: 0, discarded: 0, damaged: [] };
  const bySource = new Map<string, FoundRoot[]>();
  for (const [header, objects] of await findRoots(repo, catalog)) {
    const root = await openFound(repo, header, objects, catalog);
    if (!root) continue;
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

/** Objects of kind root, by what their clear headers say. */
async function findRoots(repo: Repository, catalog: RecoveredCatalog): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const { key } of repo.objects.list('v1/')) {
    const name = parseObjectKey(key);
    if (name?.kind !== 'root') continue;
    try {
      const { tenant, source, key: keyRef, snapshot } = readRootHeader(await getStored(repo, key));
      if (tenant !== name.tenant || source !== name.source)
        throw new CorruptError('its header names another source than its place');
      const header = `${keyRef} ${snapshot}`;
      found.set(header, [...(found.get(header) ?? []), key]);
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      catalog.damaged.push({ object: key, reason: error.message });
    }
  }
  return found;
}

async function openFound(
  repo: Repository,
  header: string,
  objects: readonly string[],
  catalog: RecoveredCatalog,
): Promise<FoundRoot | undefined> {
  const keyRef = header.split(' ')[0] ?? '';
  let key: Buffer;
  try {
    key = await repo.keys.open(keyRef);
  } catch (error) {
    if (error instanceof NotFoundError) catalog.erased += 1;
    else if (error instanceof CorruptError)
      catalog.damaged.push(...objects.map((object) => ({ object, reason: error.message })));
    else throw error;
    return undefined;
  }
  let found: FoundRoot | undefined;
  for (const object of objects) {
    try {
      const bytes = await getStored(repo, object);
      const scope = readRootHeader(bytes);
      const root = await openRoot(bytes, key, async (node) => await getStored(repo, objectKey(scope, 'node', node.id)));
      found ??= {
        snapshot: snapshotOf(root, keyRef, [...objects], hash('sha256', bytes)),
        descriptor: root.descriptor,
      };
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      catalog.damaged.push({ object, reason: error.message });
    }
  }
  return found;
}

function snapshotOf(root: Root, key: string, objects: string[], digest: string): Snapshot {
  const { tenant, source, seq, cadence, takenAt, planDigest, parent, totals, merkleRoot } = root;
  return {
    ...{ id: root.snapshot, tenant, source, seq, cadence, takenAt, status: 'live', planDigest, totals },
    ...(parent !== undefined && { parent }),
    places: ['primary'],
    root: { objects, digest, key },
    merkleRoot: merkleRoot.toString('hex'),
    // How many there were is not part of the root.
    notices: 0,
  };
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
