import type { Snapshot } from '../domain/snapshot.ts';
import type { Json } from '../ports/table.ts';

/** A root whose key still opens it. */
export interface FoundRoot {
  snapshot: Snapshot;
  descriptor: { [name: string]: Json };
}

/**
 * Chooses the roots of one source that make its chain, oldest first. Two kinds of roots do not: an older root of the same
 * snapshot whose key was about to be destroyed by a subject erasure (the one that holds less counts), and one of two with
 * the same parent, where a backup was given up after its root was sealed, or an expiry was under way: the one that others
 * build upon counts, else the later one.
 */
export function chooseRoots(found: readonly FoundRoot[]): FoundRoot[] {
  const perSnapshot = new Map<string, FoundRoot>();
  for (const root of found) {
    const known = perSnapshot.get(root.snapshot.id);
    if (!known || holdsLess(root.snapshot, known.snapshot)) perSnapshot.set(root.snapshot.id, root);
  }
  const parents = new Set([...perSnapshot.values()].map(({ snapshot }) => snapshot.parent));
  const better = (a: Snapshot, b: Snapshot): boolean => {
    const [aBears, bBears] = [parents.has(a.id), parents.has(b.id)];
    if (aBears !== bBears) return aBears;
    return a.seq !== b.seq ? a.seq > b.seq : a.takenAt > b.takenAt;
  };
  const chosen = new Map<string, FoundRoot>();
  const place = (root: FoundRoot, name: string): void => {
    const known = chosen.get(name);
    if (!known || better(root.snapshot, known.snapshot)) chosen.set(name, root);
  };
  for (const root of perSnapshot.values()) place(root, root.snapshot.parent ?? '');
  // A position is given once; what shares one cannot both be in the chain either.
  const siblings = [...chosen.values()];
  chosen.clear();
  for (const root of siblings) place(root, String(root.snapshot.seq));
  return [...chosen.values()].sort((a, b) => a.snapshot.seq - b.snapshot.seq);
}

/** Of two roots of one snapshot: fewer objects; with equally many (a retried commit) either will do, so the choice is by key name. */
function holdsLess(a: Snapshot, b: Snapshot): boolean {
  if (a.totals.objects !== b.totals.objects) return a.totals.objects < b.totals.objects;
  return a.root.key < b.root.key;
}
