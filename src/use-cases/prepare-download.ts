import type { Readable } from 'node:stream';
import type { Deps } from '../deps.ts';
import type { Download } from '../domain/download.ts';
import { BlockedError, NotFoundError, TenureError } from '../domain/errors.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { cases, downloads } from '../records.ts';
import { untilUnchanged } from '../repository/repository.ts';
import { tarOf, zipOf } from './archive.ts';
import { openFile, openTree } from './download.ts';
import { exportable, exportedObjects } from './export-case.ts';
import { isAsRead } from './live-download.ts';

/**
 * Puts what was asked for into scratch, in one go: an archive cannot be gone on with in the middle. What is wrong with the request
 * is recorded; what is wrong with a store is thrown, and the machine tries again.
 */
export async function prepareDownload(deps: Deps, id: string): Promise<void> {
  const stored = await downloads.read(deps.table, id);
  // An erasure has forgotten it: nobody waits for it any more.
  if (stored === undefined) return await deps.scratch.remove(id);
  const { value } = stored;
  if (value.status !== 'preparing') return;
  let made: Pick<Download, 'bytes' | 'root'>;
  try {
    made = await put(deps, value);
  } catch (error) {
    await deps.scratch.remove(id);
    if (!(error instanceof TenureError) || error.code === 'unavailable') throw error;
    return await change(deps, value, {
      status: 'failed',
      fault: error.code === 'corrupt' ? 'the copy is damaged there' : error.message,
    });
  }
  await change(deps, value, { status: 'ready', ...made });
}

/**
 * Records what came of it. Whoever has come first keeps what lies there: of two that prepared the same neither takes it from the
 * other. What an erasure has forgotten meanwhile was put there in vain.
 */
async function change(deps: Deps, value: Download, how: Partial<Download>): Promise<void> {
  await untilUnchanged(async () => {
    const stored = await downloads.read(deps.table, value.id);
    if (stored === undefined) return await deps.scratch.remove(value.id);
    if (stored.value.run !== value.run || stored.value.status !== 'preparing') return;
    await deps.table.transact([downloads.write({ ...value, ...how }, stored.version)]);
  });
}

async function put(deps: Deps, download: Download): Promise<{ bytes: number; root?: string }> {
  if (deps.downloads === undefined) throw new BlockedError('nothing is prepared for downloading here');
  const { content, root, stillThere } = await opened(deps, download);
  const bytes = await deps.downloads.put(download.id, whileThereIsTime(deps, content));
  // Copies were pinned while they were read and no longer: an erasure that began since then has to find nothing.
  if (!(await stillThere())) throw new NotFoundError('what was asked for was erased meanwhile');
  return { bytes, ...(root === undefined ? {} : { root }) };
}

interface Opened {
  content: AsyncIterable<Buffer>;
  /** Of a copy, as it is read. */
  root?: string;
  /** Whether what was read may still be handed out. */
  stillThere(): Promise<boolean>;
}

async function opened(deps: Deps, { wanted, requestedBy: actor }: Download): Promise<Opened> {
  if ('caseId' in wanted) {
    const caseNow = async () => (await cases.read(deps.table, wanted.caseId))?.value;
    const value = await caseNow();
    if (value === undefined) throw new NotFoundError(`there is no case ${wanted.caseId}`);
    const stillThere = async (): Promise<boolean> => {
      const now = await caseNow();
      return now !== undefined && (await exportable(deps, now)) !== undefined;
    };
    return { content: zipOf(await exportedObjects(deps, value)) as AsyncIterable<Buffer>, stillThere };
  }
  const { snapshot: id, path, form } = wanted;
  const asRead = ({ root: { digest: root } }: Snapshot) => ({
    root,
    stillThere: async () => await isAsRead(deps, id, root),
  });
  if (form === 'file') {
    const { snapshot, content } = await openFile.typed(deps, { snapshot: id, path, actor });
    return { content: content(), ...asRead(snapshot) };
  }
  const { snapshot, objects } = await openTree.typed(deps, { snapshot: id, path, actor });
  const archive: Readable = form === 'tar' ? tarOf(objects) : zipOf(objects);
  return { content: archive as AsyncIterable<Buffer>, ...asRead(snapshot) };
}

async function* whileThereIsTime(deps: Deps, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    if (deps.timeLeft() <= 0) {
      throw new BlockedError('there is more of it than can be prepared in one go', {
        hint: 'Ask for folders of it one by one, or restore it.',
      });
    }
    yield piece;
  }
}
