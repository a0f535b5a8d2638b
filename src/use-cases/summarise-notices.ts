import { useCase } from '../use-case.ts';
import { runInput, summarise } from './run-items.ts';

/** Counts what the sweep did. What blocks a due case is in its item. */
export const summariseNotices = useCase(runInput, async (deps, { run }) => {
  const summary = await summarise(deps, run);
  return { outcome: summary.outcome, failed: summary.counts.failed ?? 0 };
});
