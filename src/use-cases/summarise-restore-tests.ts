import { useCase } from '../use-case.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';
import { itemsOf, runInput, summarise } from './run-items.ts';

/** Tells the operator of every source whose copies did not prove themselves. */
export const summariseRestoreTests = useCase(runInput, async (deps, { run }) => {
  const bySource = new Map<string, { tenant: string; reasons: string[]; failed: boolean }>();
  for (const item of await itemsOf(deps, run)) {
    const subject = `${item.tenant}/${item.source ?? ''}`;
    const known = bySource.get(subject) ?? { tenant: item.tenant, reasons: [], failed: false };
    if (item.status !== 'done' && item.status !== 'skipped') {
      known.failed = true;
      known.reasons.push(...item.reasons);
    }
    bySource.set(subject, known);
  }
  for (const [subject, { tenant, reasons, failed }] of bySource) {
    if (!failed) await settleAlert(deps, 'restore-test-failed', subject, `passed in ${run}`);
    else {
      const message = `A restore test of ${subject} did not pass: ${reasons.slice(0, 5).join('; ') || 'it did not finish'}`;
      await raiseAlert(deps, { kind: 'restore-test-failed', subject, tenant, message });
    }
  }
  const summary = await summarise(deps, run);
  return { outcome: summary.outcome, failed: summary.counts.failed ?? 0 };
});
