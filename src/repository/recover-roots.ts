import { hash } from 'node:crypto';
import { CorruptError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { objectKey, parseObjectKey } from './object-names.ts';
import { getStored } from './read-frame.ts';
import type { FoundRoot } from './recover-choose.ts';
import type { Repository } from './repository.ts';
import { openRoot, type Root, readRootHeader } from './root.ts';

/** Every root of a repository, as far as keys open it. */
export interface ReadRoots {
  roots: FoundRoot[];
  /** Roots without a key: erased snapshots and replaced roots. */
  erased: number;
  /** Roots that cannot be read. */
  damaged: { object: string; reason: string }[];
}

/** Reads every root whose key still opens it. Needs no catalog and changes nothing. */
export async function readRoots(repo: Pick<Repository, 'objects' | 'keys'>): Promise<ReadRoots> {
  const read: ReadRoots = { roots: [], erased: 0, damaged: [] };
  for (const [header, objects] of await findRoots(repo, read)) {
    const root = await openFound(repo, header, objects, read);
    if (root) read.roots.push(root);
  }
  return read;
}

/** Objects of kind root, by what their clear headers say. */
async function findRoots(repo: Pick<Repository, 'objects' | 'keys'>, read: ReadRoots): Promise<Map<string, string[]>> {
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
      read.damaged.push({ object: key, reason: error.message });
    }
  }
  return found;
}

async function openFound(
  repo: Pick<Repository, 'objects' | 'keys'>,
  header: string,
  objects: readonly string[],
  read: ReadRoots,
): Promise<FoundRoot | undefined> {
  const keyRef = header.split(' ')[0] ?? '';
  let key: Buffer;
  try {
    key = await repo.keys.open(keyRef);
  } catch (error) {
    if (error instanceof NotFoundError) read.erased += 1;
    else if (error instanceof CorruptError)
      read.damaged.push(...objects.map((object) => ({ object, reason: error.message })));
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
      read.damaged.push({ object, reason: error.message });
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
