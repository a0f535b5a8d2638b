import { randomBytes } from 'node:crypto';
import { CorruptError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { sealKey } from '../key-wrapping.ts';
import { wrapKey } from './keyring-make.ts';
import { openKey, settleKey, wrappingFor } from './keyring-open.ts';
import { encodeRecord, type KeyRecord } from './keyring-record.ts';
import { living, locked, look, type Ring, requireAll } from './keyring-ring.ts';

/** A key made between two looks is wrapped by the new tenant key already, so one more look is nearly always enough. */
const mostRounds = 10;

/**
 * Gives a tenant a new tenant key. Killed anywhere, every key opens, and the next call goes on where this one was:
 *
 * 1. the tenant's file holds the new key and the one before it, in every replica;
 * 2. every key below is wrapped anew, one at a time;
 * 3. when no replica holds a key that is wrapped by the one before, that one is dropped and overwritten.
 *
 * @throws NotFoundError when the tenant key is gone, CorruptError when a key below does not open, UnavailableError when a
 *   replica is away
 */
export function rotateTenant(ring: Ring, tenant: string): void {
  const ref = `tenant/${tenant}`;
  locked(ring, () => begin(ring, ref));
  for (let round = 0; round < mostRounds; round++) {
    for (const below of keysBelow(ring, tenant)) locked(ring, () => rewrap(ring, below));
    if (locked(ring, () => end(ring, ref, tenant))) return;
  }
  throw new CorruptError(`keys of ${tenant} do not take the new tenant key`);
}

function begin(ring: Ring, ref: KeyRef): void {
  requireAll(ring, `rotating ${ref}`);
  const { record } = settleKey(ring, ref);
  if (record.previous) return; // a rotation that was killed goes on
  const { instance, generation, sealed } = record;
  const next = { ref, instance, generation: generation + 1 };
  const fresh = sealKey(ring.wrapping, { ...next, keyring: ring.id }, randomBytes(32));
  writeTenant(ring, { ...next, sealed: fresh, previous: { generation, sealed } });
}

function rewrap(ring: Ring, ref: KeyRef): void {
  const view = look(ring, ref);
  if (living(view).length === 0) return; // destroyed meanwhile
  const { key, record } = openKey(ring, ref);
  const { generation } = wrappingFor(ring, ref);
  if (record.generation === generation) settleKey(ring, ref);
  else {
    const bytes = encodeRecord(wrapKey(ring, ref, record.instance, key));
    for (const replica of ring.replicas) replica.replace(ref, bytes);
  }
}

/** False when a key is still wrapped by the tenant key before. */
function end(ring: Ring, ref: KeyRef, tenant: string): boolean {
  requireAll(ring, `rotating ${ref}`);
  const { record } = settleKey(ring, ref);
  if (!record.previous) return true;
  for (const below of keysBelow(ring, tenant)) {
    const view = look(ring, below);
    if (living(view).some((copy) => copy.record?.generation !== record.generation)) return false;
  }
  const { instance, generation, sealed } = record;
  writeTenant(ring, { ref, instance, generation, sealed });
  return true;
}

function writeTenant(ring: Ring, record: KeyRecord): void {
  const bytes = encodeRecord(record);
  for (const replica of ring.replicas) replica.replace(record.ref, bytes);
}

function keysBelow(ring: Ring, tenant: string): KeyRef[] {
  const prefixes = ['source', 'root', 'work'].map((kind) => `${kind}/${tenant}/`);
  const found = ring.replicas.flatMap((replica) => prefixes.flatMap((prefix) => replica.list(prefix)));
  return [...new Set(found)].sort();
}
