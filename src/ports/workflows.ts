import type { Json } from './table.ts';

/** The state machines, one file each in `state-machines/`. */
export const machines = [
  'backup',
  'restore-test',
  'expiry',
  'obsolescence-audit',
  'notice',
  'erasure',
  'take-out',
] as const;

export type Machine = (typeof machines)[number];

/** One run of a state machine. */
export interface Execution {
  /** Says what it does; unique per machine: `backup-daily-2026-11-22`, `erasure-<case>`. `[A-Za-z0-9_-]{1,80}`. */
  name: string;
  machine: Machine;
  status: 'running' | 'succeeded' | 'failed' | 'stopped';
  /** Only while it is `running`: the process that ran it is gone, or let go of it; it stands still until it is taken over. */
  killed?: true;
  input: Json;
  output?: Json;
  error?: { name: string; message: string };
  startedAt: string;
  endedAt?: string;
  /** How often it was started again after it was killed or failed. */
  redrives: number;
}

/** Which executions are listed. */
export interface ExecutionFilter {
  machine?: Machine;
  status?: Execution['status'];
  limit?: number;
  before?: Pick<Execution, 'startedAt' | 'name' | 'machine'>;
}

/** One line of an execution's history. */
export interface HistoryEvent {
  at: string;
  type:
    | 'state-entered'
    | 'state-exited'
    | 'state-failed'
    | 'execution-started'
    | 'execution-redriven'
    | 'execution-ended';
  state?: string;
  detail?: string;
}

/**
 * Runs state machines. `start` of a name that is running or has succeeded answers that execution and starts nothing; a
 * failed, stopped or killed one is started again (every step is safe to repeat), and is one execution under one name to everybody,
 * with one history. From its beginning, or, where the runtime keeps what was done, from the step that it had reached.
 *
 * - `start` of an unusable name throws InvalidError (`requireExecutionName`).
 * - `history` of a name that nobody knows is empty; oldest event first.
 * - `stop` throws ConflictError where the execution does not run, or not here. It returns once no further state is entered.
 */
export interface Workflows {
  start(machine: Machine, name: string, input: Json): Promise<Execution>;
  describe(machine: Machine, name: string): Promise<Execution | undefined>;
  history(machine: Machine, name: string): Promise<HistoryEvent[]>;
  /**
   * Newest first; what began at the same instant by name and machine (`newestFirst`). `before`: only what comes behind this
   * one in that order, so that a list can be gone through while new executions begin.
   */
  list(filter?: ExecutionFilter): Promise<Execution[]>;
  stop(machine: Machine, name: string, reason: string): Promise<void>;
}
