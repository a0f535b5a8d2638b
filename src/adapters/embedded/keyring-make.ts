import { randomBytes } from 'node:crypto';
import { ConflictError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import { sealKey } from '../key-wrapping.ts';
import { translateFault } from './fs-faults.ts';
import { settleKey, wrappingFor } from './keyring-open.ts';
import { encodeRecord, type KeyRecord } from './keyring-record.ts';
import type { Replica } from './keyring-replica.ts';
import { faultOf, living, look, type Ring, requireAll } from './keyring-ring.ts';

/**
 * Draws a key and has every replica hold it durably. Called under the lock. Killed in between, the key is in some
 * replicas and nobody has it yet; opening mends it, destroying ends it.
 *
 * @throws ConflictError when the ref exists or may not return, NotFoundError when its tenant key is gone, UnavailableError
 *   when a replica is away (then no replica holds it)
 */
export function makeKey(ring: Ring, ref: KeyRef): Buffer {
  requireAll(ring, `making key ${ref}`);
  const { parent } = keyPlace(ref);
  // Otherwise a key could be wrapped by a generation of the tenant key that one replica does not know.
  if (parent !== undefined) settleKey(ring, parent);
  const view = look(ring, ref);
  if (living(view).length > 0) throw new ConflictError(`key ${ref} exists`);
  if (view.goneUpTo === Number.POSITIVE_INFINITY) {
    throw new ConflictError(`key ${ref} was destroyed and cannot be made again`);
  }
  if (view.goneUpTo > 0) clearEarlier(ring, ref, view.goneUpTo);
  const key = randomBytes(32);
  const record = wrapKey(ring, ref, view.goneUpTo + 1, key);
  writeEverywhere(ring, ref, encodeRecord(record));
  return key;
}

/** Wraps a key by what wraps its ref now. */
export function wrapKey(ring: Ring, ref: KeyRef, instance: number, key: Buffer): KeyRecord {
  const { generation, byGeneration } = wrappingFor(ring, ref);
  const named = { ref, instance, generation: ref.startsWith('tenant/') ? 1 : generation };
  return {
    ...named,
    sealed: sealKey(byGeneration.get(generation) ?? ring.wrapping, { ...named, keyring: ring.id }, key),
  };
}

/** Instances that were destroyed while a replica was away: their files go, and every replica records them. */
function clearEarlier(ring: Ring, ref: KeyRef, upTo: number): void {
  for (const replica of ring.replicas) {
    replica.recordGone([{ ref, upTo }]);
    replica.destroy(ref);
    replica.settle([ref]);
  }
}

function writeEverywhere(ring: Ring, ref: KeyRef, bytes: Buffer): void {
  const tried: Replica[] = [];
  try {
    for (const replica of ring.replicas) {
      tried.push(replica);
      replica.create(ref, bytes);
    }
  } catch (error) {
    for (const replica of tried) faultOf(replica, () => replica.withdraw(ref));
    throw translateFault(error, `cannot make key ${ref}`);
  }
}
