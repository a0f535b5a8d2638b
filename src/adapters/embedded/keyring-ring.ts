import { join } from 'node:path';
import { TenureError, UnavailableError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { faultCode, translateFault } from './fs-faults.ts';
import { decodeRecord, type KeyRecord } from './keyring-record.ts';
import type { Replica } from './keyring-replica.ts';
import { withProcessLock } from './process-lock.ts';

/** An open keyring. */
export interface Ring {
  /** Id of the keyring. */
  id: string;
  replicas: Replica[];
  /** Wraps tenant, evidence and signing keys; derived from the master key. */
  wrapping: Buffer;
  /** True while this ring holds the lock: work under it may ask for it again. */
  held: boolean;
}

/** A replica that cannot be used now, and why. */
export interface Absent {
  replica: Replica;
  fault: TenureError;
}

/** The file of a key in one replica. */
export interface Copy {
  replica: Replica;
  bytes: Buffer;
  /** Absent: the file is damaged. */
  record?: KeyRecord;
}

/** Everything that the replicas say about one ref. */
export interface View {
  copies: Copy[];
  /** Replicas that were read and hold no such file. */
  without: Replica[];
  absent: Absent[];
  /** The last instance that any replica has recorded as destroyed. One record is enough. */
  goneUpTo: number;
}

/** Splits the replicas into those that are there and those that are not. */
export function reach(ring: Ring): { present: Replica[]; absent: Absent[] } {
  const present: Replica[] = [];
  const absent: Absent[] = [];
  for (const replica of ring.replicas) {
    const fault = faultOf(replica, () => replica.assertPresent());
    if (fault) absent.push({ replica, fault });
    else present.push(replica);
  }
  return { present, absent };
}

/** Runs work on a replica and catches its fault, so that one bad disk does not stop the other. */
export function faultOf(replica: Replica, work: () => void): TenureError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return translateFault(error, `replica ${replica.folder}`);
  }
}

/** Reads what every replica says about a ref. @throws UnavailableError when none can be read */
export function look(ring: Ring, ref: KeyRef): View {
  const { present, absent } = reach(ring);
  const view: View = { copies: [], without: [], absent, goneUpTo: 0 };
  for (const replica of present) {
    const fault = faultOf(replica, () => {
      const goneUpTo = replica.goneUpTo(ref);
      const bytes = replica.read(ref);
      view.goneUpTo = Math.max(view.goneUpTo, goneUpTo);
      if (bytes) view.copies.push(toCopy(replica, bytes, ref));
      else view.without.push(replica);
    });
    if (fault) absent.push({ replica, fault });
  }
  if (view.copies.length + view.without.length === 0) throw noReplica(ring, absent);
  return view;
}

/** Copies that are not recorded as destroyed. A damaged one counts: its instance is the only one that can be alive. */
export function living(view: View): Copy[] {
  return view.copies.filter(({ record }) => (record?.instance ?? view.goneUpTo + 1) > view.goneUpTo);
}

/**
 * Runs synchronous work while no other process writes to the replicas that are there, after clearing what killed writers
 * left. Locks are taken in the order of the folders' names, so that two keyrings opened the other way round do not wait
 * for each other.
 *
 * @throws UnavailableError when another process keeps the lock
 */
export function locked<T>(ring: Ring, work: () => T): T {
  if (ring.held) return work();
  const { present } = reach(ring);
  const files = present.map((replica) => join(replica.folder, 'lock')).sort();
  const innermost = (): T => {
    ring.held = true;
    try {
      // A replica that cannot be cleared says so again, and with its reason, when it is written to.
      for (const replica of present) faultOf(replica, () => replica.clearTemps());
      return work();
    } finally {
      ring.held = false;
    }
  };
  return files.reduceRight<() => T>((inner, file) => () => lockOrGoOn(file, inner), innermost)();
}

/** A replica that cannot be written has no lock, and needs none: nobody else writes there either. */
function lockOrGoOn<T>(file: string, work: () => T): T {
  let entered = false;
  const once = (): T => {
    entered = true;
    return work();
  };
  try {
    return withProcessLock(file, once);
  } catch (error) {
    if (entered || !isUnwritable(error)) throw error;
    return once();
  }
}

function isUnwritable(error: unknown): boolean {
  if (!(error instanceof TenureError)) return false;
  const sqliteReadOnly = Number(error.details.sqlite) % 256 === 8;
  return sqliteReadOnly || ['EROFS', 'EACCES', 'EPERM'].includes(faultCode(error.cause) ?? '');
}

/** Refuses work that needs every replica. @throws UnavailableError */
export function requireAll(ring: Ring, what: string): void {
  const { absent } = reach(ring);
  if (absent.length > 0) throw noReplica(ring, absent, `${what} needs every replica of the keyring`);
}

export function noReplica(
  ring: Ring,
  absent: Absent[],
  what = 'no replica of the keyring can be read',
): UnavailableError {
  const reasons = absent.map(({ fault }) => fault.message).join('; ');
  return new UnavailableError(`${what}: ${reasons}`, {
    hint: 'Mount or mend the folder, then try again.',
    details: { replicas: ring.replicas.length, absent: absent.length },
    cause: absent[0]?.fault,
  });
}

function toCopy(replica: Replica, bytes: Buffer, ref: KeyRef): Copy {
  try {
    return { replica, bytes, record: decodeRecord(bytes, ref) };
  } catch {
    return { replica, bytes };
  }
}
