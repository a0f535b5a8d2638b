/** Switches of the whole system: `stop`, `quarantine`, `clock`; where a simulated clock stands, how far the scheduler has come, and when slots were last made. */
export interface SystemState {
  name: 'stop' | 'quarantine' | 'clock' | 'simulated-clock' | 'scheduler' | 'slots';
  /** For `clock`: the last instant that is trusted. For `simulated-clock`: the last one that was lived. For `scheduler`: until when all work was started. For `slots`: when every source's were those of its plan. */
  at: string;
  by: string;
  reason: string;
}
