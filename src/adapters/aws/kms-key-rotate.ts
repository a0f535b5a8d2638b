import { randomBytes, randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { inParallel } from './in-parallel.ts';
import { rowsIn } from './kms-key-listing.ts';
import { behind, lookAndOpen, openBest, seal, settleKey, type Wrapping, wrappingOf } from './kms-key-open.ts';
import { writeRow } from './kms-key-replica.ts';
import { type KeyRow, sameRow } from './kms-key-rows.ts';
import { living, lookAt, type Ring, requireAll, type View } from './kms-ring.ts';

/** A key made between two looks is wrapped by the new tenant key already, so one more look is nearly always enough. */
const mostRounds = 10;
/** Keys of a tenant that are wrapped anew at once: one round trip to the far Region each, well below what a partition takes. */
const atOnce = 8;

/**
 * Gives a tenant a new tenant key. Killed anywhere, every key opens, and the next call goes on where this one was; two at
 * once do the same work:
 *
 * 1. the tenant's row holds the new key and the one before it, in every replica;
 * 2. every key below is wrapped anew, each where its row is still the one that was read;
 * 3. when no replica holds a key that is wrapped by the one before, that one is dropped.
 *
 * @throws NotFoundError when the tenant key is gone, CorruptError when a key below does not open, UnavailableError when a
 *   replica is away
 */
export async function rotateTenant(ring: Ring, tenant: string): Promise<void> {
  const ref = `tenant/${tenant}`;
  const begun = await begin(ring, ref);
  for (let round = 0; round < mostRounds; round++) {
    await rewrapStale(ring, tenant, begun.row.generation);
    if ((await staleBelow(ring, tenant, begun.row.generation)).length > 0) continue;
    await end(ring, ref, begun.row.generation);
    // The key before is still known here: what a killed maker wrote at the last moment is wrapped anew with it.
    await rewrapStale(ring, tenant, begun.row.generation, begun.wrapping);
    return;
  }
  throw new ConflictError(`others change the keys of ${tenant} all the time`, { hint: 'Rotate again; it goes on.' });
}

async function begin(ring: Ring, ref: KeyRef): Promise<{ row: KeyRow; wrapping: Wrapping }> {
  for (let round = 0; round < mostRounds; round++) {
    requireAll(ring, await lookAt(ring, ref), `rotating ${ref}`);
    const { row } = await settleKey(ring, ref);
    // A rotation that was killed goes on.
    if (row.previous) return { row, wrapping: await wrappingOf(ring, await lookAt(ring, ref), ref) };
    const { generation, sealed } = row;
    const fresh = await ring.master.wrap(ref, randomBytes(32));
    const next = { ...row, revision: randomUUID(), generation: generation + 1, sealed: fresh };
    await replace(ring, { ...next, previous: { generation, sealed } }, row);
  }
  throw new ConflictError(`others rotate ${ref} all the time`);
}

/** Drops the key before; done as well when somebody else has done it. */
async function end(ring: Ring, ref: KeyRef, generation: number): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    requireAll(ring, await lookAt(ring, ref), `rotating ${ref}`);
    const { row } = await settleKey(ring, ref);
    if (row.generation !== generation || !row.previous) return;
    const { previous: _, ...next } = { ...row, revision: randomUUID() };
    await replace(ring, next, row);
  }
}

/** Every replica gets the next row, unless somebody was faster: then the caller looks again. */
async function replace(ring: Ring, next: KeyRow, before: KeyRow): Promise<void> {
  try {
    for (const replica of ring.replicas) await writeRow(replica, next, before.revision);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** Refs below a tenant that are not wrapped by this generation in every replica. */
async function staleBelow(ring: Ring, tenant: string, generation: number): Promise<KeyRef[]> {
  const prefixes = ['source', 'root', 'work'].map((kind) => `${kind}/${tenant}/`);
  const rows = await Promise.all(ring.replicas.flatMap((replica) => prefixes.map((prefix) => rowsIn(replica, prefix))));
  const byRef = new Map<KeyRef, KeyRow[]>();
  for (const row of rows.flat()) byRef.set(row.ref, [...(byRef.get(row.ref) ?? []), row]);
  return [...byRef].flatMap(([ref, copies]) => {
    const [first] = copies;
    const settled =
      copies.length === ring.replicas.length &&
      copies.every((row) => row.generation === generation && first !== undefined && sameRow(row, first));
    return settled ? [] : [ref];
  });
}

async function rewrapStale(ring: Ring, tenant: string, generation: number, known?: Wrapping): Promise<void> {
  const stale = await staleBelow(ring, tenant, generation);
  await inParallel(stale, atOnce, async (ref) => await rewrap(ring, ref, known));
}

async function rewrap(ring: Ring, ref: KeyRef, known?: Wrapping): Promise<void> {
  const view = await lookAt(ring, ref);
  // Destroyed meanwhile; a row that is left is the business of its destruction.
  if (living(view).length === 0) return;
  const { opened, wrapping } = await openAnyway(ring, ref, view, known);
  if (opened.row.generation === wrapping.generation) {
    await settleKey(ring, ref);
    return;
  }
  const next = { ...opened.row, revision: randomUUID(), ...(await seal(ring, opened.row, opened.key, wrapping)) };
  try {
    for (const { replica, revision } of behind(view, next)) await writeRow(replica, next, revision);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

async function openAnyway(ring: Ring, ref: KeyRef, view: View, known: Wrapping | undefined) {
  if (known) return { opened: await openBest(ring, view, known), wrapping: known };
  const { opened, wrapping } = await lookAndOpen(ring, ref);
  if (!wrapping) throw new NotFoundError(`nothing wraps ${ref}`);
  return { opened, wrapping };
}
