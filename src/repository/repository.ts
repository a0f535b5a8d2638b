import { isLostRace } from '../domain/lost-race.ts';
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
const longestUnitMs = 100;

/**
 * Runs "read, decide, write if unchanged" until no other writer came between. A ConflictError of `attempt` means that rows
 * changed; what must end the loop is returned or thrown as another error.
 *
 * @throws ConflictError after twelve tries
 */
export async function untilUnchanged<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const began = performance.now();
    try {
      return await attempt();
    } catch (error) {
      if (!isLostRace(error) || tries >= mostTries) throw error;
      // Where a try takes long, those who lost together would come together again.
      const took = Math.min(longestUnitMs, Math.max(5, performance.now() - began));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * took * tries));
    }
  }
}

/** True when a lease has ended: its time is over on the machine's clock, or its holder is known to be dead. */
export function hasLapsed(repo: Repository, lease: { holder: string; until: number }): boolean {
  return repo.clock.wall() > lease.until || repo.holderAlive?.(lease.holder) === false;
}
