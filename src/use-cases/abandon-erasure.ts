import type { Deps } from '../deps.ts';
import type { Case } from '../domain/case.ts';
import { erasureRun } from '../domain/execution-name.ts';
import { settleAlert } from './raise-alert.ts';

/**
 * A case was called off after its erasure had begun and before anything was destroyed: the inventories that were taken for it
 * are needed no more, and nobody has to look into what became of its runs.
 */
export async function abandonErasure(deps: Deps, value: Case): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of deps.evidence.list(`cases/${value.id}/inventory/`)) keys.push(key);
  if (keys.length > 0) await deps.evidence.purge(keys);
  await settleAttempts(deps, value, 'the case was called off');
}

/** Closes what is told of failed runs of a case that is over: each attempt at its erasure was one. */
export async function settleAttempts(deps: Deps, { id, attempts }: Case, cause: string): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++)
    await settleAlert(deps, 'run-failed', erasureRun(id, attempt), cause);
}
