import { InvalidError } from '../domain/errors.ts';
import type { KeyRef } from '../ports/key-store.ts';

const segment = '[A-Za-z0-9._-]{1,200}';
const shape = new RegExp(
  `^(?:(tenant|evidence|home)/(${segment})|source/(${segment})/${segment}|(root|work)/(${segment})/${segment}/${segment})$`,
);

/** What wraps a key, and whether its name may return after destruction. */
export interface KeyPlace {
  /** Ref of the key that wraps it; absent: the master key does. */
  parent?: KeyRef;
  /**
   * A destroyed ref can never be made again: ids of tenants, snapshots and runs do not return. Only the name of a source
   * may, when a source of that name is added again later.
   */
  once: boolean;
}

/**
 * Tells where a key hangs in the tree of the port `KeyStore`.
 *
 * @throws InvalidError for a ref that the tree does not know
 */
export function keyPlace(ref: KeyRef): KeyPlace {
  const found = shape.exec(ref);
  if (!found || ref.split('/').some((part) => part === '.' || part === '..')) {
    throw new InvalidError(`key ref ${JSON.stringify(ref.slice(0, 200))} is not usable`);
  }
  const [, top, , sourceTenant, below, belowTenant] = found;
  if (top !== undefined) return { once: true };
  return { parent: `tenant/${sourceTenant ?? belowTenant}`, once: below !== undefined };
}
