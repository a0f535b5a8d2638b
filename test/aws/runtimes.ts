import { expect, inject, onTestFinished } from 'vitest';
import type { Deps } from '../../src/deps.ts';
import { handlerOf } from '../../src/handlers.ts';
import type { Json } from '../../src/ports/table.ts';
import type { Machine } from '../../src/ports/workflows.ts';
import { runSummaries } from '../../src/records.ts';
import { reportRun } from '../../src/use-cases/report-run.ts';
import { type RunKind, startRun } from '../../src/use-cases/start-run.ts';
import type { MemoryHome, RunOptions, TestProcess } from '../workflows/memory-home.ts';
import type { Disturbance } from './disturbances.ts';
import { maxPayloadBytes } from './handler-bridge.ts';
import { type MotoRunner, motoRunner } from './moto-runner.ts';

/** Starts a run, waits for it and for all that it started. */
export type Run = (kind: RunKind, options?: RunOptions) => Promise<Ended>;

/** How a run ended, in words that are the same on every runtime. */
export interface Ended {
  outcome: string;
  counts: Record<string, number>;
  items: { tenant: string; source: string | undefined; status: string }[];
  status: string;
  output: Json;
  summary: unknown;
}

/** The runner that is built in: `aws-local-stepfunctions`. */
export async function onEmbedded(home: MemoryHome, disturbance: Disturbance): Promise<Run> {
  const { around } = disturbance;
  const process = home.process({ ...processOptions(disturbance), ...(around === undefined ? {} : { around }) });
  return async (kind, options) => {
    const { run, machine } = await process.run(kind, options);
    return await endOf(process.deps, machine, run);
  };
}

let homes = 0;

/** moto's Step Functions; the same handlers run in this process. */
export async function onMoto(home: MemoryHome, disturbance: Disturbance): Promise<Run> {
  const { process, workflows: runner } = await besideMoto(home, disturbance);
  return async (kind, options = {}) => {
    const { machine, run } = await startRun.typed(process.deps, { kind, requestedBy: 'test', ...options });
    await runner.finished(machine, run);
    await runner.idle();
    expect(runner.bridge.largestPayload()).toBeLessThan(maxPayloadBytes);
    return await endOf(process.deps, machine, run);
  };
}

/** A process of the home whose workflows run on moto. */
export async function besideMoto(
  home: MemoryHome,
  disturbance: Disturbance,
): Promise<{ process: TestProcess; workflows: MotoRunner }> {
  const { around } = disturbance;
  const runner = await motoRunner(inject('moto'), `t${globalThis.process.pid}-${++homes}`, async (name, event) => {
    const handler = await handlerOf(name, process.deps);
    if (around === undefined) return await handler(event);
    return await around(name, event, async (other) => await handler(other ?? event), process);
  });
  onTestFinished(runner.bridge.close);
  const process = home.process(processOptions(disturbance, { workflows: runner.workflows }));
  return { process, workflows: runner };
}

/** Options of a process that is disturbed. */
export function processOptions({ hurried = false }: Disturbance, ports: Partial<Deps> = {}) {
  return { change: () => ({ ...ports, ...(hurried ? { timeLeft: () => 0 } : {}) }) };
}

async function endOf(deps: Deps, machine: Machine, run: string): Promise<Ended> {
  const { outcome, counts, items, execution } = await reportRun.typed(deps, { machine, run });
  return {
    outcome,
    counts,
    items: items.map(({ tenant, source, status }) => ({ tenant, source, status })),
    status: execution.status,
    output: execution.output ?? null,
    summary: (await runSummaries.read(deps.table, run))?.value,
  };
}
