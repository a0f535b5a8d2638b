import { CorruptError, NotFoundError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import { deriveKey, unsealKey } from '../key-wrapping.ts';
import { compareRecords, type KeyRecord } from './keyring-record.ts';
import type { Replica } from './keyring-replica.ts';
import { type Copy, faultOf, living, locked, look, noReplica, type Ring, type View } from './keyring-ring.ts';

/** A key that was opened, with the copy that it came from. */
export interface OpenedKey {
  key: Buffer;
  record: KeyRecord;
  bytes: Buffer;
}

/** What the keys below a tenant are wrapped by: the current wrapping key, and the one before while a rotation is under way. */
export interface Wrapping {
  generation: number;
  byGeneration: Map<number, Buffer>;
}

/**
 * Opens a key. Where the replicas differ, the best copy that opens wins and the others are mended from it.
 *
 * @throws NotFoundError when no replica holds it, a replica has recorded its destruction, or its tenant key is gone;
 *   CorruptError when no copy opens; UnavailableError when a replica that might hold it is away
 */
export function openKey(ring: Ring, ref: KeyRef): OpenedKey {
  const wrapping = wrappingFor(ring, ref);
  const view = look(ring, ref);
  const opened = openBest(ring, ref, view, wrapping);
  if (needsMending(view, opened)) faultOfMending(ring, ref);
  return opened;
}

/** Opens a key and has every replica hold it equally. Called under the lock. @throws also when a replica cannot be mended */
export function settleKey(ring: Ring, ref: KeyRef): OpenedKey {
  const wrapping = wrappingFor(ring, ref);
  const view = look(ring, ref);
  const opened = openBest(ring, ref, view, wrapping);
  for (const replica of behind(view, opened)) replica.replace(ref, opened.bytes);
  return opened;
}

/** The keys that may have wrapped a ref. @throws as `openKey`, for the tenant key */
export function wrappingFor(ring: Ring, ref: KeyRef): Wrapping {
  const { parent } = keyPlace(ref);
  if (parent === undefined) return { generation: 0, byGeneration: new Map() };
  let opened: OpenedKey;
  try {
    opened = openKey(ring, parent);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new NotFoundError(`key ${ref} cannot be opened any more: ${error.message}`, { cause: error });
  }
  const { record, key } = opened;
  const byGeneration = new Map([[record.generation, deriveKey(key, ring.id, 'below')]]);
  if (record.previous) {
    const before = unsealKey(
      ring.wrapping,
      { ...record, ...record.previous, keyring: ring.id },
      record.previous.sealed,
    );
    if (!before) throw new CorruptError(`the key before ${parent} does not open`);
    byGeneration.set(record.previous.generation, deriveKey(before, ring.id, 'below'));
  }
  return { generation: record.generation, byGeneration };
}

function openBest(ring: Ring, ref: KeyRef, view: View, wrapping: Wrapping): OpenedKey {
  const copies = living(view);
  if (copies.length === 0) {
    if (view.goneUpTo > 0 || view.copies.length > 0) throw new NotFoundError(`key ${ref} was destroyed`);
    if (view.absent.length > 0) throw noReplica(ring, view.absent, `key ${ref} is in no replica that can be read`);
    throw new NotFoundError(`key ${ref} does not exist`);
  }
  const opened = copies.flatMap((copy) => open(ring, copy, wrapping));
  const best = opened.sort((a, b) => compareRecords(b.record, a.record))[0];
  if (best) return best;
  throw new CorruptError(`key ${ref} does not open: its file was altered, or is of another keyring`, {
    hint: 'Put its file back from an untouched copy of the other replica.',
  });
}

function open(ring: Ring, { bytes, record }: Copy, wrapping: Wrapping): OpenedKey[] {
  if (!record) return [];
  const below = keyPlace(record.ref).parent !== undefined;
  const by = below ? wrapping.byGeneration.get(record.generation) : ring.wrapping;
  const key = by && unsealKey(by, { ...record, keyring: ring.id }, record.sealed);
  return key ? [{ key, record, bytes }] : [];
}

/** Replicas that do not hold what was opened. */
function behind(view: View, opened: OpenedKey): Replica[] {
  const differing = view.copies.filter(({ bytes }) => !bytes.equals(opened.bytes)).map(({ replica }) => replica);
  return [...view.without, ...differing];
}

function needsMending(view: View, opened: OpenedKey): boolean {
  return behind(view, opened).length > 0;
}

/** Mending is a favour: a key that opens is handed out also when the other replica cannot be written. */
function faultOfMending(ring: Ring, ref: KeyRef): void {
  const [first] = ring.replicas;
  // Under the lock everything is looked at anew: meanwhile somebody may have destroyed the key or mended it.
  if (first) faultOf(first, () => locked(ring, () => settleKey(ring, ref)));
}
