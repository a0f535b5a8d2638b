import { randomBytes, randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import { behind, ofTenure, openBest, seal, settleKey, wrappingOf } from './kms-key-open.ts';
import { type Replica, withdrawRow, writeRow } from './kms-key-replica.ts';
import { everyInstance, type KeyRow } from './kms-key-rows.ts';
import { living, look, lookAt, type Ring, requireAll, type View, viewOf } from './kms-ring.ts';

/** A tenant key that is rotated more often than this while one key is made is nobody's intention. */
const mostRewraps = 5;

/**
 * Draws a key and has every replica hold it. The first replica decides who makes it: of many at once one finds no row there.
 * Killed in between, the key is in some replicas and nobody has it yet; opening mends it, destroying ends it.
 *
 * @throws ConflictError when the ref exists or may not return, NotFoundError when its tenant key is gone, UnavailableError
 *   when a replica is away (then no replica holds it)
 */
export async function makeKey(ring: Ring, ref: KeyRef): Promise<Buffer> {
  const { parent } = keyPlace(ref);
  const views = await look(ring, parent === undefined ? [ref] : [ref, parent]);
  const view = viewOf(views, ref);
  requireAll(ring, view, `making key ${ref}`);
  const wrapping = parent === undefined ? undefined : await wrapped(ring, viewOf(views, parent), ref);
  if (living(view).length > 0) throw new ConflictError(`key ${ref} exists`);
  if (view.goneUpTo === everyInstance) throw destroyed(ref);
  const key = randomBytes(32);
  const named = { ref, instance: view.goneUpTo + 1 };
  const row: KeyRow = { ...named, revision: randomUUID(), ...(await seal(ring, named, key, wrapping)) };
  await writeEverywhere(ring, row);
  if (parent !== undefined) await followRotation(ring, parent, row, key);
  return key;
}

/**
 * Also has every replica hold the tenant key, so that none is left with a key that nothing there opens. A favour: who makes
 * keys below a tenant may lack the right to write the tenant's own.
 */
async function wrapped(ring: Ring, tenant: View, ref: KeyRef) {
  const wrapping = await wrappingOf(ring, tenant, ref);
  const { row } = await openBest(ring, tenant, undefined);
  if (behind(tenant, row).length > 0) await settleKey(ring, row.ref).catch(ofTenure);
  return wrapping;
}

async function writeEverywhere(ring: Ring, row: KeyRow): Promise<void> {
  const tried: Replica[] = [];
  try {
    for (const replica of ring.replicas) {
      tried.push(replica);
      await writeRow(replica, row);
    }
  } catch (error) {
    await withdraw(tried, row);
    if (!(error instanceof ConflictError)) throw error;
    const failed = Array.isArray(error.details.failed) ? error.details.failed : [];
    throw failed.includes(1) ? destroyed(row.ref) : new ConflictError(`key ${row.ref} exists`, { cause: error });
  }
}

/**
 * A rotation may have begun and ended between reading the tenant key and writing the row; what it dropped opens nothing any
 * more. One that begins after this look finds the row and wraps it anew itself. A tenant key that was destroyed meanwhile
 * takes the key with it.
 */
async function followRotation(ring: Ring, parent: KeyRef, made: KeyRow, key: Buffer): Promise<void> {
  let row = made;
  for (let round = 0; round < mostRewraps; round++) {
    const tenant = await lookAt(ring, parent);
    let wrapping: Awaited<ReturnType<typeof wrappingOf>>;
    try {
      wrapping = await wrappingOf(ring, tenant, row.ref);
    } catch (error) {
      if (error instanceof NotFoundError) await withdraw(ring.replicas, row);
      throw error;
    }
    if (wrapping.generation === row.generation) return;
    const next = { ...row, revision: randomUUID(), ...(await seal(ring, row, key, wrapping)) };
    try {
      for (const replica of ring.replicas) await writeRow(replica, next, row.revision);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // The rotation itself was faster, or somebody destroyed the key.
      const { key: opened } = await settleKey(ring, row.ref);
      if (!opened.equals(key)) throw new ConflictError(`key ${row.ref} exists`, { cause: error });
      return;
    }
    row = next;
  }
}

/** Best effort: what stays is a key that nobody has. */
async function withdraw(replicas: readonly Replica[], row: KeyRow): Promise<void> {
  for (const replica of replicas) await withdrawRow(replica, row).catch(ofTenure);
}

function destroyed(ref: KeyRef): ConflictError {
  return new ConflictError(`key ${ref} was destroyed and cannot be made again`);
}
