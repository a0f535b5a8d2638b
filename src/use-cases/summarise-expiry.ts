import { useCase } from '../use-case.ts';
import { expireEvidence } from './expire-evidence.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';
import { itemsOf, requestOf, runInput, summarise } from './run-items.ts';

/** Counts what stays and what went, and tells the operator where a copy could not go. */
export const summariseExpiry = useCase(runInput, async (deps, { run }) => {
  const request = await requestOf(deps, run);
  if (request.dryRun === true) return { outcome: 'ok' as const, failed: 0 };
  let removed = 0;
  for (const item of await itemsOf(deps, run)) {
    removed += Number(item.facts.removed ?? 0);
    const subject = `${item.tenant}/${item.source ?? ''}`;
    if (item.status === 'done') await settleAlert(deps, 'expiry-failed', subject, `expired by ${run}`);
    if (item.status === 'done' || item.status === 'busy') continue;
    const message = `Copies of ${subject} should be gone and are not: ${item.reasons.join('; ') || 'the run did not finish'}`;
    await raiseAlert(deps, { kind: 'expiry-failed', subject, tenant: item.tenant, message });
  }
  await expireEvidence(deps);
  const summary = await summarise(deps, run, { removed });
  return { outcome: summary.outcome, failed: summary.counts.failed ?? 0 };
});
