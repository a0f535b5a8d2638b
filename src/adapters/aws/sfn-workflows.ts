import {
  RedriveExecutionCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ConflictError, InvalidError, NotFoundError, UnavailableError } from '../../domain/errors.ts';
import { attemptName, requireExecutionName } from '../../domain/execution-name.ts';
import type { Json } from '../../ports/table.ts';
import type { Execution, Machine, Workflows } from '../../ports/workflows.ts';
import { awsFault, translated } from './aws-faults.ts';
import { type Attempts, attemptsOf, folded } from './sfn-attempts.ts';
import { endedInFailState, historyOf } from './sfn-history.ts';
import { listed } from './sfn-list.ts';

/** Where the state machines are. */
export interface SfnWorkflowsOptions {
  client: SFNClient;
  /** ARN up to the machine's name: `arn:aws:states:eu-west-1:123456789012:stateMachine:tenure-prod-`. */
  machines: string;
}

/** So many processes may start one name at the same time before one of them gives up; the sweep or schedule comes again. */
const mostRaces = 5;

/**
 * Executions of AWS Step Functions.
 *
 * A name that failed, was stopped or took too long is started again in one of two ways, both shown as one execution:
 * - `RedriveExecution`, where Step Functions allows it (14 days, below 24,999 events) and it helps: it goes on at the state that
 *   was left. An execution that ended in a Fail state would only enter that again, so it is not redriven.
 * - Otherwise a new execution from the beginning, under the name `<name>-r2`, `<name>-r3` …, which no other execution may bear
 *   (`requireExecutionName`).
 *
 * Step Functions forgets an execution 90 days after its end. What a listing says may be some seconds old.
 */
export function sfnWorkflows({ client, machines }: SfnWorkflowsOptions): Workflows {
  const known = (machine: Machine, name: string) => attemptsOf({ client, machines }, machine, name);

  /** `undefined`: somebody else has started this very name, and it is to be looked at again. */
  async function launch(machine: Machine, name: string, input: Json, attempt: number): Promise<Execution | undefined> {
    try {
      const { startDate } = await client.send(
        new StartExecutionCommand({
          stateMachineArn: `${machines}${machine}`,
          name: attemptName(name, attempt),
          input: JSON.stringify(input),
        }),
      );
      const startedAt = (startDate ?? new Date()).toISOString();
      return { name, machine, status: 'running', input, startedAt, redrives: attempt - 1 };
    } catch (error) {
      if (awsFault(error).name === 'ExecutionAlreadyExists') return undefined;
      throw faultOf(error, `execution ${name} of ${machine} could not be started`);
    }
  }

  async function again(
    machine: Machine,
    name: string,
    input: Json,
    attempts: Attempts,
  ): Promise<Execution | undefined> {
    const { latest } = attempts;
    const before = folded(machine, name, attempts);
    const { output: _output, error: _error, endedAt: _endedAt, ...rest } = before;
    if (latest.redriveStatus === 'REDRIVABLE' && !(await endedInFailState(client, latest.executionArn))) {
      try {
        await client.send(new RedriveExecutionCommand({ executionArn: latest.executionArn }));
        return { ...rest, status: 'running', redrives: before.redrives + 1 };
      } catch (error) {
        // It runs already, or its time is over since it was looked at.
        if (awsFault(error).name !== 'ExecutionNotRedrivable') {
          throw faultOf(error, `execution ${name} of ${machine} could not be started again`);
        }
        const now = await known(machine, name);
        if (now !== undefined && isDone(folded(machine, name, now))) return folded(machine, name, now);
      }
    }
    const started = await launch(machine, name, input, attempts.count + 1);
    return started && { ...rest, status: 'running', redrives: before.redrives + 1 };
  }

  return {
    async start(machine, name, input) {
      requireExecutionName(name);
      let started = await launch(machine, name, input, 1);
      for (let race = 0; started === undefined && race < mostRaces; race++) {
        const attempts = await known(machine, name);
        if (attempts === undefined) started = await launch(machine, name, input, 1);
        else {
          const execution = folded(machine, name, attempts);
          started = isDone(execution) ? execution : await again(machine, name, input, attempts);
        }
      }
      if (started !== undefined) return started;
      throw new UnavailableError(`execution ${name} of ${machine} is being started by somebody else`, {
        hint: 'Look at it, or try again.',
      });
    },

    async describe(machine, name) {
      const attempts = await known(machine, name);
      return attempts && folded(machine, name, attempts);
    },

    async history(machine, name) {
      const attempts = await known(machine, name);
      return attempts === undefined ? [] : await historyOf(client, attempts);
    },

    list: async (filter = {}) => await listed({ client, machines }, filter),

    async stop(machine, name, reason) {
      const attempts = await known(machine, name);
      const status = attempts && folded(machine, name, attempts).status;
      if (attempts === undefined || status !== 'running') {
        throw new ConflictError(
          `execution ${name} of ${machine} ${status === undefined ? 'does not exist' : `has ${status}`}`,
          {
            hint: '`tenure executions list --status running` shows what runs.',
          },
        );
      }
      try {
        const { executionArn } = attempts.latest;
        // 32,768 signs is what Step Functions takes for a cause; a reason is a sentence.
        await client.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause: reason.slice(0, 1000) }));
      } catch (error) {
        throw faultOf(error, `execution ${name} of ${machine} could not be stopped`);
      }
    },
  };
}

/** Nothing is to be started. */
function isDone({ status }: Execution): boolean {
  return status === 'running' || status === 'succeeded';
}

function faultOf(error: unknown, what: string) {
  const { name, message } = awsFault(error);
  const detail = { cause: error, details: { fault: name } };
  if (name === 'StateMachineDoesNotExist') {
    return new NotFoundError(`${what}: ${message}`, {
      ...detail,
      hint: 'Deploy again: a state machine of this stage is gone.',
    });
  }
  if (name === 'InvalidExecutionInput') return new InvalidError(`${what}: ${message}`, detail);
  if (name === 'ExecutionLimitExceeded') {
    const hint =
      'A million executions are open in this Region: stop what hangs (`tenure executions list --status running`).';
    return new UnavailableError(`${what}: ${message}`, { ...detail, hint });
  }
  return translated(error, what);
}
