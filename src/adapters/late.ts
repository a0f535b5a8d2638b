import type { ObjectStore } from '../ports/object-store.ts';
import type { SourceDriver } from '../ports/source-driver.ts';

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

/** A port all of whose methods answer a promise. */
type Promising<T> = { [Name in keyof T]: (...args: never[]) => Promise<unknown> };

/** A port that opens when one of its methods is first called. */
export function latePort<T extends Promising<T>>(open: () => Promise<T>): T {
  const port = once(open);
  const call =
    (name: string | symbol) =>
    async (...args: never[]) => {
      const opened = await port();
      return await opened[name as keyof T](...args);
    };
  // A promise that resolves with a port looks whether it has a `then`.
  return new Proxy({} as T, { get: (_port, name) => (name === 'then' ? undefined : call(name)) });
}

/** A source driver that opens when it is first used; what it can do is known before. */
export function lateSourceDriver(
  capabilities: SourceDriver['capabilities'],
  open: () => Promise<SourceDriver>,
): SourceDriver {
  const driver = once(open);
  return {
    capabilities,
    verify: async (apartFrom) => await (await driver()).verify(apartFrom),
    async *scan(options) {
      yield* (await driver()).scan(options);
    },
    splits: async (pieces) => (await (await driver()).splits?.(pieces)) ?? [],
    open: async (entry) => await (await driver()).open(entry),
    overwrite: async (...all) => await (await driver()).overwrite(...all),
    delete: async (...all) => await (await driver()).delete(...all),
    async *survivors(...all) {
      yield* (await driver()).survivors(...all);
    },
    describe: async () => await (await driver()).describe(),
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
