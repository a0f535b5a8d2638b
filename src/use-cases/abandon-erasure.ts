import type { Deps } from '../deps.ts';
import { settleAlert } from './raise-alert.ts';

/**
 * A case was called off after its erasure had begun and before anything was destroyed: the inventories that were taken for it
 * are needed no more, and nobody has to look into what stands in its way.
 */
export async function abandonErasure(deps: Deps, caseId: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of deps.evidence.list(`cases/${caseId}/inventory/`)) keys.push(key);
  if (keys.length > 0) await deps.evidence.purge(keys);
  await settleAlert(deps, 'erasure-blocked', caseId, 'the case was called off');
}
