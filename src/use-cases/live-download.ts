import type { Deps } from '../deps.ts';
import type { Download } from '../domain/download.ts';
import { NotFoundError } from '../domain/errors.ts';
import { cases, downloads } from '../records.ts';
import { getSnapshot } from '../repository/chain.ts';
import { exportable } from './export-case.ts';

/** Whether a folder in scratch is a download whose time is not over. */
export async function isLiveDownload(deps: Deps, name: string): Promise<boolean> {
  if (!name.startsWith('dl-')) return false;
  const download = (await downloads.read(deps.table, name))?.value;
  return download !== undefined && download.expiresAt > deps.clock.now() && !(await isOutlived(deps, download));
}

/**
 * Whether a download that lies ready has outlived what it was made of: its copy is condemned or was rewritten, or the erasure that
 * ends exports has begun. It is handed out no more, and its time is over.
 */
export async function isOutlived(deps: Deps, { status, wanted, root }: Download): Promise<boolean> {
  if (status !== 'ready') return false;
  if ('snapshot' in wanted) return !(await isAsRead(deps, wanted.snapshot, root));
  const value = (await cases.read(deps.table, wanted.caseId))?.value;
  return value === undefined || (await exportable(deps, value)) === undefined;
}

/** Whether a copy lives and holds what it held when its root had this digest. */
export async function isAsRead(deps: Deps, snapshot: string, root: string | undefined): Promise<boolean> {
  try {
    const now = await getSnapshot(deps, snapshot);
    return now.status === 'live' && now.root.digest === root;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
