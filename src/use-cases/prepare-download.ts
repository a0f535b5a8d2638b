import type { Readable } from 'node:stream';
import type { Deps } from '../deps.ts';
import type { Download } from '../domain/download.ts';
import { BlockedError, NotFoundError, TenureError } from '../domain/errors.ts';
import { cases, downloads } from '../records.ts';
import { getSnapshot } from '../repository/chain.ts';
import { tarOf, zipOf } from './archive.ts';
import { openFile, openTree } from './download.ts';
import { exportable, exportedObjects } from './export-case.ts';

/**
 * Puts what was asked for into scratch, in one go: an archive cannot be gone on with in the middle. What is wrong with the request
 * is recorded; what is wrong with a store is thrown, and the machine tries again.
 */
export async function prepareDownload(deps: Deps, id: string): Promise<void> {
  const stored = await downloads.read(deps.table, id);
  if (stored === undefined) throw new NotFoundError(`there is no download ${id}`);
  const { value, version } = stored;
  if (value.status !== 'preparing') return;
  const change = async (how: Pick<Download, 'status'> & Partial<Download>): Promise<void> => {
    await deps.table.transact([downloads.write({ ...value, ...how }, version)]);
  };
  let bytes: number;
  try {
    bytes = await put(deps, value);
  } catch (error) {
    await deps.scratch.remove(id);
    if (!(error instanceof TenureError) || error.code === 'unavailable') throw error;
    return await change({
      status: 'failed',
      fault: error.code === 'corrupt' ? 'the copy is damaged there' : error.message,
    });
  }
  // Whoever has come first keeps what lies there: of two that prepared the same neither takes it from the other.
  await change({ status: 'ready', bytes });
}

async function put(deps: Deps, download: Download): Promise<number> {
  if (deps.downloads === undefined) throw new BlockedError('nothing is prepared for downloading here');
  const { content, stillThere } = await opened(deps, download);
  const bytes = await deps.downloads.put(download.id, whileThereIsTime(deps, content));
  // Copies were pinned while they were read and no longer: an erasure that began since then has to find nothing.
  if (!(await stillThere())) throw new NotFoundError('what was asked for was erased meanwhile');
  return bytes;
}

interface Opened {
  content: AsyncIterable<Buffer>;
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
  const { snapshot, path, form } = wanted;
  const stillThere = async () => (await getSnapshot(deps, snapshot)).status === 'live';
  if (form === 'file') {
    const { content } = await openFile.typed(deps, { snapshot, path, actor });
    return { content: content(), stillThere };
  }
  const { objects } = await openTree.typed(deps, { snapshot, path, actor });
  const archive: Readable = form === 'tar' ? tarOf(objects) : zipOf(objects);
  return { content: archive as AsyncIterable<Buffer>, stillThere };
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
