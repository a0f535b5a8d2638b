/** Switches of the whole system: `stop`, `quarantine`, `clock`; where a simulated clock stands, and how far the scheduler has come. */
export interface SystemState {
  name: 'stop' | 'quarantine' | 'clock' | 'simulated-clock' | 'scheduler';
  /** For `clock`: the last instant that is trusted. For `simulated-clock`: the last one that was lived. For `scheduler`: until when all work was started. */
  at: string;
  by: string;
  reason: string;
}
