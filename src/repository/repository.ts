import { ConflictError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyStore } from '../ports/key-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Table, Write } from '../ports/table.ts';

/** What the engine stands on. The dependencies of the use cases are one. */
export interface Repository {
  objects: ObjectStore;
  table: Table;
  keys: KeyStore;
  clock: Clock;
  /** Who this process is, for leases and pins. */
  holder?: string;
  /** Whether the process behind a lease still lives; absent or `undefined`: only time tells. */
  holderAlive?(holder: string): boolean | undefined;
}

/**
 * Rows that the caller wants in the same transaction, for instance a ledger entry. Called anew for every try, since a
 * condition of its own rows may be what failed.
 */
export type LedgerHook<Subject> = (subject: Subject) => readonly Write[] | Promise<readonly Write[]>;

/** Something else is using the source, in words for a person. */
export interface Busy {
  outcome: 'busy';
  reason: string;
}

const mostTries = 12;

/**
 * Runs "read, decide, write if unchanged" until no other writer came between. A ConflictError of `attempt` means that rows
 * changed; what must end the loop is returned or thrown as another error.
 *
 * @throws ConflictError after twelve tries
 */
export async function untilUnchanged<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      // Only a failed condition carries `failed`: a refusal that is thrown as ConflictError is final.
      if (!(error instanceof ConflictError) || !Array.isArray(error.details.failed) || tries >= mostTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * tries));
    }
  }
}

/** True when a lease has ended: its time is over on the machine's clock, or its holder is known to be dead. */
export function hasLapsed(repo: Repository, lease: { holder: string; until: number }): boolean {
  return repo.clock.wall() > lease.until || repo.holderAlive?.(lease.holder) === false;
}
