import type { Deps } from '../deps.ts';
import { downloads } from '../records.ts';

/** Whether a folder in scratch is a download whose time is not over. */
export async function isLiveDownload(deps: Deps, name: string): Promise<boolean> {
  if (!name.startsWith('dl-')) return false;
  const download = (await downloads.read(deps.table, name))?.value;
  return download !== undefined && download.expiresAt > deps.clock.now();
}
