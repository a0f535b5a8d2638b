import { useCase } from '../use-case.ts';
import { itemInput, itemOf, saveItem } from './run-items.ts';

/** How often a clean-up is looked at: at five minutes each for a day, by when the longest validation window is over. */
const mostLooks = 288;

/** Ends a restore test at AWS Backup, once what it restored is removed. What stays is customer data in the clear: the run says so. */
export const cleanUpManagedRestore = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  if (item.facts.test === undefined) return { outcome: 'clean' as const };
  const answer = await deps.managed.endRestoreTest(item.facts.test as string);
  if (answer.outcome === 'clean') return { outcome: 'clean' as const };
  const looks = Number(item.facts.looks ?? 0) + 1;
  if (answer.outcome === 'cleaning' && looks < mostLooks) {
    await saveItem(deps, item, { facts: { looks } });
    return { outcome: 'cleaning' as const };
  }
  const why = answer.outcome === 'left' ? answer.reason : 'AWS Backup does not remove what it restored';
  await saveItem(deps, item, { status: 'failed', reasons: [...item.reasons, why], facts: { left: why } });
  return { outcome: 'left' as const };
});
