import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import { type Execution, machines } from '../ports/workflows.ts';
import { useCase } from '../use-case.ts';

/** A state machine by its name. */
export const machineField = z.enum(machines, {
  error: (issue) => `"${issue.input}" is none of ${machines.join(', ')}`,
});

const listInput = z.strictObject({
  machine: machineField.exactOptional(),
  status: z
    .enum(['running', 'succeeded', 'failed', 'stopped'], {
      error: (issue) => `"${issue.input}" is none of running, succeeded, failed, stopped`,
    })
    .exactOptional(),
  limit: z.int({ error: 'must be a whole number' }).min(1).max(10_000).default(50),
  /** Only what comes behind this one. */
  before: z.strictObject({ startedAt: z.iso.datetime(), name: z.string(), machine: machineField }).exactOptional(),
});

/** Executions, newest first. */
export const listExecutions = useCase(
  listInput,
  async (deps, filter): Promise<Execution[]> => await deps.workflows.list(filter),
);

/** One execution with its history, found by its name. */
export const showExecution = useCase(z.strictObject({ name: z.string().min(1) }), async (deps, { name }) => {
  const execution = await findExecution(deps, name);
  return { execution, history: await deps.workflows.history(execution.machine, name) };
});

/**
 * Starts a failed, stopped or killed execution again, from its beginning: every step is safe to repeat.
 *
 * @throws ConflictError when it has succeeded, or runs
 */
export const retryExecution = useCase(
  z.strictObject({ name: z.string().min(1) }),
  async (deps, { name }): Promise<Execution> => {
    const execution = await findExecution(deps, name);
    if (execution.status === 'succeeded') {
      throw new ConflictError(`${name} has succeeded`, { hint: 'Start a new run with `tenure run`.' });
    }
    if (execution.status === 'running' && execution.killed !== true) {
      throw new ConflictError(`${name} is under way`, { hint: 'Wait for it.' });
    }
    return await deps.workflows.start(execution.machine, name, execution.input);
  },
);

/** @throws NotFoundError */
export async function findExecution(deps: Deps, name: string): Promise<Execution> {
  for (const machine of machines) {
    const execution = await deps.workflows.describe(machine, name);
    if (execution !== undefined) return execution;
  }
  throw new NotFoundError(`there is no execution ${name}`, { hint: '`tenure executions list` shows the latest.' });
}
