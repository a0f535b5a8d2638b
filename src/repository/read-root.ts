import { hash } from 'node:crypto';
import { CorruptError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { SourceScope } from './chain.ts';
import type { PartEntry, PartRef } from './model.ts';
import { objectKey } from './object-names.ts';
import { openPart } from './part.ts';
import { getStored } from './read-frame.ts';
import type { Repository } from './repository.ts';
import { openRoot, type Root } from './root.ts';

/**
 * Reads a snapshot's root from the first of its copies that is whole.
 *
 * @throws NotFoundError when its key is gone (the snapshot was erased), CorruptError when no copy can be read
 */
export async function readRoot(repo: Repository, snapshot: Snapshot): Promise<Root> {
  const key = await repo.keys.open(snapshot.root.key);
  const problems: string[] = [];
  for (const object of snapshot.root.objects) {
    try {
      return await openRootCopy(repo, snapshot, object, key);
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      problems.push(error.message);
    }
  }
  throw new CorruptError(`no copy of the root of snapshot ${snapshot.id} can be read: ${problems.join('; ')}`);
}

/** Reads one copy of a root and verifies it against the catalog. @throws CorruptError */
export async function openRootCopy(repo: Repository, snapshot: Snapshot, object: string, key: Buffer): Promise<Root> {
  const bytes = await getStored(repo, object);
  if (hash('sha256', bytes) !== snapshot.root.digest) {
    throw new CorruptError(`object ${object} does not match the digest of the root of snapshot ${snapshot.id}`);
  }
  const root = await openRoot(bytes, key, async (node) => await getStored(repo, objectKey(snapshot, 'node', node.id)));
  if (root.tenant !== snapshot.tenant || root.source !== snapshot.source || root.snapshot !== snapshot.id) {
    throw new CorruptError(
      `object ${object} is the root of another snapshot, ${root.tenant}/${root.source} ${root.snapshot}`,
    );
  }
  return root;
}

/** Reads and opens a part. @throws CorruptError */
export async function readPart(repo: Repository, scope: SourceScope, ref: PartRef): Promise<PartEntry[]> {
  return openPart(await getStored(repo, objectKey(scope, 'part', ref.id)), ref, scope);
}

/** Keys of all objects that a root lists: nodes, parts, packs. Its own copies are not among them. */
export function objectsOf(root: Root): string[] {
  return [
    ...(root.nodes ?? []).map(({ id }) => objectKey(root, 'node', id)),
    ...root.parts.map(({ id }) => objectKey(root, 'part', id)),
    ...root.packs.map(({ id }) => objectKey(root, 'pack', id)),
  ];
}
