import type { KeyStore } from '../ports/key-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/*
 * Ports that open when they are first used. A passphrase costs a third of a second and a store makes its folder durable;
 * most commands need neither.
 */

/** Opens once; a failed opening is tried again by the next call. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

/** A key store that opens when it is first used. */
export function lateKeyStore(open: () => Promise<KeyStore>): KeyStore {
  const store = once(open);
  return {
    replicas: async () => await (await store()).replicas(),
    make: async (ref) => await (await store()).make(ref),
    open: async (ref) => await (await store()).open(ref),
    destroy: async (refs) => await (await store()).destroy(refs),
    list: async (prefix) => await (await store()).list(prefix),
    rotate: async (tenant) => await (await store()).rotate(tenant),
    sign: async (data) => await (await store()).sign(data),
    publicKeys: async () => await (await store()).publicKeys(),
  };
}

/** An object store that opens when it is first used. */
export function lateObjectStore(open: () => Promise<ObjectStore>): ObjectStore {
  const store = once(open);
  return {
    async *list(prefix, options) {
      yield* (await store()).list(prefix, options);
    },
    head: async (key) => await (await store()).head(key),
    get: async (key, range, into) => await (await store()).get(key, range, into),
    put: async (key, data) => await (await store()).put(key, data),
    extendLock: async (key, until) => await (await store()).extendLock(key, until),
    purge: async (keys) => await (await store()).purge(keys),
  };
}
