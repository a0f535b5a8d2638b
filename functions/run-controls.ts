import { edge } from '../src/edge.ts';
import { runScheduledControls } from '../src/use-cases/run-scheduled-controls.ts';

/** Invoked by EventBridge Scheduler; what it sends along is not looked at. */
export const handler = edge(runScheduledControls);
