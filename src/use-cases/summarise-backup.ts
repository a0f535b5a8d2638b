import { useCase } from '../use-case.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';
import { itemsOf, runInput, summarise } from './run-items.ts';

/** Compares what was done with what was planned, and tells the operator of every source that has no new copy. */
export const summariseBackup = useCase(runInput, async (deps, { run }) => {
  for (const item of await itemsOf(deps, run)) {
    const subject = `${item.tenant}/${item.source ?? ''}`;
    if (item.status === 'done') await settleAlert(deps, 'backup-failed', subject, `backed up by ${run}`);
    else if (item.status !== 'busy' && item.status !== 'skipped') {
      const message = `The backup of ${subject} failed: ${item.reasons.join('; ') || 'it did not finish'}`;
      await raiseAlert(deps, { kind: 'backup-failed', subject, tenant: item.tenant, message });
    }
  }
  const summary = await summarise(deps, run);
  return { outcome: summary.outcome, failed: summary.counts.failed ?? 0 };
});
