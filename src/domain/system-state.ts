/** Switches of the whole system: `stop`, `quarantine`, `clock`, and where a simulated clock stands. */
export interface SystemState {
  name: 'stop' | 'quarantine' | 'clock' | 'simulated-clock';
  /** For `clock`: the last instant that is trusted. For `simulated-clock`: the last one that was lived. */
  at: string;
  by: string;
  reason: string;
}
