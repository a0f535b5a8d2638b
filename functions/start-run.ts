import { edge } from '../src/edge.ts';
import { startScheduledRun } from '../src/use-cases/start-scheduled-run.ts';

/** Invoked by EventBridge Scheduler with `{kind, cadence?, scheduledAt}`. */
export const handler = edge(startScheduledRun);
