import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { listChains, listSnapshots } from '../repository/chain.ts';
import { type ObjectKind, objectKey, objectKinds, parseObjectKey, scopePrefix } from '../repository/object-names.ts';
import { readRoot } from '../repository/read-root.ts';
import { useCase } from '../use-case.ts';
import { requireScope } from './require-scope.ts';

/** What the copies of one source cost, in bytes. */
export interface CopyFigures {
  tenant: string;
  source: string;
  snapshots: number;
  /** Objects and bytes of content of the newest copy. */
  objects: number;
  bytes: number;
  /** Bytes of content of all live copies together, as if each were whole. */
  logicalBytes: number;
  /** Bytes on the store, by kind of object. */
  stored: Record<ObjectKind, number>;
  storedBytes: number;
  /** Content of the newest copy ÷ what its own frames take. */
  compressionRatio: number | null;
  /** Content of all live copies ÷ everything stored: what compression and sharing save together. */
  savingRatio: number | null;
  packs: number;
  /**
   * Bytes in packs that no single live copy refers to: at least `length − the most that any copy uses` of it. What two
   * copies use of one pack in different places counts as waste here, so this is an upper bound.
   */
  wasteBytes: number;
  /** Objects that no live copy lists: of a running or an aborted backup, or condemned and not yet gone. */
  unlistedBytes: number;
}

const input = z.object({ tenant: z.string().optional(), source: z.string().optional() });

/** Sizes, ratios and waste, by tenant and source. Reads roots and listings, no data. */
export const measureCopies = useCase(input, async (deps, { tenant, source }): Promise<CopyFigures[]> => {
  await requireScope(deps, { tenant, source });
  const figures: CopyFigures[] = [];
  for (const scope of await listChains(deps, tenant)) {
    if (source !== undefined && scope.source !== source) continue;
    const measured = await measureSource(deps, scope.tenant, scope.source);
    if (measured.snapshots > 0 || measured.storedBytes > 0) figures.push(measured);
  }
  return figures;
});

async function measureSource(deps: Deps, tenant: string, source: string): Promise<CopyFigures> {
  const snapshots = await listSnapshots(deps, { tenant, source });
  const used = await usedBy(deps, snapshots);
  const stored = Object.fromEntries(objectKinds.map((kind) => [kind, 0])) as Record<ObjectKind, number>;
  let storedBytes = 0;
  let unlistedBytes = 0;
  let wasteBytes = 0;
  for await (const { key, size } of deps.objects.list(scopePrefix(tenant, source))) {
    const kind = parseObjectKey(key)?.kind;
    if (kind !== undefined) stored[kind] += size;
    storedBytes += size;
    if (!used.listed.has(key)) unlistedBytes += size;
    else if (kind === 'pack') wasteBytes += Math.max(0, size - (used.packs.get(key) ?? 0));
  }
  const newest = snapshots.at(-1);
  const logicalBytes = snapshots.reduce((sum, { totals }) => sum + totals.bytes, 0);
  return {
    tenant,
    source,
    snapshots: snapshots.length,
    objects: newest?.totals.objects ?? 0,
    bytes: newest?.totals.bytes ?? 0,
    logicalBytes,
    stored,
    storedBytes,
    compressionRatio: ratio(newest?.totals.bytes ?? 0, used.newest),
    savingRatio: ratio(logicalBytes, storedBytes),
    packs: used.packs.size,
    wasteBytes,
    unlistedBytes,
  };
}

/** What the live copies list, the most that one of them uses of each pack, and what the newest uses in all. */
async function usedBy(deps: Deps, snapshots: readonly Snapshot[]) {
  const listed = new Set<string>();
  const packs = new Map<string, number>();
  let newest = 0;
  for (const snapshot of snapshots) {
    const root = await readRoot(deps, snapshot);
    for (const object of snapshot.root.objects) listed.add(object);
    for (const { id } of root.nodes ?? []) listed.add(objectKey(snapshot, 'node', id));
    for (const { id } of root.parts) listed.add(objectKey(snapshot, 'part', id));
    newest = 0;
    for (const pack of root.packs) {
      const key = objectKey(snapshot, 'pack', pack.id);
      listed.add(key);
      packs.set(key, Math.max(packs.get(key) ?? 0, pack.used));
      newest += pack.used;
    }
  }
  return { listed, packs, newest };
}

/** Two digits after the point are as much as such a ratio tells. */
function ratio(content: number, stored: number): number | null {
  return stored === 0 ? null : Math.round((content / stored) * 100) / 100;
}
