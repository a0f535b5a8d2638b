import { ConflictError } from '../domain/errors.ts';
import { readRecord } from './chain.ts';
import { putRecord } from './chain-rows.ts';
import { hasLapsed, type Repository } from './repository.ts';

/** A right to work on something, for a while. It only saves work: what must not happen twice is guarded by conditional writes. */
export interface Lease {
  name: string;
  holder: string;
  /** Wall-clock milliseconds. */
  until: number;
  /** Grows with every change of the lease; a write that carries an older one comes from somebody who lost it. */
  token: number;
}

interface LeaseRecord {
  holder: string;
  until: number;
}

const leaseKey = (name: string) => ({ pk: 'leases', sk: name });

/**
 * Takes the lease when it is free, lapsed or already this holder's.
 *
 * @param ttlMs how long it lasts without renewal, in milliseconds
 */
export async function takeLease(
  repo: Repository,
  name: string,
  holder: string,
  ttlMs: number,
): Promise<Lease | { heldBy: string }> {
  const key = leaseKey(name);
  const current = await readRecord<LeaseRecord>(repo.table, key);
  if (current && current.record.holder !== holder && !hasLapsed(repo, current.record)) {
    return { heldBy: current.record.holder };
  }
  const until = repo.clock.wall() + ttlMs;
  try {
    await repo.table.transact([putRecord(key, { holder, until }, current?.version)]);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const winner = await readRecord<LeaseRecord>(repo.table, key);
    return { heldBy: winner?.record.holder ?? 'another process' };
  }
  return { name, holder, until, token: (current?.version ?? 0) + 1 };
}

/** Makes the lease last longer. @throws ConflictError when it was lost meanwhile */
export async function renewLease(repo: Repository, lease: Lease, ttlMs: number): Promise<Lease> {
  const until = repo.clock.wall() + ttlMs;
  await repo.table.transact([putRecord(leaseKey(lease.name), { holder: lease.holder, until }, lease.token)]);
  return { ...lease, until, token: lease.token + 1 };
}

/** Gives the lease back. One that was lost meanwhile stays with its new holder. */
export async function releaseLease(repo: Repository, lease: Lease): Promise<void> {
  try {
    // The row stays: were it deleted, tokens would begin at 1 again.
    await repo.table.transact([putRecord(leaseKey(lease.name), { holder: '', until: 0 }, lease.token)]);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
