import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { DownloadForm } from '../domain/download.ts';
import { InvalidError, NotFoundError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { getSnapshot } from '../repository/chain.ts';
import type { Entry } from '../repository/model.ts';
import { releasePin, renewPin, takePin } from '../repository/pins.ts';
import { openSnapshot, type SnapshotReader } from '../repository/read-snapshot.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { appendLedger } from './append-ledger.ts';
import { erasuresToReplay } from './erasures-to-replay.ts';
import { chooseKeys, type KeyFilter, relativePath } from './path-choice.ts';
import { requireTenant } from './tenant-fields.ts';

/** An object of a copy that is being read out. */
export interface OpenedObject {
  entry: Entry;
  /** Verified pieces, each valid until the next one. @throws CorruptError */
  content(): AsyncIterable<Buffer>;
}

/** Objects of a copy, which is pinned until they are read or left. */
export interface OpenedTree {
  snapshot: Snapshot;
  objects: AsyncGenerator<OpenedObject>;
}

const input = z.strictObject({
  snapshot: z.string().min(1),
  /** A file, or a folder with everything below it. */
  path: z.string().default(''),
  actor: actorInput,
});

/** Something in a copy that can be read out. */
export interface LocatedPath {
  snapshot: Snapshot;
  reader: SnapshotReader;
  /** What of the copy is not to be seen any more, since a case has erased it, answers false. */
  visible: KeyFilter;
  /** Of a file. */
  entry?: Entry;
}

/**
 * Finds a file, or a folder with everything below it, in a live copy.
 *
 * @throws NotFoundError; InvalidError where a file is wanted and something else is there
 */
export async function locatePath(
  deps: Deps,
  { snapshot: id, path, form }: { snapshot: string; path: string; form: DownloadForm },
): Promise<LocatedPath> {
  const snapshot = await liveSnapshot(deps, id);
  const visible = await withoutErased(deps, snapshot);
  const reader = await openSnapshot(deps, snapshot);
  const located = { snapshot, reader, visible };
  const wanted = Buffer.from(relativePath(path));
  if (form !== 'file') {
    const isThere = path === '' || (await hasAny(reader.entries({ prefix: wanted }), chooseKeys({ paths: [path] })));
    if (!isThere) throw noSuchPath(snapshot, path);
    return located;
  }
  const entry = wanted.length > 0 && visible(wanted) ? await reader.find(wanted) : undefined;
  if (entry === undefined) throw noSuchPath(snapshot, path);
  if (entry.type !== 'file') {
    throw new InvalidError(`${path} is no file but a ${entry.type}`, { hint: 'Ask for an archive of it.' });
  }
  return { ...located, entry };
}

/** Opens one file of a copy. Who looks at customers' data goes on record. */
export const openFile = useCase(input, async (deps, { snapshot: id, path, actor }) => {
  const { snapshot, reader, entry } = await locatePath(deps, { snapshot: id, path, form: 'file' });
  if (entry === undefined) throw noSuchPath(snapshot, path);
  await record(deps, snapshot, actor, path);
  return { snapshot, entry, content: () => pinned(deps, snapshot, reader.readObject(entry)) };
});

/** Opens a file or folder of a copy, or all of it, for an archive. */
export const openTree = useCase(input, async (deps, { snapshot: id, path, actor }): Promise<OpenedTree> => {
  const { snapshot, reader, visible } = await locatePath(deps, { snapshot: id, path, form: 'tar' });
  const chosen = path === '' ? () => true : chooseKeys({ paths: [path] });
  await record(deps, snapshot, actor, path);
  const objects = async function* (): AsyncGenerator<OpenedObject> {
    for await (const batch of reader.entries()) {
      for (const entry of batch) {
        if (entry.key.length > 0 && chosen(entry.key) && visible(entry.key))
          yield { entry, content: () => reader.readObject(entry) };
      }
    }
  };
  return { snapshot, objects: pinned(deps, snapshot, objects()) };
});

async function liveSnapshot(deps: Deps, id: string): Promise<Snapshot> {
  const snapshot = await getSnapshot(deps, id);
  if (snapshot.status === 'live') return snapshot;
  throw new NotFoundError(`snapshot ${snapshot.id} was erased`, {
    hint: 'The list of snapshots shows those that live.',
  });
}

/** What a case has erased does not come back through a copy from before. */
async function withoutErased(deps: Deps, snapshot: Snapshot): Promise<KeyFilter> {
  const erased = await erasuresToReplay(deps, snapshot);
  return (key) => !erased.some(({ covers }) => covers(key));
}

/** Keeps the snapshot from being condemned while it is read; the pin goes with the last piece, or when the reader leaves. */
async function* pinned<T>(deps: Deps, snapshot: Snapshot, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  const pin = await takePin(deps, snapshot);
  try {
    for await (const piece of pieces) {
      yield piece;
      await renewPin(deps, pin);
    }
  } finally {
    await releasePin(deps, pin);
  }
}

async function record(
  deps: Deps,
  { id, tenant: owner }: Snapshot,
  actor: z.output<typeof actorInput>,
  path: string,
): Promise<void> {
  const { value: tenant } = await requireTenant(deps, owner);
  const particulars = { by: actor.id, path };
  await appendLedger(deps, { tenant, type: 'copy-downloaded', actor: actor.kind, subjects: [id], particulars });
}

async function hasAny(entries: AsyncIterable<Entry[]>, chosen: KeyFilter): Promise<boolean> {
  for await (const batch of entries) if (batch.some(({ key }) => chosen(key))) return true;
  return false;
}

function noSuchPath({ id }: Snapshot, path: string): NotFoundError {
  return new NotFoundError(`snapshot ${id} holds no ${path}`, {
    hint: 'The entries of the snapshot show what it holds; paths are relative to the source.',
  });
}
