import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { SourceEntryType } from '../ports/source-driver.ts';
import { listSnapshots } from '../repository/chain.ts';
import { contentHash } from '../repository/leaf.ts';
import type { Entry, PartRef } from '../repository/model.ts';
import { openedPart } from '../repository/parent-cursor.ts';
import { readPart, readRoot } from '../repository/read-root.ts';
import { useCase } from '../use-case.ts';
import { instantOfNs, nameOf } from './listed-entry.ts';
import { type KeyFilter, matchGlob } from './path-choice.ts';
import { requireScope } from './require-scope.ts';

/** One state of an object, with the copies that hold it. */
export interface FoundObject {
  tenant: string;
  source: string;
  path: string;
  pathBytes?: string;
  type: SourceEntryType;
  size: number;
  modifiedAt: string;
  /** Ids, oldest first. */
  snapshots: string[];
}

const input = z.object({ pattern: z.string(), tenant: z.string(), source: z.string().optional() });

/** Looks for names in all live copies of a tenant. Each state of an object is told once, with the copies that hold it. */
export const findObjects = useCase(input, async (deps, { pattern, tenant, source }): Promise<FoundObject[]> => {
  await requireScope(deps, { tenant, source });
  const matches = matchGlob(pattern);
  const live = await listSnapshots(deps, { tenant, ...(source === undefined ? {} : { source }) });
  const found: FoundObject[] = [];
  for (const name of [...new Set(live.map((snapshot) => snapshot.source))]) {
    found.push(
      ...(await findInSource(
        deps,
        live.filter((snapshot) => snapshot.source === name),
        matches,
      )),
    );
  }
  return found;
});

async function findInSource(deps: Deps, snapshots: readonly Snapshot[], matches: KeyFilter): Promise<FoundObject[]> {
  // Copies share most of their parts: each part is read once.
  const known = new Map<string, Entry[]>();
  const matching = async (snapshot: Snapshot, ref: PartRef): Promise<Entry[]> => {
    const before = known.get(ref.id);
    if (before !== undefined) return before;
    const { entries } = openedPart(ref, await readPart(deps, snapshot, ref));
    const chosen = entries.filter(({ key, segment }) => segment === 0 && matches(key));
    known.set(ref.id, chosen);
    return chosen;
  };
  const states = new Map<string, { key: Buffer; object: FoundObject }>();
  for (const snapshot of snapshots) {
    for (const ref of await partsOf(deps, snapshot)) {
      for (const entry of await matching(snapshot, ref)) {
        const state = stateOf(entry);
        const seen = states.get(state);
        if (seen !== undefined) seen.object.snapshots.push(snapshot.id);
        else states.set(state, { key: entry.key, object: objectOf(snapshot, entry) });
      }
    }
    deps.progress({ what: `looking through ${snapshot.tenant}/${snapshot.source}`, objects: states.size, bytes: 0 });
  }
  const sorted = [...states.values()].sort(
    (a, b) => Buffer.compare(a.key, b.key) || (a.object.modifiedAt < b.object.modifiedAt ? -1 : 1),
  );
  return sorted.map(({ object }) => object);
}

/** A copy that has expired since it was listed holds nothing. */
async function partsOf(deps: Deps, snapshot: Snapshot): Promise<PartRef[]> {
  try {
    return (await readRoot(deps, snapshot)).parts;
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

function stateOf({ key, type, size, mtimeNs, chunks }: Entry): string {
  return `${key.toString('base64')} ${type} ${size} ${mtimeNs} ${chunks.length === 0 ? '' : contentHash(chunks).toString('base64')}`;
}

function objectOf({ tenant, source, id }: Snapshot, { key, type, size, mtimeNs }: Entry): FoundObject {
  return { tenant, source, ...nameOf(key), type, size, modifiedAt: instantOfNs(mtimeNs), snapshots: [id] };
}
