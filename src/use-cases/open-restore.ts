import { hash } from 'node:crypto';
import type { Deps, RestoreFolder } from '../deps.ts';
import type { Actor } from '../domain/case-events.ts';
import { ConflictError, InvalidError, UnavailableError } from '../domain/errors.ts';
import type { OpenRestore } from '../domain/open-restore.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { openRestores, type Stored } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import type { RestoreProgress } from '../repository/restore.ts';
import { appendLedger } from './append-ledger.ts';
import { requireTenant } from './tenant-fields.ts';

/** How many damaged objects a record names. */
const namedDamage = 100;

/** A restore as it is asked for. */
export interface WantedRestore {
  snapshot: Snapshot;
  folder: RestoreFolder;
  /** What was chosen, in any form that is the same for the same command. */
  chosen: unknown;
  force: boolean;
  actor: Actor;
  /** Who restores: a process, or what goes on in another one. */
  holder: string;
}

/** A restore that has saved nothing for so long, in milliseconds, is not under way, whoever it belongs to. */
const silentMs = 3600_000;

/**
 * Whether an earlier try of the same restore lies in the folder; it is gone on with. Its record is in the Table: a marker
 * in the folder itself would be taken for restored data.
 *
 * @throws ConflictError while another process restores there; InvalidError when the folder holds anything else and `force`
 *   is not given
 */
export async function interruptedRestore(deps: Deps, wanted: WantedRestore): Promise<Stored<OpenRestore> | undefined> {
  const { folder, force, holder } = wanted;
  const stored = await openRestores.read(deps.table, idOf(folder));
  const known = stored !== undefined && stored.value.identity === folder.identity() ? stored.value : undefined;
  const silent = known !== undefined && deps.clock.wall() - Date.parse(known.savedAt ?? known.startedAt) > silentMs;
  if (known !== undefined && known.holder !== holder && !silent && deps.holderAlive(known.holder) !== false) {
    throw new ConflictError(`another process restores into ${folder.path} since ${known.startedAt}`, {
      hint: 'Wait for it, or name another folder.',
    });
  }
  if (known?.choice === choiceOf(wanted)) return stored;
  if (folder.empty || force) return undefined;
  throw new InvalidError(`${folder.path} is not empty`, {
    hint:
      known === undefined
        ? 'Restore into an empty folder, or use --force to write over what is there.'
        : `A restore of snapshot ${known.snapshot} was interrupted there: repeat it as it was and it goes on, or use --force to write over it.`,
  });
}

/** Puts on record that a restore begins, or goes on. The folder must exist by now. */
export async function recordRestore(
  deps: Deps,
  wanted: WantedRestore,
  before: Stored<OpenRestore> | undefined,
): Promise<OpenRestore> {
  const { snapshot, folder, actor, chosen, holder } = wanted;
  const { value: tenant } = await requireTenant(deps, snapshot.tenant);
  const fresh: OpenRestore = {
    id: idOf(folder),
    folder: folder.path,
    identity: folder.identity() ?? '',
    tenant: snapshot.tenant,
    source: snapshot.source,
    snapshot: snapshot.id,
    choice: choiceOf(wanted),
    holder,
    startedAt: deps.clock.now(),
    savedAt: wallOf(deps),
    part: -1,
    damaged: [],
    damagedCount: 0,
  };
  const restore = before === undefined ? fresh : { ...before.value, holder, savedAt: wallOf(deps) };
  await appendLedger(
    deps,
    {
      tenant,
      type: before === undefined ? 'restore-begun' : 'restore-resumed',
      actor: actor.kind,
      subjects: [snapshot.id],
      particulars: { by: actor.id, folder: folder.path, source: snapshot.source, chosen: JSON.stringify(chosen) },
    },
    // One that goes on names paths: what an erasure has removed since it was read is not brought back.
    [openRestores.write(restore, before?.version)],
  ).catch((error: unknown) => {
    if (before === undefined || !(error instanceof ConflictError)) throw error;
    throw new UnavailableError(`the record of the restore into ${folder.path} has changed meanwhile`, {
      hint: 'Try again.',
      cause: error,
    });
  });
  return restore;
}

/** Remembers how far it is. The target must be durable up to there. Where the record is gone, an erasure has removed it: it stays so. */
export async function saveProgress(
  deps: Deps,
  restore: OpenRestore,
  { part, damaged }: Pick<RestoreProgress, 'part' | 'damaged'>,
): Promise<void> {
  const all = mergeDamage(restore, damaged);
  const progress = { part, damaged: all.slice(0, namedDamage), damagedCount: all.length, savedAt: wallOf(deps) };
  await untilUnchanged(async () => {
    const stored = await openRestores.read(deps.table, restore.id);
    if (stored?.value.choice !== restore.choice || stored.value.startedAt !== restore.startedAt) return;
    await deps.table.transact([openRestores.write({ ...restore, ...progress }, stored.version)]);
  });
}

/** Closes the record of a restore that has ended. */
export async function endRestore(deps: Deps, restore: OpenRestore, actor: Actor, damaged: number): Promise<void> {
  const { value: tenant } = await requireTenant(deps, restore.tenant);
  await appendLedger(
    deps,
    {
      tenant,
      type: damaged === 0 ? 'restore-ended' : 'restore-ended-with-damage',
      actor: actor.kind,
      subjects: [restore.snapshot],
    },
    [openRestores.remove(restore.id)],
  );
}

/** What was damaged in earlier tries and in this one, each object once. */
export function mergeDamage(
  restore: OpenRestore,
  damaged: RestoreProgress['damaged'],
): { key: string; reason: string }[] {
  const all = new Map<string, { key: string; reason: string }>();
  for (const one of [...restore.damaged, ...damaged]) all.set(`${one.key}\n${one.reason}`, one);
  return [...all.values()];
}

function wallOf({ clock }: Deps): string {
  return new Date(clock.wall()).toISOString();
}

function idOf(folder: RestoreFolder): string {
  return hash('sha256', folder.path, 'hex');
}

/** Also of the root: a copy that was rewritten meanwhile has other parts. */
function choiceOf({ snapshot, chosen }: WantedRestore): string {
  return hash('sha256', JSON.stringify([snapshot.id, snapshot.root.digest, chosen]), 'hex');
}
