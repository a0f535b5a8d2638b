import type { StateMachine as LocalStateMachine } from 'aws-local-stepfunctions';
import { ConflictError, NotFoundError } from '../../domain/errors.ts';
import { requireExecutionName } from '../../domain/execution-name.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Json, Table } from '../../ports/table.ts';
import type { Execution, Machine, Workflows } from '../../ports/workflows.ts';
import { type AslDefinition, definitionOf, tasksOf, waitsOf } from './asl-definitions.ts';
import { executionRecords } from './execution-records.ts';

/** Largest payload between states, as Step Functions has it (Quotas for state machine executions). */
const maxPayloadBytes = 256 * 1024;

/** Longest timer that Node has (2³¹ − 1 ms), nearly 25 days. */
const longestTimeoutSeconds = 2_147_483;

/** What the runner needs around it. */
export interface AslRunnerOptions {
  table: Table;
  clock: Clock;
  /** Folder of the `*.asl.json` files. */
  definitions: string;
  /** Finds the handler of a function by its name in the definition: `BackUpShard`. */
  handler: (functionName: string) => Promise<(event: Json) => Promise<Json>>;
  /** This process, as it signs its executions. */
  holder: string;
  holderAlive: (holder: string) => boolean;
  /** How long every Wait takes instead of its own time, in milliseconds: tests do not wait for a service. */
  waitMs?: number;
}

/** The embedded Workflows: one machine, all executions of this process in memory, their records in the Table. */
export interface AslRunner extends Workflows {
  /** Starts again what a killed process left `running`. Returns the executions that were taken over. */
  redriveKilled(): Promise<Execution[]>;
  /** What a killed process left `running`, without touching it. */
  killed(): Promise<Execution[]>;
  /** Resolves with the execution once it has ended, in this process. */
  finished(machine: Machine, name: string): Promise<Execution>;
  /** Resolves when no execution of this process runs any more. */
  idle(): Promise<void>;
}

/** Runs the state machines with `aws-local-stepfunctions` and records every execution with its history. */
export function aslRunner(options: AslRunnerOptions): AslRunner {
  const records = executionRecords(options);
  const running = new Map<string, { done: Promise<Execution>; abort: (reason: string) => void }>();

  async function launch(execution: Execution): Promise<void> {
    const key = `${execution.machine}/${execution.name}`;
    let reasonOfStop: string | undefined;
    const machine = await compile(execution.machine, options);
    const history = records.historyWriter(execution);
    history.add({ type: execution.redrives === 0 ? 'execution-started' : 'execution-redriven' });
    const run = machine.run(execution.input, {
      context: { Execution: { Name: execution.name, Input: execution.input, StartTime: execution.startedAt } },
      overrides: {
        taskResourceLocalHandlers: await handlersOf(execution.machine, options),
        ...(options.waitMs === undefined ? {} : { waitTimeOverrides: waitsFor(execution.machine, options) }),
      },
    });
    const logged = (async () => {
      for await (const event of run.eventLogs) history.addNative(event);
    })();
    const done = run.result
      .then(
        (output): Execution => ({ ...execution, status: 'succeeded', output: output as Json }),
        (error: Error): Execution => ({
          ...execution,
          status: reasonOfStop === undefined ? 'failed' : 'stopped',
          error: reasonOfStop === undefined ? faultOf(error) : { name: 'Stopped', message: reasonOfStop },
        }),
      )
      .then(async (ended) => {
        await logged.catch(() => undefined);
        history.add({
          type: 'execution-ended',
          detail: ended.error ? `${ended.status}: ${ended.error.name}` : ended.status,
        });
        await history.flush();
        const final = { ...ended, endedAt: options.clock.now() };
        await records.end(final);
        running.delete(key);
        return final;
      });
    running.set(key, {
      done,
      abort: (reason) => {
        reasonOfStop = reason;
        run.abort();
      },
    });
  }

  const runner: AslRunner = {
    async start(machine, name, input) {
      requireExecutionName(name);
      const begun = await records.begin(machine, name, input);
      if (begun.launch) await launch(begun.execution);
      return begun.execution;
    },
    describe: (machine, name) => records.describe(machine, name),
    history: (machine, name) => records.history(machine, name),
    list: (filter) => records.list(filter),
    async stop(machine, name, reason) {
      const mine = running.get(`${machine}/${name}`);
      if (mine === undefined) {
        throw new ConflictError(`execution ${name} does not run in this process`, {
          hint: 'Stop the process that runs it; the next command that runs workflows takes the execution over.',
        });
      }
      mine.abort(reason);
      await mine.done;
    },
    async redriveKilled() {
      const orphans = await records.claimOrphans();
      for (const execution of orphans) await launch(execution);
      return orphans;
    },
    killed: () => records.orphans(),
    async finished(machine, name) {
      const mine = running.get(`${machine}/${name}`);
      if (mine !== undefined) return await mine.done;
      const execution = await records.describe(machine, name);
      if (execution === undefined) throw new NotFoundError(`no execution ${name} of ${machine}`);
      return execution;
    },
    async idle() {
      while (running.size > 0) await Promise.all([...running.values()].map((run) => run.done));
    },
  };
  return runner;
}

