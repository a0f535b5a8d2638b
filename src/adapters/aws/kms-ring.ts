import { TenureError, UnavailableError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { type Found, lookIn, type Replica } from './kms-key-replica.ts';
import type { KeyRow } from './kms-key-rows.ts';
import type { Master } from './kms-master.ts';

/** An open key store. */
export interface Ring {
  /** In the order of the settings, the same in every process: the first decides who makes a key. */
  replicas: readonly Replica[];
  master: Master;
}

/** A replica that could not be read or written, and why. */
export interface Absent {
  replica: Replica;
  fault: TenureError;
}

/** The row of a key in one replica. */
export interface Copy {
  replica: Replica;
  row: KeyRow;
}

/** Everything that the replicas say about one ref. */
export interface View {
  ref: KeyRef;
  copies: Copy[];
  /** Replicas that were read and hold no such row. */
  without: Replica[];
  absent: Absent[];
  /** The last instance that any replica has recorded as destroyed. One record is enough. */
  goneUpTo: number;
}

/**
 * Reads what every replica says about some refs. One that cannot be read does not keep the others from answering.
 *
 * @param patienceMs for each replica; without it the SDK's own, which is some ten seconds where a Region does not answer
 * @throws the first replica's fault when none can be read
 */
export async function look(ring: Ring, refs: readonly KeyRef[], patienceMs?: number): Promise<Map<KeyRef, View>> {
  const answers = await everywhere(ring, (replica) => lookIn(replica, refs, patienceMs));
  const absent = answers.flatMap(({ replica, fault }) => (fault ? [{ replica, fault }] : []));
  if (absent.length === ring.replicas.length) throw noReplica(ring, absent);
  return new Map(
    refs.map((ref) => {
      const view: View = { ref, copies: [], without: [], absent, goneUpTo: 0 };
      for (const { replica, result } of answers) if (result) add(view, replica, result.get(ref));
      return [ref, view];
    }),
  );
}

function add(view: View, replica: Replica, found: Found | undefined): void {
  view.goneUpTo = Math.max(view.goneUpTo, found?.goneUpTo ?? 0);
  if (found?.row) view.copies.push({ replica, row: found.row });
  else view.without.push(replica);
}

/** The view of one ref. @throws as `look` */
export async function lookAt(ring: Ring, ref: KeyRef, patienceMs?: number): Promise<View> {
  return viewOf(await look(ring, [ref], patienceMs), ref);
}

/** The view of a ref that was looked at. */
export function viewOf(views: Map<KeyRef, View>, ref: KeyRef): View {
  return views.get(ref) ?? { ref, copies: [], without: [], absent: [], goneUpTo: 0 };
}

/** Copies that are not recorded as destroyed. */
export function living(view: View): Copy[] {
  return view.copies.filter(({ row }) => row.instance > view.goneUpTo);
}

/** Runs work in every replica at once and catches its fault, so that one bad Region does not stop the other. */
export async function everywhere<T>(
  ring: Ring,
  work: (replica: Replica) => Promise<T>,
): Promise<{ replica: Replica; result?: T; fault?: TenureError }[]> {
  return await Promise.all(
    ring.replicas.map(async (replica) => {
      try {
        return { replica, result: await work(replica) };
      } catch (error) {
        if (!(error instanceof TenureError)) throw error;
        return { replica, fault: error };
      }
    }),
  );
}

/** Refuses work that needs every replica. @throws UnavailableError, or the fault of the replica */
export function requireAll(ring: Ring, { absent }: View, what: string): void {
  if (absent.length > 0) throw noReplica(ring, absent, `${what} needs every replica of the keys`);
}

/** What to throw where replicas are away: a denied right stays one, everything else may pass. */
export function noReplica(
  ring: Ring,
  absent: readonly Absent[],
  what = 'no replica of the keys can be read',
): TenureError {
  const lasting = absent.find(({ fault }) => !(fault instanceof UnavailableError));
  if (lasting) return lasting.fault;
  const reasons = absent.map(({ fault }) => fault.message).join('; ');
  return new UnavailableError(`${what}: ${reasons}`, {
    details: { replicas: ring.replicas.length, absent: absent.length },
    cause: absent[0]?.fault,
  });
}
