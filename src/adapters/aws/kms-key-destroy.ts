import { TenureError } from '../../domain/errors.ts';
import type { KeyRef, ReplicaReceipt } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import { type Doomed, type Found, lookIn, type Replica, recordGone, removeRows } from './kms-key-replica.ts';
import { everyInstance } from './kms-key-rows.ts';
import { everywhere, look, type Ring, type View, viewOf } from './kms-ring.ts';

/** How often a row is removed again that a late replication has brought back meanwhile. */
const mostRounds = 3;

/**
 * Destroys keys. The order matters at every moment of a kill:
 *
 * 1. Every replica that answers records the destruction. From the first record on no replica hands the key out, is mended
 *    from another, or takes the key's row again.
 * 2. Every replica removes the rows.
 * 3. Every replica is read again, consistently: it acknowledges what it does not hold and has recorded. A row that was still
 *    on its way between the Regions when its removal was written loses against it there (the last writer wins); until then
 *    the record keeps it shut, and where it shows here it is removed again.
 *
 * Whoever does not get all acknowledgements calls again: everything is repeated.
 */
export async function destroyKeys(ring: Ring, refs: readonly KeyRef[]): Promise<Map<KeyRef, ReplicaReceipt[]>> {
  for (const ref of refs) {
    keyPlace(ref);
    ring.master.forget(ref);
  }
  const doomed = await doom(ring, refs);
  if (doomed instanceof TenureError) {
    const reason = doomed.message;
    return receipts(refs, ring, () => reason);
  }
  const toRecord = doomed.filter(({ upTo }) => upTo > 0);
  const recorded = await everywhere(ring, (replica) => recordGone(replica, toRecord));
  const removed = await everywhere(ring, async (replica) => await removeAndLook(replica, doomed));
  for (const ref of refs) ring.master.forget(ref);
  const upTo = new Map(doomed.map((each) => [each.ref, each.upTo]));
  return receipts(refs, ring, (replica, ref) => {
    const fault = [recorded, removed].flat().find((each) => each.replica === replica && each.fault)?.fault;
    if (fault) return fault.message;
    const found = removed.find((each) => each.replica === replica)?.result?.get(ref);
    return refusal(found, upTo.get(ref) ?? everyInstance);
  });
}

/** Which instances go. Of a ref that may return, the one that is alive, or may be in a replica that is away. */
async function doom(ring: Ring, refs: readonly KeyRef[]): Promise<Doomed[] | TenureError> {
  const returning = refs.filter((ref) => !keyPlace(ref).once);
  let views = new Map<KeyRef, View>();
  try {
    if (returning.length > 0) views = await look(ring, returning);
  } catch (error) {
    if (error instanceof TenureError) return error;
    throw error;
  }
  return refs.map((ref) => ({ ref, upTo: keyPlace(ref).once ? everyInstance : lastInstance(viewOf(views, ref)) }));
}

function lastInstance({ copies, absent, goneUpTo }: View): number {
  const instances = copies.map(({ row }) => row.instance);
  return Math.max(goneUpTo + (absent.length > 0 ? 1 : 0), ...instances);
}

async function removeAndLook(replica: Replica, doomed: readonly Doomed[]): Promise<Map<KeyRef, Found>> {
  const refs = doomed.map(({ ref }) => ref);
  for (let round = 1; ; round++) {
    await removeRows(replica, doomed);
    const found = await lookIn(replica, refs);
    const left = doomed.some(({ ref, upTo }) => (found.get(ref)?.row?.instance ?? Number.POSITIVE_INFINITY) <= upTo);
    if (!left || round === mostRounds) return found;
  }
}

/** Why a replica does not acknowledge; `undefined`: it does. */
function refusal(found: Found | undefined, upTo: number): string | undefined {
  if (found === undefined) return 'it was not read';
  if (found.goneUpTo < upTo) return 'the record of the destruction is not there';
  if (found.row && found.row.instance <= upTo) return 'the key is there again: a replication brought it back';
  return undefined;
}

function receipts(
  refs: readonly KeyRef[],
  ring: Ring,
  reasonOf: (replica: Replica, ref: KeyRef) => string | undefined,
): Map<KeyRef, ReplicaReceipt[]> {
  return new Map(
    refs.map((ref) => [
      ref,
      ring.replicas.map((replica) => {
        const reason = reasonOf(replica, ref);
        return { replica: replica.name, acknowledged: reason === undefined, ...(reason !== undefined && { reason }) };
      }),
    ]),
  );
}
