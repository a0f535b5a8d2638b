import type { Actor } from './case-events.ts';

/** A restore that was asked for over HTTP: it goes on while the caller looks elsewhere. */
export interface RestoreJob {
  /** `rs-` and 10 hex digits. */
  id: string;
  /** Execution that carries it out. */
  run: string;
  tenant: string;
  source: string;
  snapshot: string;
  /** Name of the folder below the server's restore folder. */
  to: string;
  /** Patterns and paths that were chosen; none: everything. */
  include: string[];
  paths: string[];
  /** Write over what is in the folder. */
  force: boolean;
  status: 'running' | 'done' | 'damaged' | 'failed';
  requestedBy: Actor;
  startedAt: string;
  endedAt?: string;
  objects?: number;
  bytes?: number;
  /** How many objects are damaged in the copy, and are not restored. */
  damaged?: number;
  /** Why it failed, as it may be told. */
  fault?: string;
}
