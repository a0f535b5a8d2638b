import type { RunItem } from '../domain/run.ts';
import { useCase } from '../use-case.ts';
import { raiseAlert, settleAlert } from './raise-alert.ts';
import { itemsOf, runInput, summarise } from './run-items.ts';

/**
 * Tells the operator of every source whose copies did not prove themselves. Damage of older copies that the newest one has
 * outlived fails the run, for these copies stay damaged; it is no news.
 */
export const summariseRestoreTests = useCase(runInput, async (deps, { run }) => {
  const bySource = new Map<string, { tenant: string; reasons: string[]; failed: boolean }>();
  const items = await itemsOf(deps, run);
  for (const item of items) {
    const subject = `${item.tenant}/${item.source ?? ''}`;
    const known = bySource.get(subject) ?? { tenant: item.tenant, reasons: [], failed: false };
    if (item.status !== 'done' && item.status !== 'skipped' && !isOutlived(item, items)) {
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

/** Whether an item failed only by damage that the source's newest copy has outlived, as the read of its packs found. */
function isOutlived(item: RunItem, items: readonly RunItem[]): boolean {
  const packs = items.find(
    ({ tenant, source, facts }) => facts.kind === 'packs' && tenant === item.tenant && source === item.source,
  );
  const copies = packs?.facts.outlived as string[] | null | undefined;
  if (!copies || item.status !== 'failed') return false;
  return item === packs || copies.includes(item.subject ?? '');
}
