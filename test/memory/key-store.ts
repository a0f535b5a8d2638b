import { randomBytes } from 'node:crypto';
import { keyPlace } from '../../src/adapters/key-ref.ts';
import { drawSigningKey, openSigningKey, publicJwk, signEs256 } from '../../src/adapters/signing-jwk.ts';
import { ConflictError, NotFoundError } from '../../src/domain/errors.ts';
import type { KeyRef, KeyStore, ReplicaReceipt } from '../../src/ports/key-store.ts';

/** A key store whose keys a test may count. `make` of anything below a tenant needs `tenant/<tenant>` first. */
export interface MemoryKeyStore extends KeyStore {
  keys: Map<KeyRef, Buffer>;
}

/**
 * Two replicas that always agree. A key below a destroyed tenant key stays listed but opens no more.
 *
 * @param draw how a key is drawn; default: at random
 */
export function memoryKeyStore({
  draw = () => randomBytes(32),
}: {
  draw?: (ref: KeyRef) => Buffer;
} = {}): MemoryKeyStore {
  const keys = new Map<KeyRef, Buffer>();
  const destroyed = new Set<KeyRef>();
  let signing: ReturnType<typeof openSigningKey> | undefined;
  const signingKey = () => {
    signing ??= openSigningKey(drawSigningKey());
    return signing;
  };
  const assertParent = (ref: KeyRef): void => {
    const { parent } = keyPlace(ref);
    if (parent !== undefined && !keys.has(parent))
      throw new NotFoundError(`key ${parent}, which wraps ${ref}, does not exist`);
  };
  return {
    keys,
    async replicas() {
      return ['memory-a', 'memory-b'].map((replica) => ({ name: replica, keys: keys.size, writable: true }));
    },
    async make(ref) {
      assertParent(ref);
      if (keys.has(ref)) throw new ConflictError(`key ${ref} exists`);
      if (destroyed.has(ref) && keyPlace(ref).once)
        throw new ConflictError(`key ${ref} was destroyed and cannot be made again`);
      const key = draw(ref);
      keys.set(ref, key);
      return Buffer.from(key);
    },
    async open(ref) {
      assertParent(ref);
      const key = keys.get(ref);
      if (!key) throw new NotFoundError(`key ${ref} does not exist`);
      return Buffer.from(key);
    },
    async destroy(refs) {
      for (const ref of refs) keyPlace(ref);
      const receipts = new Map<KeyRef, ReplicaReceipt[]>();
      for (const ref of refs) {
        keys.delete(ref);
        destroyed.add(ref);
        receipts.set(
          ref,
          ['memory-a', 'memory-b'].map((replica) => ({ replica, acknowledged: true })),
        );
      }
      return receipts;
    },
    async list(prefix) {
      return [...keys.keys()].filter((ref) => ref.startsWith(prefix)).sort();
    },
    async rotate(tenant) {
      keyPlace(`tenant/${tenant}`);
      if (!keys.has(`tenant/${tenant}`)) throw new NotFoundError(`key tenant/${tenant} does not exist`);
      keys.set(`tenant/${tenant}`, randomBytes(32));
    },
    async recoveries() {
      return [];
    },
    async sign(data) {
      return { kid: publicJwk(signingKey()).kid, signature: signEs256(signingKey(), data) };
    },
    async publicKeys() {
      return [publicJwk(signingKey())];
    },
  };
}
