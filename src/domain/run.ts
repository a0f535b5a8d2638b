import type { Leg } from './leg.ts';
import type { Cadence } from './snapshot.ts';

/** What somebody or a schedule asked a run to do. */
export interface RunRequest {
  run: string;
  /** When the run was due (a schedule) or asked for. */
  scheduledAt: string;
  requestedBy: string;
  cadence?: Cadence;
  /** Only sources with a slot of the cadence that still waits for its copy. */
  due?: boolean;
  tenant?: string;
  source?: string;
  /** Case of an erasure run. */
  caseId?: string;
  dryRun?: boolean;
  /** An operator has looked at a large removal and agreed. */
  confirmed?: boolean;
  /** Which attempt an erasure run is, as the case counts them. */
  attempt?: number;
}

/** One piece of a run's worklist, and what came of it. */
export interface RunItem {
  run: string;
  /** Ordinal in the worklist, from 0. */
  item: number;
  tenant: string;
  source?: string;
  status: 'planned' | 'running' | 'done' | 'failed' | 'busy' | 'blocked' | 'skipped';
  /** Why it failed, is busy or blocked. */
  reasons: string[];
  /** Snapshot or case that the item is about or has made. */
  subject?: string;
  /** Particulars that a later step or the report needs: counts, notices, verdicts. */
  facts: Record<string, unknown>;
  /** Of a step that ran out of time: where it goes on. */
  leg?: Leg;
}

/** How a run ended. */
export interface RunSummary {
  run: string;
  endedAt: string;
  outcome: 'ok' | 'failed' | 'blocked' | 'busy' | 'nothing-to-do';
  counts: Record<string, number>;
}
