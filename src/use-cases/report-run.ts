import { z } from 'zod';
import type { RunItem, RunSummary } from '../domain/run.ts';
import type { Execution, Machine } from '../ports/workflows.ts';
import { alerts, runSummaries } from '../records.ts';
import { useCase } from '../use-case.ts';
import { itemsOf } from './run-items.ts';

const input = z.strictObject({ machine: z.string(), run: z.string() });

/** What came of a run, for whoever asked for it. */
export interface RunReport {
  run: string;
  machine: Machine;
  /** As the summary has it; `failed` also where the execution itself broke, `running` while another process is at it. */
  outcome: RunSummary['outcome'] | 'running';
  counts: Record<string, number>;
  items: RunItem[];
  execution: Execution;
  /** Name and message of the fault that broke the run itself, where one did. */
  fault?: { name: string; message: string };
}

/** Gathers items, summary and fault of a run. */
export const reportRun = useCase(input, async (deps, { machine, run }): Promise<RunReport> => {
  const execution = await deps.workflows.describe(machine as Machine, run);
  if (execution === undefined) throw new Error(`execution ${run} has no record`);
  const summary = (await runSummaries.read(deps.table, run))?.value;
  const items = await itemsOf(deps, run);
  const broken = execution.status === 'failed' || execution.status === 'stopped';
  return {
    run,
    machine: machine as Machine,
    outcome: broken ? 'failed' : execution.status === 'running' ? 'running' : (summary?.outcome ?? 'ok'),
    counts: summary?.counts ?? {},
    items,
    execution,
    ...(broken ? { fault: await faultOf() } : {}),
  };

  /** The machine ends in a fixed fault of its own; what was caught before, or what stands in the way, is in an alert. */
  async function faultOf(): Promise<{ name: string; message: string }> {
    const error = execution?.error ?? { name: 'Error', message: 'no cause is on record' };
    const told = (await alerts.list(deps.table, 'ALERTS'))
      .map((stored) => stored.value)
      .filter(({ status }) => status !== 'closed');
    const blocked = told.find(
      ({ kind, subject }) => kind === 'erasure-blocked' && run.startsWith(`erasure-${subject}-`),
    );
    if (error.name === 'BlockedError' && blocked !== undefined) return { name: error.name, message: blocked.message };
    const failed = told.find(({ kind, subject }) => kind === 'run-failed' && subject === run);
    const [, name, message] = /failed: ([\w.]+): (.*)$/s.exec(failed?.message ?? '') ?? [];
    return name !== undefined && message !== undefined ? { name, message } : error;
  }
});
