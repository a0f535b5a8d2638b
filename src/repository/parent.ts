import { ConflictError, CorruptError, NotFoundError } from '../domain/errors.ts';
import { liveSnapshots, readChain } from './chain.ts';
import type { Intent } from './chain-rows.ts';
import type { Damage } from './damage.ts';
import type { PartRef } from './model.ts';
import { type LoadPart, openedPart } from './parent-cursor.ts';
import { readPart, readRoot } from './read-root.ts';
import type { Repository } from './repository.ts';

/** The parent's manifest as far as it can be read. */
export interface Parent {
  parts: PartRef[];
  load: LoadPart;
  /** Its root cannot be read: then nothing is carried over, as in a first backup. */
  lost: boolean;
}

/**
 * Reads what a backup compares with. What cannot be read counts as absent, so that it is read from the source again: damage
 * must not stop every backup that comes after it.
 *
 * @throws ConflictError when the parent is not live any more
 */
export async function readParent(repo: Repository, intent: Intent, damage: Damage): Promise<Parent> {
  const { tenant, source, parent } = intent;
  const scope = { tenant, source };
  const load: LoadPart = async (ref) => {
    try {
      return openedPart(ref, await readPart(repo, scope, ref));
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      damage.meet('part', ref.id, error.message);
      return undefined;
    }
  };
  if (parent === undefined) return { parts: [], load, lost: false };
  const chain = await readChain(repo, tenant, source);
  const snapshot = liveSnapshots(chain).find(({ record }) => record.id === parent);
  if (!snapshot) throw new ConflictError(`snapshot ${parent}, with which the backup compares, is not live any more`);
  try {
    return { parts: (await readRoot(repo, snapshot.record)).parts, load, lost: false };
  } catch (error) {
    // NotFoundError: its key is gone.
    if (!(error instanceof CorruptError || error instanceof NotFoundError)) throw error;
    damage.meet('root', parent, error.message);
    return { parts: [], load, lost: true };
  }
}
