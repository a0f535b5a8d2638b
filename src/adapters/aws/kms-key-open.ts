import { ConflictError, CorruptError, NotFoundError, TenureError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import { deriveKey, sealKey, unsealKey } from '../key-wrapping.ts';
import { writeRow } from './kms-key-replica.ts';
import { compareRows, type KeyRow, sameRow } from './kms-key-rows.ts';
import { type Copy, living, look, noReplica, type Ring, type View, viewOf } from './kms-ring.ts';

/** A replica that does not answer within this time is left out; the far Region takes a tenth of it. */
const patienceMs = 3000;
/** Rows are read one by one: a rotation in between is seen by reading again. */
const mostLooks = 4;
/** Sets the keys of this store apart from those of a keyring in folders. */
const keyring = 'aws';

/** A key that was opened, with the row that it came from. */
export interface OpenedKey {
  key: Buffer;
  row: KeyRow;
}

/** What the keys below a tenant are wrapped by: the current tenant key and, while a rotation is under way, the one before. */
export interface Wrapping {
  generation: number;
  byGeneration(generation: number): Promise<Buffer | undefined>;
}

/**
 * Opens a key. Where the replicas differ, the best copy that opens wins and the others are mended from it.
 *
 * @throws NotFoundError when no replica holds it, a replica has recorded its destruction, or its tenant key is gone;
 *   CorruptError when no copy opens; UnavailableError when a replica that might hold it is away
 */
export async function openKey(ring: Ring, ref: KeyRef): Promise<OpenedKey> {
  const { opened, view } = await lookAndOpen(ring, ref, patienceMs);
  // Mending is a favour: a key that opens is handed out also when the other replica cannot be written.
  if (behind(view, opened.row).length > 0) await settleKey(ring, ref).catch(ofTenure);
  return opened;
}

/** Opens a key and has every replica hold it equally. @throws also when a replica cannot be mended */
export async function settleKey(ring: Ring, ref: KeyRef): Promise<OpenedKey> {
  for (let attempt = 1; ; attempt++) {
    const { opened, view } = await lookAndOpen(ring, ref);
    try {
      for (const { replica, revision } of behind(view, opened.row)) await writeRow(replica, opened.row, revision);
      return opened;
    } catch (error) {
      // Somebody mended it, rotated it or destroyed it: look again.
      if (!(error instanceof ConflictError) || attempt === mostLooks) throw error;
    }
  }
}

/** What every replica says of a key and of what wraps it, and the key. @throws as `openKey` */
export async function lookAndOpen(
  ring: Ring,
  ref: KeyRef,
  patience?: number,
): Promise<{ opened: OpenedKey; view: View; wrapping: Wrapping | undefined }> {
  const { parent } = keyPlace(ref);
  for (let attempt = 1; ; attempt++) {
    const views = await look(ring, parent === undefined ? [ref] : [ref, parent], patience);
    const wrapping = parent === undefined ? undefined : await wrappingOf(ring, viewOf(views, parent), ref);
    const view = viewOf(views, ref);
    try {
      return { opened: await openBest(ring, view, wrapping), view, wrapping };
    } catch (error) {
      const mayBeRotated = error instanceof CorruptError && wrapping !== undefined;
      if (!mayBeRotated || attempt === mostLooks) throw error;
    }
  }
}

/** What wraps the keys below a tenant. @throws as `openKey`, for the tenant key */
export async function wrappingOf(ring: Ring, tenant: View, ref: KeyRef): Promise<Wrapping> {
  let opened: OpenedKey;
  try {
    opened = await openBest(ring, tenant, undefined);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new NotFoundError(`key ${ref} cannot be opened any more: ${error.message}`, { cause: error });
  }
  const { row, key } = opened;
  const current = deriveKey(key, keyring, 'below');
  return {
    generation: row.generation,
    async byGeneration(generation) {
      if (generation === row.generation) return current;
      if (generation !== row.previous?.generation) return undefined;
      return deriveKey(await ring.master.unwrap(row.ref, row.previous.sealed), keyring, 'below');
    },
  };
}

/** Wraps a key by what wraps its ref now. */
export async function seal(
  ring: Ring,
  { ref, instance }: { ref: KeyRef; instance: number },
  key: Buffer,
  wrapping: Wrapping | undefined,
): Promise<{ generation: number; sealed: string }> {
  if (wrapping === undefined) {
    return { generation: ref.startsWith('tenant/') ? 1 : 0, sealed: await ring.master.wrap(ref, key) };
  }
  const { generation } = wrapping;
  const by = await wrapping.byGeneration(generation);
  if (!by) throw new CorruptError(`nothing wraps ${ref}`);
  return { generation, sealed: sealKey(by, { keyring, ref, instance, generation }, key) };
}

/** The best copy that opens. @throws as `openKey` */
export async function openBest(ring: Ring, view: View, wrapping: Wrapping | undefined): Promise<OpenedKey> {
  const copies = living(view).sort((a, b) => compareRows(b.row, a.row));
  if (copies.length === 0) throw isNotThere(ring, view);
  let fault: unknown;
  for (const { row } of copies) {
    try {
      return { key: await open(ring, row, wrapping), row };
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      fault = error;
    }
  }
  throw fault;
}

async function open(ring: Ring, row: KeyRow, wrapping: Wrapping | undefined): Promise<Buffer> {
  if (wrapping === undefined) return await ring.master.unwrap(row.ref, row.sealed);
  const by = await wrapping.byGeneration(row.generation);
  const key = by && unsealKey(by, { keyring, ...row }, row.sealed);
  if (key) return key;
  throw new CorruptError(`key ${row.ref} does not open: its row was altered, or another tenant key wrapped it`, {
    hint: 'No copy of a row is kept on purpose; what it opened can be restored from older or newer snapshots only.',
  });
}

function isNotThere(ring: Ring, { ref, copies, absent, goneUpTo }: View): TenureError {
  if (goneUpTo > 0 || copies.length > 0) return new NotFoundError(`key ${ref} was destroyed`);
  if (absent.length > 0) return noReplica(ring, absent, `key ${ref} is in no replica that can be read`);
  return new NotFoundError(`key ${ref} does not exist`);
}

/** Replicas that do not hold what was opened, each with the revision that it holds instead. */
export function behind(view: View, row: KeyRow): { replica: Copy['replica']; revision?: string }[] {
  const differing = view.copies.filter((copy) => !sameRow(copy.row, row));
  return [
    ...view.without.map((replica) => ({ replica })),
    ...differing.map((copy) => ({ replica: copy.replica, revision: copy.row.revision })),
  ];
}

/** Lets a fault of Tenure pass and throws everything else: for favours, whose failing harms nobody. */
export function ofTenure(error: unknown): void {
  if (!(error instanceof TenureError)) throw error;
}