const compiled = new Map<string, LocalStateMachine>();

async function compile(machine: Machine, options: AslRunnerOptions): Promise<LocalStateMachine> {
  const known = compiled.get(machine);
  if (known !== undefined) return known;
  // Loaded late: the package takes 180 ms, and most commands run no workflow. Definitions are validated by the tests.
  const { StateMachine } = await import('aws-local-stepfunctions');
  type Definition = ConstructorParameters<typeof StateMachine>[0];
  const definition = patient(definitionOf(machine, options.definitions));
  const made = new StateMachine(definition as unknown as Definition, {
    validationOptions: { noValidate: true },
  });
  compiled.set(machine, made);
  return made;
}

/**
 * The same machine with steps that may take their time. A definition's `TimeoutSeconds` are there for Lambda, which ends a
 * function after 15 minutes; here a backup that takes an hour is at work for an hour, and a second one beside it would not help.
 */
function patient(definition: AslDefinition): AslDefinition {
  const states = Object.entries(definition.States).map(([name, state]) => [
    name,
    {
      ...state,
      ...(state.Type === 'Task' ? { TimeoutSeconds: longestTimeoutSeconds } : {}),
      ...(state.ItemProcessor === undefined ? {} : { ItemProcessor: patient(state.ItemProcessor) }),
    },
  ]);
  return { ...definition, States: Object.fromEntries(states) as AslDefinition['States'] };
}

/** One local handler per Task state, unwrapping and rewrapping the payload as the Lambda integration does. */
async function handlersOf(machine: Machine, options: AslRunnerOptions) {
  const handlers: Record<string, (input: unknown) => Promise<never>> = {};
  for (const { state, functionName } of tasksOf(definitionOf(machine, options.definitions))) {
    handlers[state] = async (input) => {
      const handler = await options.handler(functionName);
      const payload = (await handler((input as { Payload: Json }).Payload)) ?? null;
      const bytes = Buffer.byteLength(JSON.stringify(payload));
      if (bytes > maxPayloadBytes) {
        const error = new Error(`${functionName} returned ${bytes} bytes; states pass on at most ${maxPayloadBytes}`);
        error.name = 'States.DataLimitExceeded';
        throw error;
      }
      return { StatusCode: 200, Payload: payload } as never;
    };
  }
  return handlers;
}

function waitsFor(machine: Machine, { definitions, waitMs = 0 }: AslRunnerOptions): Record<string, number> {
  return Object.fromEntries(waitsOf(definitionOf(machine, definitions)).map((state) => [state, waitMs]));
}

function faultOf(error: Error): { name: string; message: string } {
  const cause = error.cause instanceof Error ? error.cause : error;
  return { name: cause.name, message: cause.message };
}
