import { randomBytes } from 'node:crypto';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { readOpen, readRecord, reloadSnapshot, type SourceScope } from './chain.ts';
import { type PinsRecord, putRecord, rowKeys, type Stored, unchanged } from './chain-rows.ts';
import { hasLapsed, type Repository, untilUnchanged } from './repository.ts';

/** How long a pin lasts without renewal, in milliseconds. */
export const pinMs = 15 * 60_000;

/** Keeps a snapshot from being condemned or rewritten while it is read. */
export interface Pin {
  id: string;
  snapshot: Snapshot;
  renewedAt: number;
}

/**
 * Pins a live snapshot. The pins row is written under the condition that the snapshot's row is unchanged, and condemning
 * writes the snapshot's row under the condition that the pins row is: so only one of the two happens.
 *
 * @throws NotFoundError when the snapshot is no longer live
 */
export async function takePin(repo: Repository, wanted: Snapshot): Promise<Pin> {
  const id = randomBytes(5).toString('hex');
  return await untilUnchanged(async () => {
    const { record: snapshot, version } = await reloadSnapshot(repo, wanted);
    if (snapshot.status !== 'live') {
      throw new NotFoundError(`snapshot ${snapshot.id} is ${snapshot.status}: its erasure has begun`);
    }
    await writePin(repo, snapshot, id, version);
    return { id, snapshot, renewedAt: repo.clock.wall() };
  });
}

/** Makes a pin last longer; cheap to call often. @throws NotFoundError when the snapshot was condemned meanwhile (the pin had lapsed) */
export async function renewPin(repo: Repository, pin: Pin): Promise<void> {
  if (repo.clock.wall() - pin.renewedAt < pinMs / 10) return;
  await untilUnchanged(async () => {
    const { record, version } = await reloadSnapshot(repo, pin.snapshot);
    if (record.status !== 'live') throw new NotFoundError(`snapshot ${record.id} was condemned while it was read`);
    await writePin(repo, record, pin.id, version);
  });
  pin.renewedAt = repo.clock.wall();
}

/** Takes the pin away. Repeatable. */
export async function releasePin(repo: Repository, pin: Pin): Promise<void> {
  const { tenant, source, id } = pin.snapshot;
  const key = rowKeys.pins(tenant, source, id);
  await untilUnchanged(async () => {
    const stored = await readRecord<PinsRecord>(repo.table, key);
    if (!stored?.record.pins[pin.id]) return;
    const { [pin.id]: _, ...pins } = stored.record.pins;
    await repo.table.transact([
      Object.keys(pins).length === 0 ? { delete: key, when: stored.version } : putRecord(key, { pins }, stored.version),
    ]);
  });
}

/** The pins of a snapshot, with those that still count. */
export async function readPins(
  repo: Repository,
  { tenant, source }: SourceScope,
  snapshot: string,
): Promise<{ stored: Stored<PinsRecord> | undefined; live: string[] }> {
  const stored = await readRecord<PinsRecord>(repo.table, rowKeys.pins(tenant, source, snapshot));
  const pins = Object.values(stored?.record.pins ?? {});
  return { stored, live: pins.filter((pin) => !hasLapsed(repo, pin)).map(({ holder }) => holder) };
}

async function writePin(repo: Repository, snapshot: Snapshot, id: string, snapshotVersion: number): Promise<void> {
  const { tenant, source, seq } = snapshot;
  const { head, open } = await readOpen(repo, { tenant, source });
  if (open?.record.kind === 'subject-erasure' && !hasLapsed(repo, open.record)) {
    throw new ConflictError(`snapshot ${snapshot.id} is being rewritten by ${open.record.run}`, {
      hint: 'Try again when the erasure is done.',
    });
  }
  const key = rowKeys.pins(tenant, source, snapshot.id);
  const stored = await readRecord<PinsRecord>(repo.table, key);
  const kept = Object.entries(stored?.record.pins ?? {}).filter(([, pin]) => !hasLapsed(repo, pin));
  const mine = { holder: repo.holder ?? '', until: repo.clock.wall() + pinMs };
  await repo.table.transact([
    putRecord(key, { pins: { ...Object.fromEntries(kept), [id]: mine } }, stored?.version),
    unchanged(rowKeys.snapshot(tenant, source, seq), snapshotVersion),
    // A subject erasure opens its intent on the head, then looks for pins: one of the two sees the other.
    unchanged(rowKeys.head(tenant, source), head?.version),
  ]);
}
