import type { Readable } from 'node:stream';
import type { Deps } from '../deps.ts';
import type { Download } from '../domain/download.ts';
import { BlockedError, NotFoundError, TenureError } from '../domain/errors.ts';
import { downloads } from '../records.ts';
import { getSnapshot } from '../repository/chain.ts';
import { tarOf, zipOf } from './archive.ts';
import { openFile, openTree } from './download.ts';

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
  try {
    const bytes = await put(deps, value);
    await change({ status: 'ready', bytes });
  } catch (error) {
    await deps.scratch.remove(id);
    if (!(error instanceof TenureError) || error.code === 'unavailable') throw error;
    await change({ status: 'failed', fault: error.code === 'corrupt' ? 'the copy is damaged there' : error.message });
  }
}

async function put(deps: Deps, { id, snapshot, path, form, requestedBy }: Download): Promise<number> {
  if (deps.downloads === undefined) throw new BlockedError('nothing is prepared for downloading here');
  const content = await opened(deps, { snapshot, path, actor: requestedBy }, form);
  const bytes = await deps.downloads.put(id, whileThereIsTime(deps, content));
  // The copy was pinned while it was read and no longer: an erasure that began since then has to find nothing.
  if ((await getSnapshot(deps, snapshot)).status !== 'live')
    throw new NotFoundError(`snapshot ${snapshot} was erased meanwhile`);
  return bytes;
}

async function opened(
  deps: Deps,
  asked: Parameters<typeof openTree.typed>[1],
  form: Download['form'],
): Promise<AsyncIterable<Buffer>> {
  if (form === 'file') return (await openFile.typed(deps, asked)).content();
  const { objects } = await openTree.typed(deps, asked);
  const archive: Readable = form === 'tar' ? tarOf(objects) : zipOf(objects);
  return archive as AsyncIterable<Buffer>;
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
