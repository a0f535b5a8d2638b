import type { Deps } from '../deps.ts';
import type { RunItem } from '../domain/run.ts';
import { useCase } from '../use-case.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';
import { itemsOf, runInput, summarise } from './run-items.ts';

/** Compares what was done with what was planned, and tells the operator of every source that has no new copy. */
export const summariseBackup = useCase(runInput, async (deps, { run }) => {
  for (const item of await itemsOf(deps, run)) {
    const subject = `${item.tenant}/${item.source ?? ''}`;
    if (item.status === 'done') {
      await settleAlert(deps, 'backup-failed', subject, `backed up by ${run}`);
      await tellOfGaps(deps, item, subject, run);
    } else if (item.status !== 'busy' && item.status !== 'skipped') {
      const message = `The backup of ${subject} failed: ${item.reasons.join('; ') || 'it did not finish'}`;
      await raiseAlert(deps, { kind: 'backup-failed', subject, tenant: item.tenant, message });
    }
  }
  const summary = await summarise(deps, run);
  return { outcome: summary.outcome, failed: summary.counts.failed ?? 0 };
});

/** A copy that lacks files which could not be read is a copy, and not the one that was promised: somebody has to know. */
async function tellOfGaps(deps: Deps, item: RunItem, subject: string, run: string): Promise<void> {
  const unread = Number(item.facts.unread ?? 0);
  if (unread === 0) {
    await settleAlert(deps, 'backup-incomplete', subject, `${run} read everything`);
    return;
  }
  const message = `The newest copy of ${subject} lacks ${unread} files that could not be read; \`tenure executions show ${run}\` and the run's notices name the first.`;
  await raiseAlert(deps, { kind: 'backup-incomplete', subject, tenant: item.tenant, message });
}
