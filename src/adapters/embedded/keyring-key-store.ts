import fs from 'node:fs';
import { ConflictError, InvalidError, NotFoundError, TenureError } from '../../domain/errors.ts';
import type { KeyRef, KeyStore, PublicJwk, ReplicaReceipt } from '../../ports/key-store.ts';
import { keyPlace } from '../key-ref.ts';
import { signEs256 } from '../signing-jwk.ts';
import { translateFault } from './fs-faults.ts';
import { createReplicas, distinct, type KeyringOptions } from './keyring-create.ts';
import { destroyKeys } from './keyring-destroy.ts';
import { assertMaster, type Identity, readIdentity } from './keyring-identity.ts';
import { makeKey } from './keyring-make.ts';
import { masterKey } from './keyring-master.ts';
import { openKey } from './keyring-open.ts';
import { locked, noReplica, type Ring, reach } from './keyring-ring.ts';
import { openRing } from './keyring-ring-open.ts';
import { rotateTenant } from './keyring-rotate.ts';
import { allPublicKeys, currentSigning, renewSigning } from './keyring-signing.ts';

/** A key store in folders. */
export interface Keyring extends KeyStore {
  /** Draws a new signing key and destroys the private half of the one before (it may have leaked). */
  renewSigningKey(): Promise<PublicJwk>;
}

/** How many keys are destroyed under one lock, so that others get their turn. */
const batchSize = 64;

/**
 * Makes a keyring and opens it. A key file that is missing is written (0600).
 *
 * @throws ConflictError when it exists in all replicas, InvalidError, UnavailableError
 */
export async function createKeyring(options: KeyringOptions): Promise<Keyring> {
  await createReplicas(options);
  return openKeyring(options);
}

/**
 * Opens a keyring: one small private file per key in each replica. Reading needs one replica, making and rotating all of
 * them, destroying takes what is there and says what is not. Keys are wrapped by AES-256-GCM, bound to their ref; nothing
 * that was unwrapped is kept in memory, so what another process destroyed is gone here too.
 *
 * @throws NotFoundError when there is no keyring, InvalidError when the master key is not its own or the replicas are of
 *   different keyrings, UnavailableError
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const folders = distinct(options.replicas);
  const identity = commonIdentity(folders);
  const master = await masterKey(options.master, identity.derivation);
  assertMaster(master, identity);
  return keyStore(openRing(identity, folders, master));
}

function keyStore(ring: Ring): Keyring {
  return {
    async replicas() {
      return ring.replicas.map((replica) =>
        guarded(() => describe(replica.folder, () => replica.list('').length, ring)),
      );
    },
    async make(ref) {
      keyPlace(ref);
      return guarded(() => locked(ring, () => makeKey(ring, ref)));
    },
    async open(ref) {
      keyPlace(ref);
      return guarded(() => openKey(ring, ref).key);
    },
    async destroy(refs) {
      const receipts = new Map<KeyRef, ReplicaReceipt[]>();
      for (const ref of refs) keyPlace(ref);
      for (let at = 0; at < refs.length; at += batchSize) {
        const batch = refs.slice(at, at + batchSize);
        for (const [ref, each] of guarded(() => locked(ring, () => destroyKeys(ring, batch)))) receipts.set(ref, each);
      }
      return receipts;
    },
    async list(prefix) {
      return guarded(() => {
        const { present, absent } = reach(ring);
        if (present.length === 0) throw noReplica(ring, absent);
        return [...new Set(present.flatMap((replica) => replica.list(prefix)))].sort();
      });
    },
    async rotate(tenant) {
      keyPlace(`tenant/${tenant}`);
      guarded(() => rotateTenant(ring, tenant));
    },
    async recoveries() {
      // A folder has none of its own; what else copies it (snapshots of the machine, backup software) is not known here.
      return [];
    },
    async sign(data) {
      const { kid, privateKey } = guarded(() => currentSigning(ring));
      return { kid, signature: signEs256(privateKey, data) };
    },
    async publicKeys() {
      return guarded(() => allPublicKeys(ring));
    },
    async renewSigningKey() {
      return guarded(() => locked(ring, () => renewSigning(ring)));
    },
  };
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translateFault(error, 'the keyring');
  }
}

function describe(name: string, count: () => number, ring: Ring): { name: string; keys: number; writable: boolean } {
  if (!reach(ring).present.some(({ folder }) => folder === name)) return { name, keys: 0, writable: false };
  try {
    fs.accessSync(name, fs.constants.W_OK);
    return { name, keys: count(), writable: true };
  } catch {
    return { name, keys: count(), writable: false };
  }
}

/** The identity that all replicas share; those that are away are left out. */
function commonIdentity(folders: readonly string[]): Identity {
  const found: Identity[] = [];
  const faults: TenureError[] = [];
  for (const folder of folders) {
    try {
      found.push(readIdentity(folder));
    } catch (error) {
      if (!(error instanceof TenureError)) throw error;
      faults.push(error);
    }
  }
  const [first] = found;
  if (!first)
    throw faults.find((fault) => !(fault instanceof NotFoundError)) ?? faults[0] ?? new ConflictError('no replica');
  if (found.some(({ id }) => id !== first.id)) {
    throw new InvalidError(`${folders.join(' and ')} are replicas of different keyrings`);
  }
  return first;
}
