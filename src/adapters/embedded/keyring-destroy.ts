import type { KeyRef, ReplicaReceipt } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import type { Replica } from './keyring-replica.ts';
import { faultOf, look, type Ring, reach } from './keyring-ring.ts';

interface Doomed {
  ref: KeyRef;
  /** The last instance that goes. */
  upTo: number;
}

/**
 * Destroys keys. Called under the lock. The order matters at every moment of a kill:
 *
 * 1. Every replica that is there records the destruction, durably. From the first record on no replica hands the key out
 *    or mends another from it, so a half-destroyed key cannot come back.
 * 2. Every replica overwrites the files, through to the device, and removes them durably.
 *
 * A replica acknowledges when both were done there. Whoever does not get all acknowledgements calls again: everything is
 * repeated, also the syncing that a killed process may have missed. One bad replica does not keep the others from it.
 */
export function destroyKeys(ring: Ring, refs: readonly KeyRef[]): Map<KeyRef, ReplicaReceipt[]> {
  for (const ref of refs) keyPlace(ref);
  const { present, absent } = reach(ring);
  const reasons = new Map<string, string>();
  const refuse = (replica: Replica, ref: KeyRef, reason: string | undefined): void => {
    const name = JSON.stringify([replica.folder, ref]);
    if (reason !== undefined && !reasons.has(name)) reasons.set(name, reason);
  };
  for (const { replica, fault } of absent) for (const ref of refs) refuse(replica, ref, fault.message);
  const doomed = present.length === 0 ? [] : refs.map((ref) => doom(ring, ref));
  for (const replica of present) {
    const fault = faultOf(replica, () => {
      replica.clearTemps();
      replica.recordGone(doomed.filter(({ upTo }) => upTo > 0));
    });
    for (const ref of refs) refuse(replica, ref, fault?.message);
  }
  for (const replica of present) {
    for (const ref of refs) refuse(replica, ref, faultOf(replica, () => replica.destroy(ref))?.message);
    const fault = faultOf(replica, () => replica.settle(refs));
    for (const ref of refs) refuse(replica, ref, fault?.message);
  }
  return new Map(refs.map((ref) => [ref, ring.replicas.map((replica) => receipt(replica, ref, reasons))]));
}

/** Of a ref that may return, the instance that is alive, or may be in a replica that is away, is one past those recorded. */
function doom(ring: Ring, ref: KeyRef): Doomed {
  if (keyPlace(ref).once) return { ref, upTo: Number.POSITIVE_INFINITY };
  const view = look(ring, ref);
  const instances = view.copies.map(({ record }) => record?.instance ?? view.goneUpTo + 1);
  if (view.absent.length > 0) instances.push(view.goneUpTo + 1);
  return { ref, upTo: Math.max(view.goneUpTo, ...instances) };
}

function receipt(replica: Replica, ref: KeyRef, reasons: Map<string, string>): ReplicaReceipt {
  const reason = reasons.get(JSON.stringify([replica.folder, ref]));
  return { replica: replica.folder, acknowledged: reason === undefined, ...(reason !== undefined && { reason }) };
}
