import type { ApiConfig } from './api-config.ts';
import type { Deps, Progress } from './deps.ts';
import type { PlanFile } from './plan-files.ts';
import type { Execution, Machine } from './ports/workflows.ts';

/** How a home is opened. */
export interface OpenOptions {
  home: string;
  /** Who acts: the author of plan versions that are found to be new. */
  actor: string;
  passphrase: () => string | undefined;
  /** Instant of `--now`; only a home made with `init --now` takes one. */
  now?: string;
  /** `act` moves the simulated clock, and refuses to go back; `view` looks at any time without moving it. */
  mode: 'act' | 'view';
  /** The catalog is empty and will be rebuilt: plans are left to the next command, since the ledger is read back first. */
  rebuilding?: boolean;
  progress?: Progress;
}

/** What the command line asks of whatever runs the workflows. */
export interface HomeRunner {
  /** Starts again what a killed process left `running`. Returns the executions that were taken over. */
  redriveKilled(): Promise<Execution[]>;
  /** What a killed process left `running`, without touching it. */
  killed(): Promise<Execution[]>;
  /** Resolves with the execution once it has ended. */
  finished(machine: Machine, name: string): Promise<Execution>;
  /** Resolves when no execution of this process runs any more. */
  idle(): Promise<void>;
}

/** A home that is open, on this machine or in a deployment on AWS. */
export interface Home {
  dir: string;
  deps: Deps;
  runner: HomeRunner;
  /** The plans as they are written in the home, or as the deployment brought them. */
  plans: ReadonlyMap<string, PlanFile>;
  /** Moves the clock of a simulated home on; BlockedError in a real one, or backwards. */
  moveClock(instant: string): Promise<void>;
  /** Goes on to where another process has moved the clock of a simulated home meanwhile. A real home has nothing to follow. */
  followClock(): Promise<void>;
  /** How `serve` is reached and by whom, where the configuration says so. */
  api?: ApiConfig;
  close(): Promise<void>;
}
